#include "gbn_root.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "gbn_root_state.h"
#include "gbn_time.h"

/* The root, its clock, and directories as objects. */
enum { LOCAL_MARGIN_S = 2, REMOTE_MARGIN_S = 3600 };

/* File systems whose servers stamp times by clocks of their own (statfs(2), linux/magic.h). */
static int64_t
margin_ns(int fd)
{
    static const unsigned long remote[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x00c36400, /* Ceph */
        0x65735546, /* FUSE */
        0x01021997, /* 9P */
        0x0bd00bd0, /* Lustre */
        0x47504653, /* GPFS */
        0x5346414f, /* AFS */
    };
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return REMOTE_MARGIN_S * GBN_TIME_SECOND;
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++) {
        if (((unsigned long)fs.f_type & 0xffffffffUL) == remote[i])
            return REMOTE_MARGIN_S * GBN_TIME_SECOND;
    }
    return LOCAL_MARGIN_S * GBN_TIME_SECOND;
}

static gbn_dir *
new_dir(gbn_root *root, gbn_dir *parent, const char *name)
{
    size_t length = strlen(name);
    gbn_dir *dir = calloc(1, sizeof *dir + length + 1);

    if (dir == NULL)
        return NULL;
    dir->root = root;
    dir->parent = parent;
    atomic_init(&dir->references, 1);
    dir->fd = -1;
    memcpy(dir->name, name, length + 1);
    return dir;
}

gbn_status
gbn_root_open(const char *path, unsigned handles, gbn_root **result, gbn_error *err)
{
    gbn_root *root = calloc(1, sizeof *root);
    struct stat status;

    *result = NULL;
    if (root == NULL || (root->path = strdup(path)) == NULL ||
        (root->top = new_dir(root, NULL, "")) == NULL) {
        if (root != NULL)
            free(root->path);
        free(root);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "open %s", path);
    }
    root->idle_limit = handles;
    pthread_mutex_init(&root->lock, NULL);
    root->top->pins = 1; /* stays open for good */
    root->top->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root->top->fd < 0 || fstat(root->top->fd, &status) < 0) {
        gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", path);
        gbn_root_close(root);
        return GBN_ERR_SYSTEM;
    }
    root->top->visited = true;
    root->top->device = status.st_dev;
    root->top->inode = status.st_ino;
    root->margin_ns = margin_ns(root->top->fd);
    root->steps = !gbn_beneath_works(root->top->fd);
    *result = root;
    return GBN_OK;
}

void
gbn_root_close(gbn_root *root)
{
    if (root == NULL)
        return;
    assert(root->idle == 0);
    if (root->top->fd >= 0)
        close(root->top->fd);
    free(root->top);
    free(root->path);
    pthread_mutex_destroy(&root->lock);
    free(root);
}

gbn_dir *
gbn_root_top(gbn_root *root)
{
    return gbn_dir_retain(root->top);
}

int64_t
gbn_root_settled_ns(const gbn_root *root)
{
    struct timespec now; /* the coarse clock is the one the kernel stamps inodes with */

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return gbn_time_ns(now.tv_sec, now.tv_nsec) - root->margin_ns;
}

bool
gbn_root_remote(const gbn_root *root)
{
    return root->margin_ns > LOCAL_MARGIN_S * GBN_TIME_SECOND;
}

dev_t
gbn_root_device(const gbn_root *root)
{
    return root->top->device;
}

gbn_status
gbn_dir_child(gbn_dir *parent, const char *name, gbn_dir **child, gbn_error *err)
{
    *child = new_dir(parent->root, parent, name);
    if (*child == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "remember directory %s", name);
    gbn_dir_retain(parent);
    return GBN_OK;
}

gbn_dir *
gbn_dir_retain(gbn_dir *dir)
{
    atomic_fetch_add_explicit(&dir->references, 1, memory_order_relaxed);
    return dir;
}

void
gbn_dir_release(gbn_dir *dir)
{
    gbn_dir *parent;

    for (; dir != NULL && atomic_fetch_sub(&dir->references, 1) == 1; dir = parent) {
        parent = dir->parent;
        gbn_root_drop(dir); /* the top never comes here: gbn_root_close holds a reference */
        free(dir);
    }
}

gbn_status
gbn_dir_path(const gbn_dir *dir, gbn_bytes *path, gbn_error *err)
{
    size_t length = 0;
    size_t part;
    char *end;

    for (const gbn_dir *step = dir; step->parent != NULL; step = step->parent)
        length += strlen(step->name) + 1;
    if (gbn_bytes_reserve(path, length + 1, err) < 0)
        return GBN_ERR_NOMEM;
    path->length += length;
    end = (char *)path->data + path->length;
    for (const gbn_dir *step = dir; step->parent != NULL; step = step->parent) {
        *--end = '/';
        part = strlen(step->name);
        end -= part;
        memcpy(end, step->name, part);
    }
    return GBN_OK;
}

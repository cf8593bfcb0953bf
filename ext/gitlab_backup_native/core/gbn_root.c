#include "gbn_root.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "gbn_root_state.h"

/* Directories as objects, and the few handles they share. */
enum { LOCAL_MARGIN_S = 2, REMOTE_MARGIN_S = 3600 };

static const int64_t NS = 1000000000;

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
        return REMOTE_MARGIN_S * NS;
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++) {
        if (((unsigned long)fs.f_type & 0xffffffffUL) == remote[i])
            return REMOTE_MARGIN_S * NS;
    }
    return LOCAL_MARGIN_S * NS;
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
    if (root == NULL || (root->top = new_dir(root, NULL, "")) == NULL) {
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
    return (int64_t)now.tv_sec * NS + now.tv_nsec - root->margin_ns;
}

bool
gbn_root_remote(const gbn_root *root)
{
    return root->margin_ns > LOCAL_MARGIN_S * NS;
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

/* The next three: with the lock held. */
static void
leave_idle(gbn_dir *dir)
{
    gbn_root *root = dir->root;

    if (dir->newer != NULL)
        dir->newer->older = dir->older;
    else
        root->newest = dir->older;
    if (dir->older != NULL)
        dir->older->newer = dir->newer;
    else
        root->oldest = dir->newer;
    dir->newer = dir->older = NULL;
    root->idle--;
}

static void
enter_idle(gbn_dir *dir)
{
    gbn_root *root = dir->root;
    gbn_dir *surplus;

    dir->older = root->newest;
    if (root->newest != NULL)
        root->newest->newer = dir;
    else
        root->oldest = dir;
    root->newest = dir;
    if (++root->idle > root->idle_limit) {
        surplus = root->oldest;
        leave_idle(surplus);
        close(surplus->fd);
        surplus->fd = -1;
    }
}

static void
pin(gbn_dir *dir)
{
    if (dir->pins++ == 0)
        leave_idle(dir);
}

void
gbn_root_unpin(gbn_dir *dir)
{
    pthread_mutex_lock(&dir->root->lock);
    if (--dir->pins == 0)
        enter_idle(dir);
    pthread_mutex_unlock(&dir->root->lock);
}

static void
close_dir(gbn_dir *dir)
{
    pthread_mutex_lock(&dir->root->lock);
    if (dir->fd >= 0) {
        leave_idle(dir);
        close(dir->fd);
    }
    pthread_mutex_unlock(&dir->root->lock);
    free(dir);
}

void
gbn_dir_release(gbn_dir *dir)
{
    gbn_dir *parent;

    for (; dir != NULL && atomic_fetch_sub(&dir->references, 1) == 1; dir = parent) {
        parent = dir->parent;
        close_dir(dir); /* the top never comes here: gbn_root_close holds a reference */
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

/* Open `dir` from its pinned parent, whatever lies there now. */
static int
open_step(gbn_dir *dir, struct stat *status)
{
    int fd = openat(dir->parent->fd, dir->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int errnum;

    if (fd < 0)
        return -1;
    errnum = fstat(fd, status) < 0 ? errno : 0;
    if (errnum != 0) {
        close(fd);
        errno = errnum;
        return -1;
    }
    return fd;
}

/* With the lock held: keep `fd` if it is the directory of the first visit, or remember it as that. */
static int
adopt(gbn_dir *dir, int fd, const struct stat *status)
{
    if (dir->visited && (status->st_dev != dir->device || status->st_ino != dir->inode))
        return ESTALE;
    dir->visited = true;
    dir->device = status->st_dev;
    dir->inode = status->st_ino;
    dir->fd = fd;
    dir->pins++;
    return 0;
}

/* Open one directory beneath its pinned parent, pin it, let the parent go. */
static int
step_down(gbn_dir *dir)
{
    gbn_root *root = dir->root;
    struct stat status;
    bool open;
    int errnum = 0;
    int fd = -1;

    pthread_mutex_lock(&root->lock);
    open = dir->fd >= 0;
    if (open)
        pin(dir);
    pthread_mutex_unlock(&root->lock);
    if (!open) {
        fd = open_step(dir, &status);
        errnum = fd < 0 ? errno : 0;
    }
    if (fd >= 0) {
        pthread_mutex_lock(&root->lock);
        if (dir->fd >= 0) /* another thread was faster */
            pin(dir);
        else
            errnum = adopt(dir, fd, &status);
        if (dir->fd == fd)
            fd = -1;
        pthread_mutex_unlock(&root->lock);
        if (fd >= 0)
            close(fd);
    }
    gbn_root_unpin(dir->parent);
    return errnum;
}

/* Pin the nearest directory on the way from the top that is open. */
static gbn_dir *
pin_nearest(gbn_dir *dir)
{
    pthread_mutex_lock(&dir->root->lock);
    while (dir->fd < 0)
        dir = dir->parent;
    pin(dir);
    pthread_mutex_unlock(&dir->root->lock);
    return dir;
}

int
gbn_root_acquire(gbn_dir *dir)
{
    gbn_dir *reached = pin_nearest(dir);
    gbn_dir *next;
    int errnum = 0;

    while (reached != dir && errnum == 0) {
        next = dir;
        while (next->parent != reached)
            next = next->parent;
        errnum = step_down(next);
        reached = next;
    }
    return errnum;
}

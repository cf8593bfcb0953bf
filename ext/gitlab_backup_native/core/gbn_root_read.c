#include "gbn_root_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is read through a directory's handle: its names, and what they stand for. */
enum { LISTING_BUFFER = 32 * 1024 };

/* A failure of one name is news; a process that is out of descriptors or memory is at its end. */
static gbn_status
fail_name(gbn_error *err, int errnum, const char *verb, const gbn_dir *dir, const char *name)
{
    bool ours = errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM;
    gbn_bytes path = GBN_BYTES_INIT;

    if (dir->parent == NULL && name[0] == '\0')
        gbn_fail(err, GBN_SKIPPED, errnum, "%s %s", verb, dir->root->path);
    else if (gbn_dir_path(dir, &path, NULL) == GBN_OK && path.data != NULL)
        gbn_fail(err, GBN_SKIPPED, errnum, "%s %.*s%s", verb, (int)path.length,
                 (const char *)path.data, name);
    else
        gbn_fail(err, GBN_SKIPPED, errnum, "%s %s", verb, name);
    gbn_bytes_free(&path);
    if (err != NULL && ours)
        err->status = GBN_ERR_SYSTEM;
    return ours ? GBN_ERR_SYSTEM : GBN_SKIPPED;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const gbn_name *)a)->name, ((const gbn_name *)b)->name);
}

/* As getdents64(2) delivers it. */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static mode_t
entry_type(int fd, const struct entry *entry)
{
    struct stat status;

    if (entry->type != DT_UNKNOWN)
        return DTTOIF(entry->type);
    if (fstatat(fd, entry->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    return status.st_mode & S_IFMT;
}

static bool
is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* While names are gathered they may move, so no pointers yet: a mode_t and a name, one after another. */
static gbn_status
gather_name(int fd, const struct entry *entry, gbn_bytes *gathered, gbn_error *err)
{
    mode_t type = entry_type(fd, entry);
    gbn_status rc = gbn_bytes_append(gathered, &type, sizeof type, err);

    return rc == GBN_OK ? gbn_bytes_append(gathered, entry->name, strlen(entry->name) + 1, err)
                        : rc;
}

/*
 * The system call itself: opendir(3) would open each directory a second time. The handle's
 * offset is this thread's alone, as a directory is listed once.
 */
static gbn_status
gather_names(gbn_dir *dir, size_t limit, gbn_bytes *gathered, size_t *count, gbn_error *err)
{
    _Alignas(struct entry) char buffer[LISTING_BUFFER];
    gbn_status rc = GBN_OK;
    long length;

    if (lseek(dir->fd, 0, SEEK_SET) < 0)
        return fail_name(err, errno, "read directory", dir, "");
    while (rc == GBN_OK && (length = syscall(SYS_getdents64, dir->fd, buffer, sizeof buffer)) > 0) {
        for (long at = 0; rc == GBN_OK && at < length;) {
            const struct entry *entry = (const struct entry *)(const void *)(buffer + at);

            at += entry->length;
            if (is_dots(entry->name))
                continue;
            rc = gather_name(dir->fd, entry, gathered, err);
            ++*count;
        }
        if (rc == GBN_OK && limit > 0 && gathered->length > limit)
            rc = GBN_AGAIN;
    }
    if (rc == GBN_OK && length < 0)
        rc = fail_name(err, errno, "read directory", dir, "");
    return rc;
}

static gbn_status
index_names(gbn_bytes *gathered, size_t count, gbn_listing *listing, gbn_error *err)
{
    char *position = (char *)gathered->data;

    listing->names = malloc((count > 0 ? count : 1) * sizeof listing->names[0]);
    if (listing->names == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "sort %zu names", count);
    for (size_t i = 0; i < count; i++) {
        memcpy(&listing->names[i].type, position, sizeof listing->names[i].type);
        position += sizeof listing->names[i].type;
        listing->names[i].name = position;
        position += strlen(position) + 1;
    }
    listing->count = count;
    listing->storage = (char *)gathered->data;
    listing->bytes = gathered->capacity + count * sizeof listing->names[0];
    qsort(listing->names, count, sizeof listing->names[0], compare_names);
    return GBN_OK;
}

static gbn_status
list_names(gbn_dir *dir, size_t limit, gbn_listing *listing, gbn_error *err)
{
    gbn_bytes gathered = GBN_BYTES_INIT;
    size_t count = 0;
    gbn_status rc = gather_names(dir, limit, &gathered, &count, err);

    if (rc == GBN_OK)
        rc = index_names(&gathered, count, listing, err);
    if (rc != GBN_OK)
        gbn_bytes_free(&gathered);
    return rc;
}

gbn_status
gbn_dir_list(gbn_dir *dir, size_t limit, gbn_listing *listing, struct stat *status, gbn_error *err)
{
    int errnum = gbn_root_acquire(dir);
    gbn_status rc;

    *listing = (gbn_listing){0};
    if (errnum != 0)
        return fail_name(err, errnum, "open directory", dir, "");
    if (fstat(dir->fd, status) < 0)
        rc = fail_name(err, errno, "stat directory", dir, "");
    else
        rc = list_names(dir, limit, listing, err);
    gbn_root_unpin(dir);
    return rc;
}

void
gbn_listing_free(gbn_listing *listing)
{
    free(listing->names);
    free(listing->storage);
    *listing = (gbn_listing){0};
}

gbn_status
gbn_dir_stat(gbn_dir *dir, const char *name, struct stat *status, gbn_error *err)
{
    int errnum = gbn_root_acquire(dir);

    if (errnum != 0)
        return fail_name(err, errnum, "open directory", dir, "");
    errnum = fstatat(dir->fd, name, status, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
    gbn_root_unpin(dir);
    return errnum == 0 ? GBN_OK : fail_name(err, errnum, "stat", dir, name);
}

int
gbn_root_stat(const gbn_root *root, const char *path, struct stat *status)
{
    const int flags = AT_SYMLINK_NOFOLLOW | (path[0] == '\0' ? AT_EMPTY_PATH : 0);

    return fstatat(root->top->fd, path, status, flags) < 0 ? errno : 0;
}

static int
open_regular(gbn_dir *dir, const char *name, int *fd, struct stat *status)
{
    int errnum = gbn_root_open_file(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, fd);

    if (errnum != 0)
        return errnum == ELOOP || errnum == ENXIO || errnum == ENODEV ? EINVAL : errnum;
    errnum = fstat(*fd, status) < 0 ? errno : 0;
    if (errnum == 0 && !S_ISREG(status->st_mode))
        errnum = EINVAL;
    if (errnum != 0) {
        close(*fd);
        *fd = -1;
    }
    return errnum;
}

gbn_status
gbn_dir_open_file(gbn_dir *dir, const char *name, int *fd, struct stat *status, gbn_error *err)
{
    const int errnum = open_regular(dir, name, fd, status);

    return errnum == 0 ? GBN_OK : fail_name(err, errnum, "open", dir, name);
}

/* st_size is no promise (procfs says 0, a link can change): grow until it fits. */
static int
read_link(int at, const char *name, gbn_bytes *target)
{
    ssize_t length;

    for (size_t room = 256;; room *= 2) {
        target->length = 0;
        if (gbn_bytes_reserve(target, room, NULL) < 0)
            return ENOMEM;
        length = readlinkat(at, name, (char *)target->data, room);
        if (length < 0)
            return errno;
        if ((size_t)length < room)
            break;
    }
    target->length = (size_t)length;
    target->data[length] = '\0';
    return 0;
}

gbn_status
gbn_dir_read_link(gbn_dir *dir, const char *name, gbn_bytes *target, gbn_error *err)
{
    int errnum = gbn_root_acquire(dir);

    if (errnum != 0)
        return fail_name(err, errnum, "open directory", dir, "");
    errnum = read_link(dir->fd, name, target);
    gbn_root_unpin(dir);
    return errnum == 0 ? GBN_OK : fail_name(err, errnum, "read link", dir, name);
}

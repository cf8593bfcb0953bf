/*
 * A path is reached from the nearest directory on its way that is open, nearly always the
 * parent. From there openat2 goes as far as PATH_MAX allows at once; the kernel sees to it
 * that no link is followed and nothing above is reached. Where it has none, or where
 * something is missing, it goes a part at a time with O_NOFOLLOW, which for a single part
 * that is not ".." is the same. Only the last directory is kept: those between cost nothing
 * but time, and a path may have thousands of them.
 */
#include "gbn_target_state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#define GBN_HAVE_OPENAT2 /* kernel headers since 5.6 */
#include <linux/openat2.h>
#endif

enum {
    IDLE_HANDLES = 32,
    NAME_LIMIT = 255,
    RENAME_RACES = 8, /* openat2 says EAGAIN when something above was renamed meanwhile */
};

static int
open_beneath(int at, const char *path)
{
    int fd = -1;

#ifdef GBN_HAVE_OPENAT2
    const struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    for (int attempt = 0; attempt < RENAME_RACES; attempt++) {
        fd = (int)syscall(SYS_openat2, at, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
#else
    (void)at;
    (void)path;
    errno = ENOSYS;
#endif
    return fd;
}

static int
open_part(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static gbn_target_dir *
new_dir(const char *path, size_t length, int fd)
{
    gbn_target_dir *dir = calloc(1, sizeof *dir + length + 1);

    if (dir == NULL)
        return NULL;
    dir->fd = fd;
    dir->pins = 1;
    dir->length = length;
    memcpy(dir->path, path, length);
    return dir;
}

/* The next three: with the lock held. */
static void
leave_list(gbn_target *target, gbn_target_dir *dir)
{
    if (dir->newer != NULL)
        dir->newer->older = dir->older;
    else
        target->newest = dir->older;
    if (dir->older != NULL)
        dir->older->newer = dir->newer;
    else
        target->oldest = dir->newer;
    dir->newer = dir->older = NULL;
    target->count--;
}

static void
enter_list(gbn_target *target, gbn_target_dir *dir)
{
    dir->older = target->newest;
    if (target->newest != NULL)
        target->newest->newer = dir;
    else
        target->oldest = dir;
    target->newest = dir;
    target->count++;
}

static bool
spare_one(gbn_target *target)
{
    gbn_target_dir *dir = target->oldest;

    while (dir != NULL && dir->pins > 0)
        dir = dir->newer;
    if (dir == NULL)
        return false;
    leave_list(target, dir);
    close(dir->fd);
    free(dir);
    return true;
}

bool
gbn_target_spare(gbn_target *target)
{
    bool spared;

    pthread_mutex_lock(&target->lock);
    spared = spare_one(target);
    pthread_mutex_unlock(&target->lock);
    return spared;
}

gbn_status
gbn_target_open(const char *path, gbn_target **result, gbn_error *err)
{
    gbn_target *target = calloc(1, sizeof *target);
    int probe;

    *result = NULL;
    if (target == NULL || (target->root = new_dir("", 0, -1)) == NULL) {
        free(target);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "open %s", path);
    }
    pthread_mutex_init(&target->lock, NULL);
    target->root->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->root->fd < 0) {
        gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", path);
        gbn_target_close(target);
        return GBN_ERR_SYSTEM;
    }
    probe = open_beneath(target->root->fd, ".");
    if (probe >= 0)
        close(probe);
    target->walk = probe < 0; /* ENOSYS before Linux 5.6, EPERM in some containers */
    *result = target;
    return GBN_OK;
}

void
gbn_target_close(gbn_target *target)
{
    if (target == NULL)
        return;
    while (spare_one(target)) {
    }
    assert(target->count == 0);
    if (target->root->fd >= 0)
        close(target->root->fd);
    free(target->root);
    pthread_mutex_destroy(&target->lock);
    free(target);
}

void
gbn_target_walk(gbn_target *target)
{
    target->walk = true;
}

gbn_status
gbn_target_fail(gbn_error *err, int errnum, const char *verb, const char *path, size_t length)
{
    int shown = length > INT_MAX ? INT_MAX : (int)length;

    if (errnum == ELOOP || errnum == ENOTDIR || errnum == EXDEV)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "%s %.*s (a part of the path is no directory)",
                        verb, shown, path);
    return gbn_fail(err, errnum == ENOMEM ? GBN_ERR_NOMEM : GBN_ERR_SYSTEM, errnum, "%s %.*s", verb,
                    shown, path);
}

static bool
is_on_the_way(const gbn_target_dir *dir, const char *path, size_t length)
{
    return dir->length <= length && (dir->length == length || path[dir->length] == '/') &&
           memcmp(dir->path, path, dir->length) == 0;
}

/* Pin the longest that is on the way, and make it the newest. */
static gbn_target_dir *
pin_nearest(gbn_target *target, const char *path, size_t length)
{
    gbn_target_dir *nearest = target->root;

    if (length == 0)
        return nearest;
    pthread_mutex_lock(&target->lock);
    for (gbn_target_dir *dir = target->newest; dir != NULL && nearest->length < length;
         dir = dir->older) {
        if (dir->length > nearest->length && is_on_the_way(dir, path, length))
            nearest = dir;
    }
    if (nearest != target->root) {
        nearest->pins++;
        leave_list(target, nearest);
        enter_list(target, nearest);
    }
    pthread_mutex_unlock(&target->lock);
    return nearest;
}

void
gbn_target_unpin(gbn_target *target, gbn_target_dir *dir)
{
    if (dir == target->root)
        return;
    pthread_mutex_lock(&target->lock);
    dir->pins--;
    while (target->count > IDLE_HANDLES && spare_one(target)) {
    }
    pthread_mutex_unlock(&target->lock);
}

/* As much of `path` as openat2 takes, or a single part, into `step`. Returns its length. */
static size_t
cut_step(const char *path, size_t length, bool single, char step[PATH_MAX])
{
    const char *slash;
    size_t cut = length;

    if (single) {
        slash = memchr(path, '/', length);
        cut = slash != NULL ? (size_t)(slash - path) : length;
    } else if (length >= PATH_MAX) {
        for (cut = PATH_MAX - 1; path[cut] != '/'; cut--)
            assert(cut > PATH_MAX - 2 - NAME_LIMIT);
    }
    memcpy(step, path, cut);
    step[cut] = '\0';
    return cut;
}

static int
make_part(gbn_target *target, int at, const char *name)
{
    int fd;

    do {
        fd = open_part(at, name);
        if (fd < 0 && errno == ENOENT && (mkdirat(at, name, 0700) == 0 || errno == EEXIST))
            fd = open_part(at, name);
    } while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
    return fd;
}

/* A handle of what is `length` bytes of `path` from `at`, not -1: takes `*used` bytes of them. */
static int
step_down(gbn_target *target, int at, const char *path, size_t length, bool make, size_t *used)
{
    char step[PATH_MAX];
    int fd = -1;

    if (!target->walk) {
        *used = cut_step(path, length, false, step);
        do
            fd = open_beneath(at, step);
        while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
        if (fd >= 0 || (errno != ENOENT && errno != EAGAIN))
            return fd;
    }
    *used = cut_step(path, length, true, step);
    if (make)
        return make_part(target, at, step);
    do
        fd = open_part(at, step);
    while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
    return fd;
}

/* From `from` to the end of the path. Returns a handle, or -1. */
static int
descend(gbn_target *target, const gbn_target_dir *from, const char *path, size_t length, bool make)
{
    size_t at = from->length > 0 ? from->length + 1 : 0;
    size_t used = 0;
    int errnum;
    int fd = from->fd;
    int next;

    while (at < length) {
        next = step_down(target, fd, path + at, length - at, make, &used);
        errnum = errno;
        if (fd != from->fd)
            close(fd);
        if (next < 0) {
            errno = errnum;
            return -1;
        }
        fd = next;
        at += used + 1;
    }
    return fd;
}

gbn_status
gbn_target_pin(gbn_target *target, const char *path, size_t length, bool make,
               gbn_target_dir **result, gbn_error *err)
{
    gbn_target_dir *nearest = pin_nearest(target, path, length);
    gbn_target_dir *dir = NULL;
    gbn_status rc = GBN_OK;
    int fd;

    *result = nearest;
    if (nearest->length == length)
        return GBN_OK;
    fd = descend(target, nearest, path, length, make);
    if (fd < 0)
        rc = gbn_target_fail(err, errno, "open directory", path, length);
    else if ((dir = new_dir(path, length, fd)) == NULL) {
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "open directory %.*s", (int)length, path);
        close(fd);
    } else {
        pthread_mutex_lock(&target->lock);
        enter_list(target, dir); /* another thread's of the same path does no harm */
        pthread_mutex_unlock(&target->lock);
    }
    gbn_target_unpin(target, nearest);
    *result = dir;
    return rc;
}

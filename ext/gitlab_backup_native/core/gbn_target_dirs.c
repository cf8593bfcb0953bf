/*
 * A path is reached from the nearest directory on its way that is open, nearly always the
 * parent. Only the last directory of the way is kept.
 */
#include "gbn_target_state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_beneath.h"

enum { IDLE_HANDLES = 32 };

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

/* Take the one that has been idle longest off the list; NULL: none is. */
static gbn_target_dir *
take_idle(gbn_target *target)
{
    gbn_target_dir *dir = target->oldest;

    while (dir != NULL && dir->pins > 0)
        dir = dir->newer;
    if (dir != NULL)
        leave_list(target, dir);
    return dir;
}

/* Without the lock: closing takes time. */
static bool
close_dir(gbn_target_dir *dir)
{
    if (dir == NULL)
        return false;
    close(dir->fd);
    free(dir);
    return true;
}

bool
gbn_target_spare(gbn_target *target)
{
    gbn_target_dir *dir;

    pthread_mutex_lock(&target->lock);
    dir = take_idle(target);
    pthread_mutex_unlock(&target->lock);
    return close_dir(dir);
}

gbn_status
gbn_target_open(const char *path, gbn_target **result, gbn_error *err)
{
    gbn_target *target = calloc(1, sizeof *target);

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
    target->steps = !gbn_beneath_works(target->root->fd);
    *result = target;
    return GBN_OK;
}

void
gbn_target_close(gbn_target *target)
{
    if (target == NULL)
        return;
    while (close_dir(take_idle(target))) {
    }
    assert(target->count == 0);
    if (target->root->fd >= 0)
        close(target->root->fd);
    free(target->root);
    pthread_mutex_destroy(&target->lock);
    free(target);
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

/* It becomes the newest. */
gbn_target_dir *
gbn_target_pin_nearest(gbn_target *target, const char *path, size_t length)
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
    gbn_target_dir *surplus;

    if (dir == target->root)
        return;
    pthread_mutex_lock(&target->lock);
    dir->pins--;
    surplus = target->count > IDLE_HANDLES ? take_idle(target) : NULL;
    pthread_mutex_unlock(&target->lock);
    close_dir(surplus);
}

gbn_status
gbn_target_pin(gbn_target *target, const char *path, size_t length, bool make,
               gbn_target_dir **result, gbn_error *err)
{
    gbn_target_dir *nearest = gbn_target_pin_nearest(target, path, length);
    gbn_target_dir *dir = NULL;
    gbn_status rc = GBN_OK;
    int fd;

    *result = nearest;
    if (nearest->length == length)
        return GBN_OK;
    fd = gbn_target_descend(target, nearest, path, length, make);
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

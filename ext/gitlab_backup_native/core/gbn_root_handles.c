#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "gbn_root_state.h"

/* The few handles directories share: who has one, who loses his, how one is opened again. */

/* The next five: with the lock held. */
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

/* Returns the handle, which is the caller's to close once the lock is let go: that takes time. */
static int
give_up_handle(gbn_dir *dir)
{
    int fd = dir->fd;

    leave_idle(dir);
    dir->fd = -1;
    return fd;
}

/* Returns a handle to close, or -1. */
static int
enter_idle(gbn_dir *dir)
{
    gbn_root *root = dir->root;

    dir->older = root->newest;
    if (root->newest != NULL)
        root->newest->newer = dir;
    else
        root->oldest = dir;
    root->newest = dir;
    return ++root->idle > root->idle_limit ? give_up_handle(root->oldest) : -1;
}

static void
pin(gbn_dir *dir)
{
    if (dir->pins++ == 0)
        leave_idle(dir);
}

/* Returns a handle to close, or -1. */
static int
unpin(gbn_dir *dir)
{
    return --dir->pins == 0 ? enter_idle(dir) : -1;
}

static void
close_handle(int fd)
{
    if (fd >= 0)
        close(fd);
}

void
gbn_root_unpin(gbn_dir *dir)
{
    int surplus;

    pthread_mutex_lock(&dir->root->lock);
    surplus = unpin(dir);
    pthread_mutex_unlock(&dir->root->lock);
    close_handle(surplus);
}

void
gbn_root_drop(gbn_dir *dir)
{
    int fd = -1;

    pthread_mutex_lock(&dir->root->lock);
    if (dir->fd >= 0)
        fd = give_up_handle(dir);
    pthread_mutex_unlock(&dir->root->lock);
    close_handle(fd);
}

/* The path of `name` in `dir` from an ancestor. False when it is too long. */
static bool
write_way(const gbn_dir *from, const gbn_dir *dir, const char *name, char way[PATH_MAX])
{
    size_t length = strlen(name), at;

    for (const gbn_dir *step = dir; step != from; step = step->parent)
        length += strlen(step->name) + 1;
    if (length >= PATH_MAX)
        return false;
    at = length - strlen(name);
    memcpy(way + at, name, strlen(name) + 1);
    for (const gbn_dir *step = dir; step != from; step = step->parent) {
        way[--at] = '/';
        at -= strlen(step->name);
        memcpy(way + at, step->name, strlen(step->name));
    }
    return true;
}

/* Open `dir` from a pinned ancestor, whatever lies there now. */
static int
open_step(const gbn_dir *from, const gbn_dir *dir, struct stat *status)
{
    char way[PATH_MAX];
    int errnum, fd;

    errno = ENAMETOOLONG;
    if (from == dir->parent)
        fd = openat(from->fd, dir->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    else
        fd = write_way(from, dir->parent, dir->name, way)
                 ? gbn_beneath_open(from->fd, way, O_RDONLY | O_DIRECTORY)
                 : -1;

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

/* Open a directory beneath a pinned one, pin it, let the other go. */
static int
step_down(gbn_dir *from, gbn_dir *dir)
{
    gbn_root *root = dir->root;
    struct stat status;
    int fd = open_step(from, dir, &status);
    int errnum = fd < 0 ? errno : 0;
    int surplus;

    pthread_mutex_lock(&root->lock);
    if (fd >= 0 && dir->fd >= 0) /* another thread was faster */
        pin(dir);
    else if (fd >= 0)
        errnum = adopt(dir, fd, &status);
    if (dir->fd == fd)
        fd = -1;
    surplus = unpin(from);
    pthread_mutex_unlock(&root->lock);
    close_handle(fd);
    close_handle(surplus);
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

static int
acquire_by_steps(gbn_dir *dir)
{
    gbn_dir *reached = pin_nearest(dir);
    gbn_dir *next;
    int errnum = 0;

    while (reached != dir && errnum == 0) {
        next = dir;
        while (next->parent != reached)
            next = next->parent;
        errnum = step_down(reached, next);
        reached = next;
    }
    return errnum;
}

int
gbn_root_acquire(gbn_dir *dir)
{
    gbn_dir *reached;
    int errnum;

    if (dir->root->steps)
        return acquire_by_steps(dir);
    reached = pin_nearest(dir);
    errnum = reached == dir ? 0 : step_down(reached, dir);
    return errnum == EAGAIN || errnum == ENAMETOOLONG ? acquire_by_steps(dir) : errnum;
}

/* EAGAIN, or ELOOP of whatever part of the path is a link: then `dir` itself has to be opened, which tells more. */
static int
open_at_once(gbn_dir *dir, const char *name, int flags, int *fd)
{
    gbn_dir *reached = pin_nearest(dir);
    char way[PATH_MAX];
    int errnum;

    if (reached == dir)
        *fd = openat(dir->fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
    else if (!dir->root->steps && write_way(reached, dir, name, way))
        *fd = gbn_beneath_open(reached->fd, way, flags);
    else
        errno = EAGAIN;
    errnum = *fd < 0 ? errno : 0;
    gbn_root_unpin(reached);
    return errnum;
}

int
gbn_root_open_file(gbn_dir *dir, const char *name, int flags, int *fd)
{
    int errnum;

    *fd = -1;
    errnum = open_at_once(dir, name, flags, fd);
    if (errnum != EAGAIN && errnum != ELOOP)
        return errnum;
    errnum = gbn_root_acquire(dir);
    if (errnum != 0)
        return errnum;
    *fd = openat(dir->fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
    errnum = *fd < 0 ? errno : 0;
    gbn_root_unpin(dir);
    return errnum;
}

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gbn_root_state.h"

/* The few handles directories share: who has one, who loses his, how one is opened again. */

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

void
gbn_root_drop(gbn_dir *dir)
{
    pthread_mutex_lock(&dir->root->lock);
    if (dir->fd >= 0) {
        leave_idle(dir);
        close(dir->fd);
        dir->fd = -1;
    }
    pthread_mutex_unlock(&dir->root->lock);
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

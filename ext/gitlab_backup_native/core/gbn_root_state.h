#ifndef GBN_ROOT_STATE_H
#define GBN_ROOT_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gbn_root.h"

/*
 * A directory whose handle is closed is reached again from its nearest ancestor that
 * has one, at once where the kernel sees to it that no link is followed (gbn_beneath), else a step at a time;
 * what is found there must have the device and inode of the first visit. Handles in use are pinned; the idle ones form a list, the
 * longest idle at its end, from which the surplus is closed.
 */
struct gbn_dir {
    gbn_root *root;
    gbn_dir *parent; /* NULL for the top */
    atomic_uint references;
    unsigned pins; /* threads using `fd` just now */
    int fd;        /* -1 while closed */
    bool visited;  /* device and inode are known */
    dev_t device;
    ino_t inode;
    gbn_dir *newer, *older; /* among the idle */
    char name[];
};

struct gbn_root {
    char *path;           /* as it was given; for messages alone */
    pthread_mutex_t lock; /* over every gbn_dir's fields but name, parent and references */
    gbn_dir *top;
    gbn_dir *newest, *oldest; /* idle handles */
    unsigned idle;
    unsigned idle_limit;
    int64_t margin_ns;
    bool steps; /* no openat2 */
};

/*
 * Make dir->fd usable until gbn_root_unpin.
 *
 * Returns  0, or an errno: then there is nothing to unpin.
 */
int gbn_root_acquire(gbn_dir *dir);
void gbn_root_unpin(gbn_dir *dir);

/*
 * Open `name` in `dir` as openat(2) does with `flags` and O_NOFOLLOW; a closed `dir` stays so where it can.
 *
 * Returns  0 and `*fd`, or an errno.
 */
int gbn_root_open_file(gbn_dir *dir, const char *name, int flags, int *fd);

/* Close the handle of a directory nobody needs any more, if it has one. */
void gbn_root_drop(gbn_dir *dir);

#endif

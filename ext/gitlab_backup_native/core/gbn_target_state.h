#ifndef GBN_TARGET_STATE_H
#define GBN_TARGET_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "gbn_target.h"

/*
 * gbn_target_state - handles of directories, by path. Those in use are pinned, the idle ones
 * form a list, the longest idle at its end, from which the surplus is closed.
 */
typedef struct gbn_target_dir {
    struct gbn_target_dir *newer, *older;
    unsigned pins;
    int fd;
    size_t length;
    char path[];
} gbn_target_dir;

struct gbn_target {
    pthread_mutex_t lock;            /* over the list, and the pins and links of all in it */
    gbn_target_dir *newest, *oldest; /* all that are open; the root is always */
    unsigned count;
    bool walk; /* no openat2 */
    gbn_target_dir *root;
};

/* What a function needs beside its path: the directory it lies in, and its last part. */
typedef struct gbn_target_place {
    gbn_target *target;
    gbn_target_dir *dir; /* pinned */
    const char *path;
    const char *name;
} gbn_target_place;

/*
 * Pin the directory that is the first `length` bytes of `path`; with `make`, make what is missing.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT where something else is in the way; GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 */
gbn_status gbn_target_pin(gbn_target *target, const char *path, size_t length, bool make,
                          gbn_target_dir **dir, gbn_error *err);
void gbn_target_unpin(gbn_target *target, gbn_target_dir *dir);

/* Close the handle that has been idle longest. false: none is. */
bool gbn_target_spare(gbn_target *target);

/* What errno means for `path`: GBN_ERR_FORMAT when a link or something else lies in the way. */
gbn_status gbn_target_fail(gbn_error *err, int errnum, const char *verb, const char *path,
                           size_t length);

#endif

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
enum { GBN_TARGET_PART_MAX = 255 };

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
    bool steps; /* no openat2 */
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
/* Pin the nearest one on the way to it that is open; in the end the root is. */
gbn_target_dir *gbn_target_pin_nearest(gbn_target *target, const char *path, size_t length);
void gbn_target_unpin(gbn_target *target, gbn_target_dir *dir);

/* Close the handle that has been idle longest. false: none is. */
bool gbn_target_spare(gbn_target *target);

/* What errno means for `path`: GBN_ERR_FORMAT when a link or something else lies in the way. */
gbn_status gbn_target_fail(gbn_error *err, int errnum, const char *verb, const char *path,
                           size_t length);

/* Go from `from`, which is on the way, to the end of the path. Returns a handle, or -1 with errno. */
int gbn_target_descend(gbn_target *target, const gbn_target_dir *from, const char *path,
                       size_t length, bool make);

/* Refuse what is no path as gbn_target_name gives it, the root among it. Returns GBN_OK or GBN_ERR_FORMAT. */
gbn_status gbn_target_check(const char *path, gbn_error *err);

/* Pin the directory `path` lies in; gbn_target_leave unpins it. Returns as gbn_target_pin. */
gbn_status gbn_target_find(gbn_target *target, const char *path, bool make, gbn_target_place *place,
                           gbn_error *err);
void gbn_target_leave(const gbn_target_place *place);

/* The type of what is there; 0 for nothing, and when that cannot be told. */
mode_t gbn_target_type_at(const gbn_target_place *place);

/* Fail at a place: by errno, or because of what is there. */
gbn_status gbn_target_fail_at(const gbn_target_place *place, int errnum, const char *verb,
                              gbn_error *err);
gbn_status gbn_target_fail_type(const gbn_target_place *place, const char *verb, gbn_error *err);

#endif

#ifndef GBN_REGULAR_H
#define GBN_REGULAR_H

#include <sys/stat.h>

#include "gbn_error.h"

/*
 * gbn_regular - regular files opened by their path. Where something else lies in such a file's place
 * nobody waits for it, as open(2) does for the writer of a FIFO.
 */
typedef struct gbn_regular {
    const char *path;
    const char *name; /* what messages call it; NULL: path */
    const char *verb; /* what it is opened for, "hash"; NULL: "read" */
    int flags; /* besides the usual ones, O_RDWR or O_NOFOLLOW; 0: to read, by links as well */
} gbn_regular;

/*
 * Open it and fstat(2) it.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM, "open <name>"; GBN_ERR_INVALID, "<verb> <name>: not a regular file".
 * Owns     the caller closes `*fd`, which is -1 after a failure.
 */
gbn_status gbn_regular_open(const gbn_regular *regular, int *fd, struct stat *status,
                            gbn_error *err);

#endif

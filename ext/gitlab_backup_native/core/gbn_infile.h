#ifndef GBN_INFILE_H
#define GBN_INFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_infile - a product that is read: a file of its own, or a section of one, as a member of
 * a plain tar is. Offsets count from the product's first byte.
 */
typedef struct gbn_infile gbn_infile;

/* Where a product lies. */
typedef struct gbn_place {
    const char *path;        /* of the file */
    const char *name;        /* what messages call it; NULL: path */
    bool section;            /* false: the whole file */
    uint64_t offset, length; /* of the section */
} gbn_place;

/* Copy it with its strings; gbn_place_free after, also after GBN_ERR_NOMEM. */
gbn_status gbn_place_copy(gbn_place *place, const gbn_place *given, gbn_error *err);
void gbn_place_free(gbn_place *place);

/* name, or path. */
const char *gbn_place_name(const gbn_place *place);

/*
 * Open it; a FIFO is not waited for.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM; GBN_ERR_INVALID if it is no regular file;
 *          GBN_ERR_FORMAT if the file ends within the section.
 */
gbn_status gbn_infile_open(const gbn_place *place, gbn_infile **file, gbn_error *err);

/* What messages call it. Lent. */
const char *gbn_infile_name(const gbn_infile *file);

/* Bytes it had when it was opened. */
uint64_t gbn_infile_size(const gbn_infile *file);

/*
 * Read `length` bytes at `offset`; `*got` is less only where it ends.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM.
 * Threads  any number.
 */
gbn_status gbn_infile_read(gbn_infile *file, uint64_t offset, void *data, size_t length,
                           size_t *got, gbn_error *err);

/* NULL does nothing. */
void gbn_infile_close(gbn_infile *file);

#endif

#ifndef GBN_BLOCK_H
#define GBN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_block - the unit of work that travels through a pipeline: two buffers of a
 * fixed size and a place in the stream. All of them are made at the start and
 * used again and again; none ever grows.
 */
typedef struct gbn_block {
    uint64_t number; /* place in the stream, from 0 */
    uint8_t *raw;    /* filled by the source */
    size_t raw_length;
    uint8_t *out; /* filled by the stage */
    size_t out_length;
    void *attachment; /* the work's own notes about this block; zeroed once, at the start */
    bool staged;      /* the pipeline's own: the stage is done with it */
} gbn_block;

typedef struct gbn_block_set gbn_block_set;

/*
 * Make `count` blocks. Memory the blocks never touch is never taken from the system.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM.
 */
gbn_status gbn_block_set_new(size_t count, size_t raw_size, size_t out_size, size_t attachment_size,
                             gbn_block_set **set, gbn_error *err);

size_t gbn_block_set_count(const gbn_block_set *set);

/* Lend the `index`th block. */
gbn_block *gbn_block_set_at(gbn_block_set *set, size_t index);

/* Free all blocks. What attachments point to is the work's to free before. */
void gbn_block_set_free(gbn_block_set *set);

#endif

#ifndef GBN_INFLATE_STATE_H
#define GBN_INFLATE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_index.h"
#include "gbn_infile.h"
#include "gbn_inflate.h"
#include "gbn_pipeline.h"
#include "gbn_pool.h"
#include "gbn_queue.h"

/*
 * What the sources of gbn_inflate share: both ways end in one pipeline, whose sink writes.
 */
enum { GBN_INFLATE_BLOCK = 1024 * 1024 };

/* Reads the file ahead of who inflates it. */
typedef struct gbn_inflate_ahead {
    gbn_block_set *pieces;
    gbn_queue *empty, *full;
    uint64_t offset; /* of the next piece in the file */
    uint64_t done;   /* bytes of the content that were written or left out */
    gbn_pool *pool;
} gbn_inflate_ahead;

typedef struct gbn_inflate {
    gbn_infile *source;
    int target; /* -1: nowhere */
    gbn_inflate_sink *sink;
    void *sink_context;
    uint64_t from, to; /* bytes that are wanted */
    gbn_pipeline *pipeline;
    gbn_index *index;        /* with a manifest */
    gbn_inflate_ahead ahead; /* without */
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    uint64_t *raw;
} gbn_inflate;

/* gbn_inflate_blocks.c: by the manifest. Each makes the pipeline, with gbn_inflate_write last. */
gbn_status gbn_inflate_blocks_new(gbn_inflate *inflate, const char *manifest, unsigned workers,
                                  gbn_error *err);

/* gbn_inflate_members.c: from the begin to the end. */
gbn_status gbn_inflate_members_new(gbn_inflate *inflate, gbn_error *err);
void gbn_inflate_members_abort(gbn_inflate *inflate);
void gbn_inflate_members_free(gbn_inflate *inflate);

/* Write those of the bytes that are wanted, and count them. The first is at `offset` of the content. */
gbn_status gbn_inflate_write(gbn_inflate *inflate, uint64_t offset, const uint8_t *data,
                             size_t length, gbn_error *err);

/* Read `length` bytes at `offset`; a file that is shorter is damage. */
gbn_status gbn_inflate_read(const gbn_inflate *inflate, uint64_t offset, uint8_t *data,
                            size_t length, gbn_error *err);

#endif

#ifndef GBN_PRODUCT_STATE_H
#define GBN_PRODUCT_STATE_H

#include <stdbool.h>

#include "gbn_boundary.h"
#include "gbn_outfile.h"
#include "gbn_pace.h"
#include "gbn_pipeline.h"
#include "gbn_product.h"

/*
 * What the files of the module product share. The source's thread fills blocks
 * (gbn_product_feed.c), workers and sinks make the two files of them
 * (gbn_product_blocks.c), gbn_product_run begins and ends it (gbn_product.c).
 *
 * Each block carries a `gbn_product_segment` as its attachment: what the stage found
 * out about it and the manifest records of the members that end in it. So both files
 * are written by the sink alone, and the manifest's order is the archive's.
 */
typedef struct gbn_product_segment {
    const uint8_t *data;
    size_t length;
    uint32_t raw_crc32;
    uint32_t stored_crc32;
    bool copied; /* it came as it is stored, with its checksums */
    gbn_bytes records;
} gbn_product_segment;

struct gbn_product {
    char *target;                      /* NULL when it is the end of another file */
    char *backup_id, *name, *previous; /* as the manifest's header says them */
    uint64_t generation;
    const gbn_gzip_codec *codec; /* also of the checksums when nothing is compressed */
    bool compressed;
    gbn_outfile *file;
    gbn_outfile *manifest;
    gbn_pipeline *pipeline;
    gbn_sha256 *sha; /* of the product's bytes; the second sink's */

    gbn_product_source *source;
    void *context;
    gbn_cancel *cancel;
    gbn_job_counters *counters;

    gbn_block *block;       /* being filled; NULL when there is none */
    uint64_t blocks;        /* given, with content */
    uint64_t length;        /* bytes in so far */
    bool spanning;          /* the current member is larger than a block */
    bool members;           /* there are members: blocks end with one */
    bool copying;           /* the current block is one of an earlier product */
    size_t batch;           /* a block with so many bytes of members takes no more */
    gbn_boundary *boundary; /* NULL: blocks end when they are full */
    size_t searched;        /* bytes of the current block in which there is no boundary */
    gbn_bytes cut;          /* what follows a boundary, on its way to the next block */
    gbn_pace pace;

    /* the sink's */
    gbn_bytes scratch; /* for block records */
    uint64_t blocks_written;
    uint64_t raw_written;
    uint32_t raw_crc32;
    gbn_bytes_tail tail; /* of the raw bytes so far */
};

static inline gbn_product_segment *
gbn_product_segment_of(gbn_block *block)
{
    return block->attachment;
}

/* See to it that there is a current block. Returns GBN_OK or GBN_ERR_CANCELLED. */
gbn_status gbn_product_need_block(gbn_product *product);

/* Give the current block, of which there is one, to the pipeline when its time has come. */
gbn_status gbn_product_flush(gbn_product *product, gbn_error *err);

/* The pipeline's functions, with the product as context. */
gbn_status gbn_product_open_worker(void *context, void **worker, gbn_error *err);
void gbn_product_close_worker(void *worker);
gbn_status gbn_product_deflate_block(void *context, void *worker, gbn_block *block, gbn_error *err);
gbn_status gbn_product_write_block(void *context, gbn_block *block, gbn_error *err);
gbn_status gbn_product_hash_block(void *context, gbn_block *block, gbn_error *err);

#endif

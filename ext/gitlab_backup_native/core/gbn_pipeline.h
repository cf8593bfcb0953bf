#ifndef GBN_PIPELINE_H
#define GBN_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "gbn_block.h"
#include "gbn_error.h"

/*
 * gbn_pipeline - source -> N workers -> sinks. The source fills blocks one after
 * another on the caller's thread, workers turn them over side by side, each
 * sink sees every block in the source's order on a thread of its own.
 *
 * Memory: (2 x workers + 2 + GBN_PIPELINE_SINKS) x (raw_size + out_size), made at the start:
 * each worker has one block and one waits for it; the source and every sink have one.
 */
typedef struct gbn_pipeline gbn_pipeline;

enum { GBN_PIPELINE_SINKS = 2 };

typedef struct gbn_pipeline_options {
    unsigned workers; /* 1 at least */
    size_t raw_size, out_size, attachment_size;
    void *context; /* for all of the functions below */

    /* Called once. Takes and gives blocks until the input is at its end. */
    gbn_status (*source)(void *context, gbn_pipeline *pipeline, gbn_error *err);

    /* A worker's own state, made and freed on its thread. Both may be NULL. */
    gbn_status (*worker_open)(void *context, void **worker, gbn_error *err);
    void (*worker_close)(void *worker);

    /* raw -> out; any number at once, each with the state of its worker. */
    gbn_status (*stage)(void *context, void *worker, gbn_block *block, gbn_error *err);

    /* In order; the second sees a block after the first is done with it. NULL ends the list. */
    gbn_status (*sinks[GBN_PIPELINE_SINKS])(void *context, gbn_block *block, gbn_error *err);
} gbn_pipeline_options;

/* Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_pipeline_new(const gbn_pipeline_options *options, gbn_pipeline **pipeline,
                            gbn_error *err);

/*
 * Run it to its end, once.
 *
 * Returns  GBN_OK, or the first failure of any function; GBN_ERR_CANCELLED after an abort.
 * Blocks   until all threads have ended.
 */
gbn_status gbn_pipeline_run(gbn_pipeline *pipeline, gbn_error *err);

/*
 * For the source: take an empty block, and hand it on when it is full. A block that
 * was taken and not given is not missed.
 *
 * Returns  GBN_OK, GBN_ERR_CANCELLED once the pipeline was aborted.
 * Blocks   take: until a block has passed the last sink.
 */
gbn_status gbn_pipeline_take(gbn_pipeline *pipeline, gbn_block **block);
gbn_status gbn_pipeline_give(gbn_pipeline *pipeline, gbn_block *block);

/* As gbn_pipeline_give, for a block that needs no stage: it comes to the sinks in its turn. */
gbn_status gbn_pipeline_pass(gbn_pipeline *pipeline, gbn_block *block);

/*
 * CPU time, in ns, that went into passing blocks on so far, as gbn_handover estimates it: the source's in the three functions above, the sinks' outside of what
 * they were given to do. It is what no further worker makes less. Any thread.
 */
uint64_t gbn_pipeline_handover_ns(const gbn_pipeline *pipeline);

/* The blocks, for work that must look after their attachments. */
gbn_block_set *gbn_pipeline_blocks(gbn_pipeline *pipeline);

/* Make every function that waits return. Any thread, any time. */
void gbn_pipeline_abort(gbn_pipeline *pipeline);

/* Was it? For a stage that waits for another block: it looks now and then. */
bool gbn_pipeline_aborted(gbn_pipeline *pipeline);

/* Not while it runs. NULL does nothing. */
void gbn_pipeline_free(gbn_pipeline *pipeline);

#endif

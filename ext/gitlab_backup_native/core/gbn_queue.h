#ifndef GBN_QUEUE_H
#define GBN_QUEUE_H

#include <stddef.h>

#include "gbn_block.h"
#include "gbn_error.h"

/*
 * gbn_queue - hands blocks from thread to thread, first in, first out, a bounded
 * number at a time. It never looks into a block.
 */
typedef struct gbn_queue gbn_queue;

/* Make a queue that holds up to `capacity` blocks. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_queue_new(size_t capacity, gbn_queue **queue, gbn_error *err);

/*
 * Append `block`.
 *
 * Returns  GBN_OK; GBN_ERR_CANCELLED once the queue was aborted.
 * Threads  any number.
 * Blocks   while the queue is full, until an abort.
 */
gbn_status gbn_queue_put(gbn_queue *queue, gbn_block *block);

/*
 * Take the oldest block.
 *
 * Returns  GBN_OK; GBN_END once the queue is closed and empty; GBN_ERR_CANCELLED
 *          once it was aborted, whatever it still holds.
 * Threads  any number.
 * Blocks   while the queue is empty, until a close or an abort.
 */
gbn_status gbn_queue_get(gbn_queue *queue, gbn_block **block);

/* Nothing will be put any more: readers empty the queue and then get GBN_END. */
void gbn_queue_close(gbn_queue *queue);

/* Wake everyone, now and for ever. */
void gbn_queue_abort(gbn_queue *queue);

/* Nobody may be waiting. NULL does nothing. */
void gbn_queue_free(gbn_queue *queue);

#endif

#ifndef GBN_POOL_H
#define GBN_POOL_H

#include <stddef.h>

#include "gbn_error.h"

/*
 * gbn_pool - threads for the life of one job. They take no signals: those are the
 * caller's. The first of them to fail decides the result and calls off the rest.
 */
typedef struct gbn_pool gbn_pool;

/* What a thread does; a negative result is a failure with `err` filled in. */
typedef gbn_status gbn_pool_task(void *argument, gbn_error *err);

/*
 * Make a pool for at most `capacity` threads. `abort(context)` is called once, by the
 * thread that failed first, and must make all others return soon.
 */
gbn_status gbn_pool_new(size_t capacity, void (*abort)(void *context), void *context,
                        gbn_pool **pool, gbn_error *err);

/*
 * Start a thread that runs `task(argument)`; `argument` must live until the join.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM when the system has no thread to give: then the
 *          others have been called off.
 */
gbn_status gbn_pool_add(gbn_pool *pool, gbn_pool_task *task, void *argument, gbn_error *err);

/* Treat `failure` as if a thread had failed so: for work the caller does itself. */
void gbn_pool_fail(gbn_pool *pool, const gbn_error *failure);

/*
 * Wait for all threads.
 *
 * Returns  GBN_OK, or the first failure.
 * Blocks   until every task has returned.
 */
gbn_status gbn_pool_join(gbn_pool *pool, gbn_error *err);

/* Joined pools only. NULL does nothing. */
void gbn_pool_free(gbn_pool *pool);

#endif

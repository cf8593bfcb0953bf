#include "gbn_pipeline.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gbn_handover.h"
#include "gbn_pool.h"
#include "gbn_queue.h"

/*
 * A block given by the source enters two queues at once: `todo`, from which any
 * worker takes it, and `order`, from which the first sink takes it and waits until it is
 * staged. That keeps the source's order without numbers being compared. No put
 * ever waits, as every queue has room for all blocks.
 */
struct gbn_pipeline {
    gbn_pipeline_options options;
    gbn_block_set *blocks;
    gbn_pool *pool;
    gbn_queue *empty;
    gbn_queue *todo;
    gbn_queue *order[GBN_PIPELINE_SINKS];
    pthread_mutex_t lock; /* over `staged` of all blocks, and `aborted` */
    pthread_cond_t staged;
    const gbn_block *awaited; /* by the first sink; the others get what it has had */
    bool aborted;
    uint64_t next_number;
    gbn_handover handover;
};

static void
abort_pipeline(void *argument)
{
    gbn_pipeline_abort(argument);
}

static gbn_status
new_queues(gbn_pipeline *pipeline, size_t count, gbn_error *err)
{
    gbn_status rc;

    rc = gbn_queue_new(count, &pipeline->empty, err);
    if (rc == GBN_OK)
        rc = gbn_queue_new(count, &pipeline->todo, err);
    for (size_t i = 0; rc == GBN_OK && i < GBN_PIPELINE_SINKS; i++)
        rc = gbn_queue_new(count, &pipeline->order[i], err);
    for (size_t i = 0; rc == GBN_OK && i < count; i++)
        rc = gbn_queue_put(pipeline->empty, gbn_block_set_at(pipeline->blocks, i));
    return rc;
}

gbn_status
gbn_pipeline_new(const gbn_pipeline_options *options, gbn_pipeline **result, gbn_error *err)
{
    size_t count = 2 * (size_t)options->workers + 2 + GBN_PIPELINE_SINKS;
    gbn_pipeline *pipeline = calloc(1, sizeof *pipeline);
    gbn_status rc;

    *result = NULL;
    if (pipeline == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a pipeline");
    pipeline->options = *options;
    pthread_mutex_init(&pipeline->lock, NULL);
    pthread_cond_init(&pipeline->staged, NULL);
    rc = gbn_block_set_new(count, options->raw_size, options->out_size, options->attachment_size,
                           &pipeline->blocks, err);
    if (rc == GBN_OK)
        rc = new_queues(pipeline, count, err);
    if (rc == GBN_OK)
        rc = gbn_pool_new(options->workers + GBN_PIPELINE_SINKS, abort_pipeline, pipeline,
                          &pipeline->pool, err);
    if (rc < 0) {
        gbn_pipeline_free(pipeline);
        return rc;
    }
    *result = pipeline;
    return GBN_OK;
}

static void
mark_staged(gbn_pipeline *pipeline, gbn_block *block)
{
    bool awaited;

    pthread_mutex_lock(&pipeline->lock);
    block->staged = true;
    awaited = block == pipeline->awaited;
    pthread_mutex_unlock(&pipeline->lock);
    if (awaited)
        pthread_cond_signal(&pipeline->staged);
}

static gbn_status
wait_staged(gbn_pipeline *pipeline, const gbn_block *block)
{
    gbn_status rc;

    pthread_mutex_lock(&pipeline->lock);
    pipeline->awaited = block;
    while (!block->staged && !pipeline->aborted)
        pthread_cond_wait(&pipeline->staged, &pipeline->lock);
    rc = pipeline->aborted ? GBN_ERR_CANCELLED : GBN_OK;
    pthread_mutex_unlock(&pipeline->lock);
    return rc;
}

static gbn_status
run_worker(void *argument, gbn_error *err)
{
    gbn_pipeline *pipeline = argument;
    const gbn_pipeline_options *options = &pipeline->options;
    void *worker = NULL;
    gbn_block *block;
    gbn_status rc = GBN_OK;

    if (options->worker_open != NULL)
        rc = options->worker_open(options->context, &worker, err);
    if (rc < 0)
        return rc;
    while ((rc = gbn_queue_get(pipeline->todo, &block)) == GBN_OK) {
        rc = options->stage(options->context, worker, block, err);
        if (rc < 0)
            break;
        mark_staged(pipeline, block);
    }
    if (options->worker_close != NULL)
        options->worker_close(worker);
    return rc == GBN_ERR_CANCELLED ? gbn_fail(err, rc, 0, "cancelled") : rc;
}

static gbn_status
run_sink(gbn_pipeline *pipeline, size_t index, gbn_error *err)
{
    gbn_queue *next = pipeline->empty;
    uint64_t number = 0;
    uint64_t since = gbn_handover_begin(number);
    gbn_block *block;
    gbn_status rc;

    if (index + 1 < GBN_PIPELINE_SINKS && pipeline->options.sinks[index + 1] != NULL)
        next = pipeline->order[index + 1];
    while ((rc = gbn_queue_get(pipeline->order[index], &block)) == GBN_OK) {
        rc = index == 0 ? wait_staged(pipeline, block) : GBN_OK;
        gbn_handover_end(&pipeline->handover, number, since);
        if (rc == GBN_OK)
            rc = pipeline->options.sinks[index](pipeline->options.context, block, err);
        since = gbn_handover_begin(++number);
        if (rc == GBN_OK)
            rc = gbn_queue_put(next, block);
        if (rc < 0)
            break;
    }
    if (rc == GBN_END && next != pipeline->empty)
        gbn_queue_close(next);
    return rc == GBN_ERR_CANCELLED ? gbn_fail(err, rc, 0, "cancelled") : rc;
}

static gbn_status
run_first_sink(void *argument, gbn_error *err)
{
    return run_sink(argument, 0, err);
}

static gbn_status
run_second_sink(void *argument, gbn_error *err)
{
    return run_sink(argument, 1, err);
}

static gbn_status
start_threads(gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_pool_task *const tasks[GBN_PIPELINE_SINKS] = {run_first_sink, run_second_sink};
    gbn_status rc = GBN_OK;

    for (size_t i = 0; rc == GBN_OK && i < GBN_PIPELINE_SINKS; i++) {
        if (pipeline->options.sinks[i] != NULL)
            rc = gbn_pool_add(pipeline->pool, tasks[i], pipeline, err);
    }
    for (unsigned i = 0; rc == GBN_OK && i < pipeline->options.workers; i++)
        rc = gbn_pool_add(pipeline->pool, run_worker, pipeline, err);
    return rc;
}

gbn_status
gbn_pipeline_run(gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_error failure = {.status = GBN_OK};
    gbn_status rc = start_threads(pipeline, &failure);

    if (rc == GBN_OK)
        rc = pipeline->options.source(pipeline->options.context, pipeline, &failure);
    if (rc < 0) {
        if (rc == GBN_ERR_CANCELLED)
            gbn_fail(&failure, rc, 0, "cancelled");
        failure.status = rc;
        gbn_pool_fail(pipeline->pool, &failure);
    }
    gbn_queue_close(pipeline->todo);
    gbn_queue_close(pipeline->order[0]);
    return gbn_pool_join(pipeline->pool, err);
}

gbn_status
gbn_pipeline_take(gbn_pipeline *pipeline, gbn_block **block)
{
    const uint64_t number = pipeline->next_number;
    const uint64_t since = gbn_handover_begin(number);
    gbn_status rc = gbn_queue_get(pipeline->empty, block);

    if (rc == GBN_OK) {
        (*block)->raw_length = 0;
        (*block)->out_length = 0;
        (*block)->staged = false;
    }
    gbn_handover_end(&pipeline->handover, number, since);
    return rc;
}

gbn_status
gbn_pipeline_give(gbn_pipeline *pipeline, gbn_block *block)
{
    const uint64_t number = pipeline->next_number++;
    const uint64_t since = gbn_handover_begin(number);
    gbn_status rc;

    block->number = number;
    rc = gbn_queue_put(pipeline->order[0], block);
    if (rc == GBN_OK)
        rc = gbn_queue_put(pipeline->todo, block);
    gbn_handover_end(&pipeline->handover, number, since);
    return rc;
}

gbn_status
gbn_pipeline_pass(gbn_pipeline *pipeline, gbn_block *block)
{
    const uint64_t number = pipeline->next_number++;
    const uint64_t since = gbn_handover_begin(number);
    gbn_status rc;

    block->number = number;
    block->staged = true; /* nobody else has it yet */
    rc = gbn_queue_put(pipeline->order[0], block);
    gbn_handover_end(&pipeline->handover, number, since);
    return rc;
}

uint64_t
gbn_pipeline_handover_ns(const gbn_pipeline *pipeline)
{
    return gbn_handover_ns(&pipeline->handover);
}

gbn_block_set *
gbn_pipeline_blocks(gbn_pipeline *pipeline)
{
    return pipeline->blocks;
}

void
gbn_pipeline_abort(gbn_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->aborted = true;
    pthread_cond_broadcast(&pipeline->staged);
    pthread_mutex_unlock(&pipeline->lock);
    gbn_queue_abort(pipeline->empty);
    gbn_queue_abort(pipeline->todo);
    for (size_t i = 0; i < GBN_PIPELINE_SINKS; i++)
        gbn_queue_abort(pipeline->order[i]);
}

bool
gbn_pipeline_aborted(gbn_pipeline *pipeline)
{
    bool aborted;

    pthread_mutex_lock(&pipeline->lock);
    aborted = pipeline->aborted;
    pthread_mutex_unlock(&pipeline->lock);
    return aborted;
}

void
gbn_pipeline_free(gbn_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    gbn_pool_free(pipeline->pool);
    gbn_queue_free(pipeline->empty);
    gbn_queue_free(pipeline->todo);
    for (size_t i = 0; i < GBN_PIPELINE_SINKS; i++)
        gbn_queue_free(pipeline->order[i]);
    gbn_block_set_free(pipeline->blocks);
    pthread_mutex_destroy(&pipeline->lock);
    pthread_cond_destroy(&pipeline->staged);
    free(pipeline);
}

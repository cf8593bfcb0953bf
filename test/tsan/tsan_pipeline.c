/*
 * Pipelines, jobs and queues for ThreadSanitizer, under which Criterion does not start: runs
 * to the end, broken off by each of their functions, and aborted from outside.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gbn_job.h"
#include "gbn_pipeline.h"

enum { BLOCKS = 300, ROUNDS = 60 };

static struct plan {
    int fails[4]; /* source, stage, sinks: at this block */
    int sunk[2];
    unsigned workers;
    gbn_pipeline *pipeline;
} plan;

static gbn_status
source(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_block *block;
    gbn_status rc = GBN_OK;

    (void)context;
    for (int i = 0; rc == GBN_OK && i < BLOCKS; i++) {
        if (i == plan.fails[0])
            return gbn_fail(err, GBN_ERR_SYSTEM, 0, "source");
        rc = gbn_pipeline_take(pipeline, &block);
        if (rc < 0)
            break;
        memset(block->raw, i, 64);
        block->raw_length = 64;
        rc = gbn_pipeline_give(pipeline, block);
    }
    return rc;
}

static gbn_status
stage(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    (void)context;
    (void)worker;
    if ((int)block->number == plan.fails[1])
        return gbn_fail(err, GBN_ERR_CODEC, 0, "stage");
    memcpy(block->out, block->raw, block->raw_length);
    block->out_length = block->raw_length;
    return GBN_OK;
}

static gbn_status
sink(int index, const gbn_block *block, gbn_error *err)
{
    if ((int)block->number == plan.fails[2 + index])
        return gbn_fail(err, GBN_ERR_SYSTEM, 0, "sink");
    assert((int)block->number == plan.sunk[index]);
    assert(block->out[63] == (uint8_t)block->number);
    plan.sunk[index]++;
    return GBN_OK;
}

static gbn_status
first_sink(void *context, gbn_block *block, gbn_error *err)
{
    (void)context;
    return sink(0, block, err);
}

static gbn_status
second_sink(void *context, gbn_block *block, gbn_error *err)
{
    (void)context;
    return sink(1, block, err);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    (void)context;
    (void)cancel;
    atomic_fetch_add(&counters->raw, 1);
    return gbn_pipeline_run(plan.pipeline, err);
}

static void
abort_run(void *context)
{
    (void)context;
    gbn_pipeline_abort(plan.pipeline);
}

static void
release(void *context)
{
    (void)context;
    gbn_pipeline_free(plan.pipeline);
}

static gbn_status
round_of(bool cancelled, long pause_ns)
{
    const gbn_pipeline_options options = {
        .workers = plan.workers,
        .raw_size = 64,
        .out_size = 64,
        .source = source,
        .stage = stage,
        .sinks = {first_sink, second_sink},
    };
    const gbn_job_work work = {NULL, run, abort_run, release};
    const struct timespec pause = {.tv_nsec = pause_ns};
    gbn_error err = {.status = GBN_OK};
    gbn_job *job;

    plan.sunk[0] = plan.sunk[1] = 0;
    if (gbn_pipeline_new(&options, &plan.pipeline, &err) < 0 ||
        gbn_job_start(&work, &job, &err) < 0)
        abort();
    nanosleep(&pause, NULL);
    while (!cancelled && gbn_job_wait(job, 50) == GBN_AGAIN)
        gbn_job_wake(job);
    (void)gbn_job_progress(job);
    return gbn_job_finish(job, &err);
}

int
main(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        plan = (struct plan){.fails = {-1, -1, -1, -1}, .workers = 1 + (unsigned)i % 8};
        if (round_of(false, 0) != GBN_OK || plan.sunk[1] != BLOCKS)
            return 1;
        plan.fails[i % 4] = i * 5;
        if (round_of(false, 0) == GBN_OK)
            return 1;
        plan.fails[i % 4] = -1;
        round_of(true, i * 50000L);
    }
    return 0;
}

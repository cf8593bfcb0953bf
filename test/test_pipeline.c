#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gbn_pipeline.h"
#include "process.h"

enum { RAW = 64, OUT = 128, NEVER = -1 };

/* What a run does and where it breaks; each function looks up its own numbers. */
static struct plan {
    int blocks;
    int source_fails, stage_fails, sink_fails[GBN_PIPELINE_SINKS], open_fails; /* at block n */
    atomic_int staged, opened, closed;
    int sunk[GBN_PIPELINE_SINKS];
    bool disturb; /* let threads overtake one another */
    gbn_pipeline *pipeline;
} plan;

static gbn_error err;

static void
begin(void)
{
    plan = (struct plan){
        .blocks = 100,
        .source_fails = NEVER,
        .stage_fails = NEVER,
        .sink_fails = {NEVER, NEVER},
        .open_fails = NEVER,
    };
}

TestSuite(pipeline, .init = begin, .timeout = 60);

static void
dawdle(uint64_t number)
{
    const struct timespec pause = {.tv_nsec = (long)(number * 7919 % 13) * 20000};

    if (plan.disturb)
        nanosleep(&pause, NULL);
}

static gbn_status
source(void *context, gbn_pipeline *pipeline, gbn_error *error)
{
    gbn_block *block;
    gbn_status rc = GBN_OK;

    (void)context;
    for (int i = 0; rc == GBN_OK && i < plan.blocks; i++) {
        if (i == plan.source_fails)
            return gbn_fail(error, GBN_ERR_SYSTEM, EIO, "source %d", i);
        rc = gbn_pipeline_take(pipeline, &block);
        if (rc < 0)
            break;
        block->raw_length = 1 + (size_t)i % RAW;
        memset(block->raw, i & 0xff, block->raw_length);
        rc = gbn_pipeline_give(pipeline, block);
    }
    return rc;
}

static gbn_status
open_worker(void *context, void **worker, gbn_error *error)
{
    const int number = atomic_fetch_add(&plan.opened, 1);

    (void)context;
    if (number == plan.open_fails)
        return gbn_fail(error, GBN_ERR_NOMEM, 0, "worker %d", number);
    *worker = malloc(1);
    return GBN_OK;
}

static void
close_worker(void *worker)
{
    free(worker);
    atomic_fetch_add(&plan.closed, 1);
}

static gbn_status
stage(void *context, void *worker, gbn_block *block, gbn_error *error)
{
    (void)context;
    cr_assert_not_null(worker);
    dawdle(block->number);
    if ((int)block->number == plan.stage_fails)
        return gbn_fail(error, GBN_ERR_CODEC, 0, "stage %d", plan.stage_fails);
    block->out_length = 2 * block->raw_length;
    memset(block->out, block->raw[0] ^ 0xff, block->out_length);
    atomic_fetch_add(&plan.staged, 1);
    return GBN_OK;
}

static gbn_status
sink(size_t index, const gbn_block *block, gbn_error *error)
{
    const int number = plan.sunk[index];

    if (number == plan.sink_fails[index])
        return gbn_fail(error, GBN_ERR_SYSTEM, ENOSPC, "sink %zu block %d", index, number);
    cr_assert(eq(u64, block->number, (uint64_t)number));
    cr_assert(eq(sz, block->raw_length, 1 + (size_t)number % RAW));
    cr_assert(eq(sz, block->out_length, 2 * block->raw_length));
    cr_assert(eq(u8, block->out[block->out_length - 1], (uint8_t)(number ^ 0xff)));
    plan.sunk[index]++;
    return GBN_OK;
}

static gbn_status
first_sink(void *context, gbn_block *block, gbn_error *error)
{
    (void)context;
    return sink(0, block, error);
}

static gbn_status
second_sink(void *context, gbn_block *block, gbn_error *error)
{
    (void)context;
    cr_assert(lt(int, plan.sunk[1], plan.sunk[0] + 1));
    dawdle(block->number + 3);
    return sink(1, block, error);
}

static gbn_pipeline *
new_pipeline(unsigned workers)
{
    const gbn_pipeline_options options = {
        .workers = workers,
        .raw_size = RAW,
        .out_size = OUT,
        .source = source,
        .worker_open = open_worker,
        .worker_close = close_worker,
        .stage = stage,
        .sinks = {first_sink, second_sink},
    };

    cr_assert(eq(int, gbn_pipeline_new(&options, &plan.pipeline, &err), GBN_OK));
    return plan.pipeline;
}

static gbn_status
run(unsigned workers)
{
    const size_t threads = process_threads();
    gbn_pipeline *pipeline = new_pipeline(workers);
    gbn_status rc;

    memset(&err, 0, sizeof err);
    rc = gbn_pipeline_run(pipeline, &err);
    gbn_pipeline_free(pipeline);
    cr_assert(process_has_threads(threads));
    return rc;
}

Test(pipeline, every_block_passes_both_sinks_in_the_sources_order)
{
    static const unsigned workers[] = {1, 2, 3, 8, 32};

    plan.disturb = true;
    for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++) {
        plan.sunk[0] = plan.sunk[1] = plan.opened = plan.closed = 0;
        cr_assert(eq(int, run(workers[i]), GBN_OK));
        cr_assert(all(eq(int, plan.sunk[0], 100), eq(int, plan.sunk[1], 100)));
        cr_assert(all(eq(int, plan.opened, (int)workers[i]), eq(int, plan.closed, plan.opened)));
    }
}

Test(pipeline, numbers_of_blocks_around_the_number_of_buffers)
{
    for (plan.blocks = 0; plan.blocks < 12; plan.blocks++) {
        plan.sunk[0] = plan.sunk[1] = 0;
        cr_assert(eq(int, run(2), GBN_OK));
        cr_assert(all(eq(int, plan.sunk[0], plan.blocks), eq(int, plan.sunk[1], plan.blocks)));
    }
}

Test(pipeline, a_hundred_thousand_blocks)
{
    plan.blocks = 100000;
    cr_assert(eq(int, run(4), GBN_OK));
    cr_assert(eq(int, plan.sunk[1], 100000));
}

Test(pipeline, a_block_that_was_taken_and_not_given_is_not_missed)
{
    gbn_pipeline *pipeline = new_pipeline(1);
    gbn_block *block;

    cr_assert(eq(int, gbn_pipeline_take(pipeline, &block), GBN_OK));
    cr_assert(eq(int, gbn_pipeline_run(pipeline, &err), GBN_OK));
    cr_assert(eq(int, plan.sunk[1], 100));
    gbn_pipeline_free(pipeline);
    gbn_pipeline_free(NULL);
}

Test(pipeline, memory_is_the_headers_formula)
{
    const size_t raw = 1024 * 1024;
    const size_t out = 2 * raw;
    gbn_pipeline_options options = {.raw_size = raw, .out_size = out};

    if (mallinfo2().uordblks == 0)
        cr_skip("a checker's malloc keeps no account");
    for (options.workers = 1; options.workers <= 16; options.workers *= 4) {
        const size_t blocks = 2 * (size_t)options.workers + 2 + GBN_PIPELINE_SINKS;
        const size_t before = mallinfo2().hblkhd + mallinfo2().uordblks;
        gbn_pipeline *pipeline;
        size_t used;

        cr_assert(eq(int, gbn_pipeline_new(&options, &pipeline, &err), GBN_OK));
        used = mallinfo2().hblkhd + mallinfo2().uordblks - before;
        cr_assert(eq(sz, gbn_block_set_count(gbn_pipeline_blocks(pipeline)), blocks));
        cr_assert(all(ge(sz, used, blocks * (raw + out)),
                      lt(sz, used, blocks * (raw + out + 16384) + 65536)));
        gbn_pipeline_free(pipeline);
    }
}

static void
expect_failure(gbn_status status, const char *message)
{
    cr_assert(eq(str, err.message, (char *)message));
    cr_assert(eq(int, err.status, status));
    cr_assert(eq(int, plan.closed, plan.opened));
}

Test(pipeline, a_stage_that_fails_at_any_block_ends_the_run)
{
    char message[32];

    for (plan.stage_fails = 0; plan.stage_fails < 100; plan.stage_fails += 9) {
        plan.sunk[0] = plan.sunk[1] = 0;
        snprintf(message, sizeof message, "stage %d", plan.stage_fails);
        cr_assert(eq(int, run(1 + (unsigned)plan.stage_fails % 4), GBN_ERR_CODEC));
        expect_failure(GBN_ERR_CODEC, message);
        cr_assert(le(int, plan.sunk[0], plan.stage_fails));
    }
}

Test(pipeline, a_sink_that_fails_at_any_block_ends_the_run)
{
    char message[32];

    for (size_t index = 0; index < GBN_PIPELINE_SINKS; index++) {
        for (int at = 0; at < 100; at += 9) {
            begin();
            plan.sink_fails[index] = at;
            snprintf(message, sizeof message, "sink %zu block %d", index, at);
            cr_assert(eq(int, run(1 + (unsigned)at % 4), GBN_ERR_SYSTEM));
            expect_failure(GBN_ERR_SYSTEM, message);
            cr_assert(eq(int, err.errnum, ENOSPC));
            cr_assert(eq(int, plan.sunk[index], at));
        }
    }
}

Test(pipeline, a_source_that_fails_at_any_block_ends_the_run)
{
    char message[32];

    for (plan.source_fails = 0; plan.source_fails < 100; plan.source_fails += 9) {
        plan.sunk[0] = plan.sunk[1] = 0;
        snprintf(message, sizeof message, "source %d", plan.source_fails);
        cr_assert(eq(int, run(1 + (unsigned)plan.source_fails % 4), GBN_ERR_SYSTEM));
        expect_failure(GBN_ERR_SYSTEM, message);
    }
}

Test(pipeline, a_worker_that_cannot_begin_ends_the_run)
{
    for (plan.open_fails = 0; plan.open_fails < 4; plan.open_fails++) {
        plan.opened = plan.closed = plan.sunk[0] = plan.sunk[1] = 0;
        cr_assert(eq(int, run(4), GBN_ERR_NOMEM));
        cr_assert(eq(int, plan.closed, plan.opened - 1));
    }
}

Test(pipeline, an_endless_source_ends_with_an_abort)
{
    plan.blocks = INT32_MAX;
    plan.sink_fails[1] = 1000;
    cr_assert(eq(int, run(8), GBN_ERR_SYSTEM));
    expect_failure(GBN_ERR_SYSTEM, "sink 1 block 1000");
}

Test(pipeline, one_that_was_aborted_before_it_ran_is_cancelled)
{
    gbn_pipeline *pipeline = new_pipeline(4);

    gbn_pipeline_abort(pipeline);
    cr_assert(eq(int, gbn_pipeline_run(pipeline, &err), GBN_ERR_CANCELLED));
    cr_assert(eq(str, err.message, "cancelled"));
    gbn_pipeline_free(pipeline);
}

static void *
abort_soon(void *pause)
{
    nanosleep(pause, NULL);
    gbn_pipeline_abort(plan.pipeline);
    return NULL;
}

Test(pipeline, an_abort_at_any_moment_ends_the_run_and_leaves_no_thread)
{
    const size_t threads = process_threads();

    plan.blocks = INT32_MAX;
    for (long i = 0; i < 200; i++) {
        struct timespec pause = {.tv_nsec = i * 10000};
        gbn_pipeline *pipeline;
        pthread_t thread;

        plan.opened = plan.closed = plan.sunk[0] = plan.sunk[1] = 0;
        pipeline = new_pipeline(1 + (unsigned)i % 8);
        pthread_create(&thread, NULL, abort_soon, &pause);
        cr_assert(eq(int, gbn_pipeline_run(pipeline, &err), GBN_ERR_CANCELLED));
        pthread_join(thread, NULL);
        gbn_pipeline_free(pipeline);
        cr_assert(eq(int, plan.closed, plan.opened));
    }
    cr_assert(process_has_threads(threads));
}

static gbn_status
bare_stage(void *context, void *worker, gbn_block *block, gbn_error *error)
{
    (void)context;
    (void)error;
    cr_assert(eq(ptr, worker, NULL));
    block->out_length = 2 * block->raw_length;
    memset(block->out, block->raw[0] ^ 0xff, block->out_length);
    return GBN_OK;
}

Test(pipeline, workers_without_a_state_and_a_single_sink_will_do)
{
    const gbn_pipeline_options options = {
        .workers = 2,
        .raw_size = RAW,
        .out_size = OUT,
        .source = source,
        .stage = bare_stage,
        .sinks = {first_sink},
    };
    gbn_pipeline *pipeline;

    cr_assert(eq(int, gbn_pipeline_new(&options, &pipeline, &err), GBN_OK));
    cr_assert(eq(int, gbn_pipeline_run(pipeline, &err), GBN_OK));
    cr_assert(eq(int, plan.sunk[0], 100));
    gbn_pipeline_free(pipeline);
}

Test(pipeline, memory_that_is_not_there_is_a_failure)
{
    const gbn_pipeline_options options = {.workers = 2, .raw_size = SIZE_MAX / 2};
    gbn_pipeline *pipeline;

    cr_assert(eq(int, gbn_pipeline_new(&options, &pipeline, &err), GBN_ERR_NOMEM));
    cr_assert(eq(ptr, pipeline, NULL));
}

/*
 * The writing side, on the job's own thread: for each range it finds the worker that has taken it and
 * empties that one's queue. Readers and writer go through the ranges each with a cursor of its
 * own, which is cheaper than a list of them: a large database has a great many.
 */
#include "gbn_dump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_dump_state.h"
#include "gbn_pipe.h"

/* ---- ranges ---- */

static bool
has_rows(const gbn_dump_table *table)
{
    return table->step > 0 ? table->blocks > 0 : table->copy != NULL;
}

bool
gbn_dump_next(const gbn_dump *dump, gbn_dump_cursor *cursor, gbn_dump_range *range)
{
    const gbn_dump_table *table;

    while (cursor->table < dump->options.table_count &&
           !has_rows(&dump->options.tables[cursor->table]))
        cursor->table++;
    if (cursor->table == dump->options.table_count)
        return false;
    table = &dump->options.tables[cursor->table];
    *range =
        (gbn_dump_range){.table = cursor->table, .from = cursor->block, .number = cursor->number++};
    range->last = table->step == 0 || table->blocks - range->from <= table->step;
    range->to = range->last ? table->blocks : range->from + table->step;
    cursor->block = range->last ? 0 : range->to;
    cursor->table += range->last;
    return true;
}

/* ---- writing ---- */

static gbn_status
write_bytes(gbn_dump *dump, const void *data, size_t length, gbn_error *err)
{
    gbn_status rc = gbn_pipe_write(dump->fd, data, length, &dump->stop, err);

    if (rc == GBN_OK)
        atomic_fetch_add_explicit(&dump->counters->raw, length, memory_order_relaxed);
    return rc;
}

static gbn_status
write_text(gbn_dump *dump, const char *text, gbn_error *err)
{
    return text == NULL ? GBN_OK : write_bytes(dump, text, strlen(text), err);
}

static gbn_dump_worker *
find_reader(gbn_dump *dump, uint64_t number)
{
    gbn_dump_worker *worker = NULL;

    pthread_mutex_lock(&dump->lock);
    dump->turn = number;
    pthread_cond_broadcast(&dump->moved);
    while (dump->next.number <= number && !gbn_cancel_raised(&dump->stop))
        pthread_cond_wait(&dump->moved, &dump->lock);
    if (dump->next.number > number)
        worker = dump->readers[number % dump->reader_count];
    pthread_mutex_unlock(&dump->lock);
    return worker;
}

static gbn_status
write_rows(gbn_dump *dump, const gbn_dump_range *range, gbn_block *block, gbn_error *err)
{
    gbn_dump_tally *tally = &dump->options.tallies[range->table];
    gbn_status rc = write_bytes(dump, block->raw, block->raw_length, err);

    if (rc < 0)
        return rc;
    atomic_fetch_add_explicit(&tally->rows, gbn_dump_end_of(block)->rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&tally->bytes, block->raw_length, memory_order_relaxed);
    return GBN_OK;
}

static gbn_status
write_range(gbn_dump *dump, const gbn_dump_range *range, gbn_error *err)
{
    gbn_dump_worker *worker = find_reader(dump, range->number);
    gbn_block *block;
    gbn_status rc = GBN_OK;
    bool last = worker == NULL;

    while (rc == GBN_OK && !last && gbn_queue_get(worker->full, &block) == GBN_OK) {
        last = gbn_dump_end_of(block)->last;
        rc = write_rows(dump, range, block, err);
        if (rc == GBN_OK)
            rc = gbn_queue_put(worker->empty, block);
    }
    if (gbn_cancel_raised(&dump->stop))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    return rc;
}

/* The ranges of one table; `range` is the first, then the first of the next. */
static gbn_status
write_table(gbn_dump *dump, size_t number, gbn_dump_cursor *cursor, gbn_dump_range *range,
            bool *more, gbn_error *err)
{
    const gbn_dump_table *table = &dump->options.tables[number];
    gbn_status rc = write_text(dump, table->before, err);

    while (rc == GBN_OK && *more && range->table == number) {
        rc = write_range(dump, range, err);
        *more = gbn_dump_next(dump, cursor, range);
    }
    if (rc == GBN_OK)
        rc = write_text(dump, table->after, err);
    atomic_fetch_add_explicit(&dump->counters->entries, 1, memory_order_relaxed);
    return rc;
}

static gbn_status
write_all(gbn_dump *dump, gbn_error *err)
{
    gbn_dump_cursor cursor = {.number = 0};
    gbn_dump_range range;
    bool more = gbn_dump_next(dump, &cursor, &range);
    gbn_status rc = GBN_OK;

    for (size_t i = 0; rc == GBN_OK && i < dump->options.table_count; i++)
        rc = write_table(dump, i, &cursor, &range, &more, err);
    return rc;
}

/* ---- the job ---- */

static void
abort_dump(void *context)
{
    gbn_dump *dump = context;

    gbn_cancel_raise(&dump->stop);
    for (size_t i = 0; i < dump->options.connection_count; i++) {
        gbn_queue_abort(dump->workers[i].full);
        gbn_queue_abort(dump->workers[i].empty);
    }
    pthread_mutex_lock(&dump->lock);
    pthread_cond_broadcast(&dump->moved);
    pthread_mutex_unlock(&dump->lock);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    gbn_dump *dump = context;
    gbn_error failure;
    gbn_status rc = GBN_OK;

    dump->counters = counters;
    if (gbn_cancel_raised(cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    for (size_t i = 0; rc == GBN_OK && i < dump->options.connection_count; i++)
        rc = gbn_pool_add(dump->pool, gbn_dump_read, &dump->workers[i], err);
    if (rc == GBN_OK && write_all(dump, &failure) < 0)
        gbn_pool_fail(dump->pool, &failure);
    return gbn_pool_join(dump->pool, err);
}

static void
release(void *context)
{
    gbn_dump *dump = context;

    for (size_t i = 0; dump->workers != NULL && i < dump->options.connection_count; i++) {
        gbn_queue_free(dump->workers[i].full);
        gbn_queue_free(dump->workers[i].empty);
        gbn_block_set_free(dump->workers[i].blocks);
        gbn_bytes_free(&dump->workers[i].sql);
    }
    free(dump->workers);
    free(dump->readers);
    gbn_pool_free(dump->pool);
    if (dump->fd >= 0)
        close(dump->fd);
    pthread_cond_destroy(&dump->moved);
    pthread_mutex_destroy(&dump->lock);
    free(dump);
}

static gbn_status
open_worker(gbn_dump *dump, gbn_dump_worker *worker, gbn_pg *pg, gbn_error *err)
{
    gbn_status rc;

    worker->dump = dump;
    worker->pg = pg;
    rc = gbn_block_set_new(GBN_DUMP_BLOCKS, GBN_DUMP_BLOCK, 0, sizeof(gbn_dump_end),
                           &worker->blocks, err);
    if (rc == GBN_OK)
        rc = gbn_queue_new(GBN_DUMP_BLOCKS, &worker->empty, err);
    if (rc == GBN_OK)
        rc = gbn_queue_new(GBN_DUMP_BLOCKS, &worker->full, err);
    for (size_t i = 0; rc == GBN_OK && i < GBN_DUMP_BLOCKS; i++)
        rc = gbn_queue_put(worker->empty, gbn_block_set_at(worker->blocks, i));
    return rc;
}

static gbn_status
open_all(gbn_dump *dump, gbn_error *err)
{
    const size_t count = dump->options.connection_count;
    gbn_status rc;

    /* Each waiting range holds a block at least, so no more can be ahead of the writer. */
    dump->reader_count = count * (GBN_DUMP_BLOCKS + 2);
    dump->readers = calloc(dump->reader_count, sizeof dump->readers[0]);
    dump->workers = calloc(count, sizeof dump->workers[0]);
    if (dump->readers == NULL || dump->workers == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a dump");
    rc = gbn_pool_new(count, abort_dump, dump, &dump->pool, err);
    for (size_t i = 0; rc == GBN_OK && i < count; i++)
        rc = open_worker(dump, &dump->workers[i], dump->options.connections[i], err);
    return rc == GBN_OK ? gbn_pipe_open_writer(dump->options.fd, &dump->fd, err) : rc;
}

gbn_status
gbn_dump_start(const gbn_dump_options *options, gbn_job **job, gbn_error *err)
{
    gbn_dump *dump = calloc(1, sizeof *dump);
    gbn_status rc;

    *job = NULL;
    if (dump == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a dump");
    dump->options = *options;
    dump->fd = -1;
    gbn_cancel_init(&dump->stop);
    pthread_mutex_init(&dump->lock, NULL);
    pthread_cond_init(&dump->moved, NULL);
    rc = open_all(dump, err);
    if (rc < 0) {
        release(dump);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = dump, .run = run, .abort = abort_dump, .release = release}, job,
        err);
}

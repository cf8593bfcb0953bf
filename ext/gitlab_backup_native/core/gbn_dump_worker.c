/*
 * The reading side, a thread for each connection. Nobody here may wait for one who could be waiting for
 * us: not for a lock, whose queue would end at our own keeper, and so NOWAIT, a savepoint to let locks
 * go by, and the keeper for what is left over; and of the writer only for a free block.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gbn_dump_state.h"

static const char LOCK_NOT_AVAILABLE[] = "55P03";

/* ---- which range ---- */

static bool
take_range(gbn_dump_worker *worker, gbn_dump_range *range)
{
    gbn_dump *dump = worker->dump;
    bool found;

    pthread_mutex_lock(&dump->lock);
    found = !gbn_cancel_raised(&dump->stop) && gbn_dump_next(dump, &dump->next, range);
    if (found)
        dump->readers[range->number % dump->reader_count] = worker;
    pthread_cond_broadcast(&dump->moved);
    pthread_mutex_unlock(&dump->lock);
    return found;
}

static gbn_status
wait_for_turn(gbn_dump *dump, uint64_t number, gbn_error *err)
{
    pthread_mutex_lock(&dump->lock);
    while (dump->turn != number && !gbn_cancel_raised(&dump->stop))
        pthread_cond_wait(&dump->moved, &dump->lock);
    pthread_mutex_unlock(&dump->lock);
    if (gbn_cancel_raised(&dump->stop))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    return GBN_OK;
}

static gbn_status
write_sql(gbn_dump_worker *worker, const gbn_dump_table *table, const gbn_dump_range *range,
          gbn_error *err)
{
    char where[128] = "";
    int length = 0;
    gbn_status rc;

    gbn_bytes_clear(&worker->sql);
    if (table->step == 0)
        return gbn_bytes_append(&worker->sql, table->copy, strlen(table->copy) + 1, err);
    /* Open at the end: rows the snapshot sees can only lie in blocks counted after it. */
    length = range->last ? snprintf(where, sizeof where,
                                    " WHERE ctid >= '(%" PRIu32 ",0)') TO STDOUT", range->from)
                         : snprintf(where, sizeof where,
                                    " WHERE ctid >= '(%" PRIu32 ",0)' AND ctid < '(%" PRIu32
                                    ",0)') TO STDOUT",
                                    range->from, range->to);
    rc = gbn_bytes_append(&worker->sql, "COPY (", 6, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&worker->sql, table->select, strlen(table->select), err);
    return rc == GBN_OK ? gbn_bytes_append(&worker->sql, where, (size_t)length + 1, err) : rc;
}

/* ---- the server ---- */

static gbn_status
refused(const gbn_dump_table *table, const gbn_pg_refusal *refusal, gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_SERVER, 0, "dump the table %s: %s", table->name, refusal->message);
}

/* A connection that is lost does not know at what. */
static gbn_status
named(gbn_status rc, const gbn_dump_table *table, gbn_error *err)
{
    gbn_error lost;

    if (rc != GBN_ERR_SERVER)
        return rc;
    lost = *err;
    return gbn_fail(err, rc, lost.errnum, "dump the table %s: %s", table->name, lost.message);
}

static gbn_status
execute(gbn_dump_worker *worker, gbn_pg *pg, const char *sql, const gbn_dump_table *table,
        gbn_error *err)
{
    gbn_pg_refusal refusal;
    const gbn_status rc = gbn_pg_execute(pg, sql, &worker->dump->stop, &refusal, err);

    return rc == GBN_SKIPPED ? refused(table, &refusal, err) : named(rc, table, err);
}

/*
 * A transaction keeps its locks, and planning a COPY takes more of them, on each index. So a connection
 * goes back to its savepoint between tables: it then has the locks of one at a time.
 */
static gbn_status
let_locks_go(gbn_dump_worker *worker, const gbn_dump_table *table, gbn_error *err)
{
    const char *sql = worker->saved ? "ROLLBACK TO SAVEPOINT no_lock" : "SAVEPOINT no_lock";

    worker->locked = 0;
    worker->saved = true;
    return execute(worker, worker->pg, sql, table, err);
}

/*
 * Whoever waits for an exclusive lock waits for the keeper, and we would wait behind them for
 * ever: the server sees no deadlock in that. The table is left to the keeper then.
 */
static gbn_status
leave_table(gbn_dump_worker *worker, const gbn_dump_range *range, const gbn_pg_refusal *refusal,
            gbn_error *err)
{
    const gbn_dump_table *table = &worker->dump->options.tables[range->table];

    if (strcmp(refusal->sqlstate, LOCK_NOT_AVAILABLE) != 0)
        return refused(table, refusal, err);
    worker->left = range->table + 1;
    return let_locks_go(worker, table, err);
}

static gbn_status
lock_table(gbn_dump_worker *worker, const gbn_dump_range *range, gbn_error *err)
{
    const gbn_dump_table *table = &worker->dump->options.tables[range->table];
    gbn_pg_refusal refusal;
    gbn_status rc;

    if (worker->locked == range->table + 1 || worker->left == range->table + 1)
        return GBN_OK;
    rc = let_locks_go(worker, table, err);
    if (rc < 0 || table->lock == NULL)
        return rc;
    rc = gbn_pg_execute(worker->pg, table->lock, &worker->dump->stop, &refusal, err);
    if (rc == GBN_OK)
        worker->locked = range->table + 1;
    return rc == GBN_SKIPPED ? leave_table(worker, range, &refusal, err) : named(rc, table, err);
}

/* ---- rows ---- */

static gbn_status
give_block(gbn_dump_worker *worker, bool last)
{
    gbn_block *block = worker->block;

    assert(block != NULL);
    worker->block = NULL;
    *gbn_dump_end_of(block) = (gbn_dump_end){.last = last, .rows = worker->rows};
    worker->rows = 0;
    return gbn_queue_put(worker->full, block);
}

static gbn_status
take_block(gbn_dump_worker *worker)
{
    gbn_status rc = gbn_queue_get(worker->empty, &worker->block);

    if (rc == GBN_OK)
        worker->block->raw_length = 0;
    return rc;
}

static gbn_status
keep(gbn_dump_worker *worker, const uint8_t *data, size_t length)
{
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && length > 0) {
        size_t room = GBN_DUMP_BLOCK - worker->block->raw_length;

        if (room == 0) {
            rc = give_block(worker, false);
            if (rc == GBN_OK)
                rc = take_block(worker);
            continue;
        }
        if (room > length)
            room = length;
        memcpy(worker->block->raw + worker->block->raw_length, data, room);
        worker->block->raw_length += room;
        data += room;
        length -= room;
    }
    return rc;
}

/* GBN_SKIPPED, before the first row, for a table that is left to the keeper. */
static gbn_status
copy_rows(gbn_dump_worker *worker, gbn_pg *pg, const gbn_dump_range *range, gbn_error *err)
{
    const gbn_dump_table *table = &worker->dump->options.tables[range->table];
    gbn_cancel *stop = &worker->dump->stop;
    gbn_pg_refusal refusal;
    const uint8_t *data;
    size_t length;
    gbn_status rc = gbn_pg_begin_rows(pg, (const char *)worker->sql.data, stop, &refusal, err);

    if (rc == GBN_SKIPPED && pg == worker->pg) {
        rc = leave_table(worker, range, &refusal, err);
        return rc == GBN_OK ? GBN_SKIPPED : rc;
    }
    while (rc == GBN_OK &&
           (rc = gbn_pg_next_rows(pg, &data, &length, stop, &refusal, err)) == GBN_OK) {
        worker->rows++;
        rc = keep(worker, data, length);
        if (rc < 0)
            return gbn_fail(err, rc, 0, "cancelled");
    }
    if (rc == GBN_SKIPPED)
        return refused(table, &refusal, err);
    return rc == GBN_END ? GBN_OK : named(rc, table, err);
}

/* By the keeper, who is one for all: in its turn. What it locks for that it does not keep. */
static gbn_status
copy_by_keeper(gbn_dump_worker *worker, const gbn_dump_range *range, gbn_error *err)
{
    const gbn_dump_table *table = &worker->dump->options.tables[range->table];
    gbn_pg *keeper = worker->dump->options.keeper;
    gbn_status rc = wait_for_turn(worker->dump, range->number, err);

    if (rc == GBN_OK)
        rc = execute(worker, keeper, "SAVEPOINT for_another", table, err);
    if (rc == GBN_OK)
        rc = copy_rows(worker, keeper, range, err);
    if (rc == GBN_OK)
        rc = execute(worker, keeper, "ROLLBACK TO SAVEPOINT for_another", table, err);
    return rc == GBN_OK ? execute(worker, keeper, "RELEASE SAVEPOINT for_another", table, err) : rc;
}

static gbn_status
read_range(gbn_dump_worker *worker, const gbn_dump_range *range, gbn_error *err)
{
    gbn_dump *dump = worker->dump;
    gbn_status rc = write_sql(worker, &dump->options.tables[range->table], range, err);

    if (rc == GBN_OK)
        rc = lock_table(worker, range, err);
    if (rc == GBN_OK && dump->options.tables[range->table].wide)
        rc = wait_for_turn(dump, range->number, err);
    if (rc == GBN_OK && take_block(worker) < 0)
        rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    if (rc == GBN_OK)
        rc = worker->left == range->table + 1 ? GBN_SKIPPED
                                              : copy_rows(worker, worker->pg, range, err);
    if (rc == GBN_SKIPPED)
        rc = copy_by_keeper(worker, range, err);
    if (rc == GBN_OK && give_block(worker, true) < 0)
        rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    return rc;
}

/* At the end, too: what comes behind the rows then waits for nobody who waits for us. */
gbn_status
gbn_dump_read(void *argument, gbn_error *err)
{
    gbn_dump_worker *worker = argument;
    gbn_dump_range range = {0};
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && take_range(worker, &range))
        rc = read_range(worker, &range, err);
    if (rc == GBN_OK && worker->saved && !gbn_cancel_raised(&worker->dump->stop))
        rc = let_locks_go(worker, &worker->dump->options.tables[range.table], err);
    return rc;
}

#ifndef GBN_DUMP_STATE_H
#define GBN_DUMP_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gbn_block.h"
#include "gbn_bytes.h"
#include "gbn_dump.h"
#include "gbn_pool.h"
#include "gbn_queue.h"

/*
 * What the files of the module dump share. Ranges have numbers; connections take them in order
 * (gbn_dump_worker.c) and fill blocks of their own, the job's thread empties these in order
 * (gbn_dump.c). A connection that is ahead runs out of blocks and waits; so nothing else bounds it,
 * and the one whose turn it is never waits for another.
 */
enum { GBN_DUMP_BLOCK = 256 * 1024, GBN_DUMP_BLOCKS = GBN_DUMP_AHEAD / GBN_DUMP_BLOCK };

/* Which range is next: the same sequence for those who read and for the one who writes. */
typedef struct gbn_dump_cursor {
    size_t table;
    uint32_t block; /* where in it the next range begins */
    uint64_t number;
} gbn_dump_cursor;

typedef struct gbn_dump_range {
    size_t table;
    uint32_t from, to; /* blocks; of a table that is read at once, 0 */
    bool last;         /* there is no other behind it in the table */
    uint64_t number;
} gbn_dump_range;

typedef struct gbn_dump gbn_dump;

typedef struct gbn_dump_worker {
    gbn_dump *dump;
    gbn_pg *pg;
    gbn_block_set *blocks;
    gbn_queue *empty, *full;
    bool saved;    /* it has a savepoint without locks to go back to */
    size_t locked; /* the table whose lock this connection has, + 1 */
    size_t left;   /* the last one that is left to the keeper, + 1 */
    gbn_bytes sql; /* of the range at hand */
    gbn_block *block;
    uint64_t rows; /* that begin in the block */
} gbn_dump_worker;

struct gbn_dump {
    gbn_dump_options options;
    int fd;
    gbn_dump_worker *workers;
    gbn_pool *pool;
    gbn_cancel stop; /* of all that waits for the server */
    gbn_job_counters *counters;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t moved;
    gbn_dump_cursor next;      /* range to be read */
    uint64_t turn;             /* number of the one that is written */
    gbn_dump_worker **readers; /* of range number n: readers[n % reader_count] */
    size_t reader_count;
};

/* A block's attachment. */
typedef struct gbn_dump_end {
    bool last;     /* its range ends with it */
    uint64_t rows; /* that begin in it */
} gbn_dump_end;

static inline gbn_dump_end *
gbn_dump_end_of(gbn_block *block)
{
    return block->attachment;
}

/* The next range, false when there is none. Threads: one at a time per cursor. */
bool gbn_dump_next(const gbn_dump *dump, gbn_dump_cursor *cursor, gbn_dump_range *range);

/* Read ranges until there are no more. A gbn_pool_task. */
gbn_status gbn_dump_read(void *worker, gbn_error *err);

#endif

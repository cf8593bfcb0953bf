#ifndef GBN_DUMP_H
#define GBN_DUMP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_pg.h"

/*
 * gbn_dump - the rows of many tables, read over several connections and written to a descriptor
 * in the order of the list, as one connection would: tables are cut into ranges of
 * blocks (TID range scans, PostgreSQL 14 on), and each connection copies the next range of all.
 *
 * The range whose turn it is goes through; what later ones deliver waits, GBN_DUMP_AHEAD bytes and a
 * row for each connection at most.
 */
enum { GBN_DUMP_AHEAD = 4 * 1024 * 1024 };

/* A table, or text alone: what has no rows. Strings end with NUL; NULL where there is none. */
typedef struct gbn_dump_table {
    const char *name;   /* for messages */
    const char *before; /* text in front of the rows, and behind them */
    const char *after;
    const char *copy;   /* a COPY of all rows; or, where `step` is not 0, */
    const char *select; /* a SELECT without WHERE */
    uint32_t blocks;    /* the table has */
    uint32_t step;      /* blocks in a range */
    const char *lock;   /* LOCK TABLE ... NOWAIT; the keeper has that lock already */
    bool wide;          /* rows of many MiB: one connection reads such, and only in its turn */
} gbn_dump_table;

/* What of a table was written so far. Any thread may read it. */
typedef struct gbn_dump_tally {
    atomic_uint_fast64_t rows, bytes; /* of COPY text */
} gbn_dump_tally;

typedef struct gbn_dump_options {
    gbn_pg *keeper; /* holds all locks; reads what others may not lock any more */
    gbn_pg *const *connections;
    size_t connection_count;
    const gbn_dump_table *tables;
    size_t table_count;
    gbn_dump_tally *tallies; /* zeroed, one for each table */
    int fd;                  /* duplicated */
} gbn_dump_options;

/*
 * Start the work. Connections are in transactions that see the same snapshot.
 *
 * The job counts bytes as raw, tables as entries. Whatever the server refuses ends it
 * (GBN_ERR_SERVER, naming the table).
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     nothing: all that `options` points to lives until gbn_job_finish. After a failure the
 *          connections can only be closed.
 */
gbn_status gbn_dump_start(const gbn_dump_options *options, gbn_job **job, gbn_error *err);

#endif

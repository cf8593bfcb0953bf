#ifndef GBN_PG_H
#define GBN_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"

/*
 * gbn_pg - a connection to a PostgreSQL server, on which statements run one by one. Whatever
 * it waits for, it looks at `cancel` 5 times a second; a statement that is called off is
 * ended on the server, too, which takes as long as TCP does if that machine is gone.
 *
 * Threads  one at a time.
 */
typedef struct gbn_pg gbn_pg;

/* Why the server refused a statement. Lent until the connection's next statement. */
typedef struct gbn_pg_refusal {
    char sqlstate[6];
    const char *message; /* its first line, and where in the rows it happened */
} gbn_pg_refusal;

/*
 * Connect. `keywords` and `values` are those of PQconnectdbParams, ended by NULL.
 *
 * Returns  GBN_OK; GBN_ERR_SERVER, GBN_ERR_CANCELLED, GBN_ERR_NOMEM.
 * Blocks   until the server answers, or connect_timeout among the keywords is over.
 */
gbn_status gbn_pg_open(const char *const *keywords, const char *const *values, gbn_cancel *cancel,
                       gbn_pg **pg, gbn_error *err);

/* Disconnect; `pg` may be NULL. */
void gbn_pg_close(gbn_pg *pg);

/* A setting the server reports, NULL when it does not. Lent until the next statement. */
const char *gbn_pg_parameter(const gbn_pg *pg, const char *name);

/*
 * Run one statement to its end; rows it returns are dropped.
 *
 * Returns  GBN_OK; GBN_SKIPPED when the server refused it, `refusal` says why; GBN_AGAIN when
 *          it waits for rows (gbn_pg_send_rows, then gbn_pg_end_rows). GBN_ERR_SERVER when the
 *          connection is lost, GBN_ERR_CANCELLED, GBN_ERR_NOMEM: then it can only be closed.
 */
gbn_status gbn_pg_execute(gbn_pg *pg, const char *sql, gbn_cancel *cancel, gbn_pg_refusal *refusal,
                          gbn_error *err);

/*
 * Begin a `COPY ... TO STDOUT`, whose rows gbn_pg_next_rows gives.
 *
 * Returns  GBN_OK; GBN_SKIPPED when the server refused it; failures as gbn_pg_execute.
 */
gbn_status gbn_pg_begin_rows(gbn_pg *pg, const char *sql, gbn_cancel *cancel,
                             gbn_pg_refusal *refusal, gbn_error *err);

/*
 * The next row with its newline, lent until the next call.
 *
 * Returns  GBN_OK; GBN_END behind the last, and the statement ended well; GBN_SKIPPED when the server
 *          broke it off, `refusal` says why; failures as gbn_pg_execute.
 * Blocks   until the server has a whole row.
 */
gbn_status gbn_pg_next_rows(gbn_pg *pg, const uint8_t **data, size_t *length, gbn_cancel *cancel,
                            gbn_pg_refusal *refusal, gbn_error *err);

/* Send rows of the COPY that waits, cut anywhere. Returns GBN_OK or a failure as above. */
gbn_status gbn_pg_send_rows(gbn_pg *pg, const uint8_t *data, size_t length, gbn_cancel *cancel,
                            gbn_error *err);

/*
 * End that COPY: `reason` of NULL keeps its rows, any other takes all of them back.
 *
 * Returns  as gbn_pg_execute, but never GBN_AGAIN.
 */
gbn_status gbn_pg_end_rows(gbn_pg *pg, const char *reason, gbn_cancel *cancel,
                           gbn_pg_refusal *refusal, gbn_error *err);

#endif

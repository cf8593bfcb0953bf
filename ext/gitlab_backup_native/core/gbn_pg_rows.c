/* The rows of a COPY TO STDOUT. libpq hands out whole rows, each in memory of its own. */
#include <poll.h>

#include "gbn_pg_state.h"

static void
free_row(gbn_pg *pg)
{
    PQfreemem(pg->row);
    pg->row = NULL;
}

gbn_status
gbn_pg_begin_rows(gbn_pg *pg, const char *sql, gbn_cancel *cancel, gbn_pg_refusal *refusal,
                  gbn_error *err)
{
    PGresult *result;
    gbn_status rc;

    if (PQsendQuery(pg->connection, sql) == 0)
        return gbn_pg_lost(pg, "send to the server", err);
    rc = gbn_pg_wait_for_result(pg, cancel, err);
    if (rc < 0)
        return rc;
    result = PQgetResult(pg->connection);
    if (result == NULL)
        return gbn_pg_lost(pg, "read from the server", err);
    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        rc = gbn_pg_keep_refusal(pg, result, refusal, err);
    else if (PQresultStatus(result) != PGRES_COPY_OUT)
        rc = gbn_fail(err, GBN_ERR_INVALID, 0, "the statement has no rows to copy");
    PQclear(result);
    if (rc == GBN_SKIPPED) {
        gbn_pg_refusal rest; /* the connection is to take another statement */
        const gbn_status end = gbn_pg_read_answer(pg, cancel, &rest, err);

        return end < 0 ? end : rc;
    }
    return rc;
}

gbn_status
gbn_pg_next_rows(gbn_pg *pg, const uint8_t **data, size_t *length, gbn_cancel *cancel,
                 gbn_pg_refusal *refusal, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    int got;

    free_row(pg);
    while (rc == GBN_OK && (got = PQgetCopyData(pg->connection, &pg->row, 1)) <= 0) {
        if (got == -2)
            return gbn_pg_lost(pg, "read rows", err);
        if (got == -1) {
            rc = gbn_pg_read_answer(pg, cancel, refusal, err);
            return rc == GBN_OK ? GBN_END : rc;
        }
        rc = gbn_pg_wait(pg, POLLIN, cancel, err);
        if (rc == GBN_OK && PQconsumeInput(pg->connection) == 0)
            rc = gbn_pg_lost(pg, "read from the server", err);
    }
    if (rc < 0)
        return rc;
    *data = (const uint8_t *)pg->row;
    *length = (size_t)got;
    return GBN_OK;
}

/*
 * libpq's asynchronous calls: nothing blocks but poll, and that for a moment. libpq buffers
 * whatever it is given, so rows are flushed piece by piece, or a slow server would have all
 * of them in our memory. Results come row by row for the same reason.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "gbn_pg_state.h"

/* End on the server what is called off here: it would not notice for as long as it works. */
static gbn_status
call_off(gbn_pg *pg, gbn_error *err)
{
    PGcancel *request = PQgetCancel(pg->connection);
    char ignored[256];

    if (request != NULL)
        PQcancel(request, ignored, sizeof ignored);
    PQfreeCancel(request);
    return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
}

gbn_status
gbn_pg_wait(gbn_pg *pg, short events, gbn_cancel *cancel, gbn_error *err)
{
    struct pollfd server = {.fd = PQsocket(pg->connection), .events = events};

    if (gbn_cancel_raised(cancel))
        return call_off(pg, err);
    if (server.fd < 0)
        return gbn_pg_lost(pg, "talk to the server", err);
    if (poll(&server, 1, GBN_PG_WAIT_MS) < 0 && errno != EINTR)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "wait for the server");
    return GBN_OK;
}

/* Reading meanwhile keeps a server from waiting for us that waits for room itself. */
static gbn_status
flush(gbn_pg *pg, gbn_cancel *cancel, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    int left;

    while (rc == GBN_OK && (left = PQflush(pg->connection)) != 0) {
        if (left < 0)
            return gbn_pg_lost(pg, "send to the server", err);
        rc = gbn_pg_wait(pg, POLLIN | POLLOUT, cancel, err);
        if (rc == GBN_OK && PQconsumeInput(pg->connection) == 0)
            rc = gbn_pg_lost(pg, "read from the server", err);
    }
    return rc;
}

gbn_status
gbn_pg_wait_for_result(gbn_pg *pg, gbn_cancel *cancel, gbn_error *err)
{
    gbn_status rc = flush(pg, cancel, err);

    while (rc == GBN_OK && PQisBusy(pg->connection)) {
        rc = gbn_pg_wait(pg, POLLIN, cancel, err);
        if (rc == GBN_OK && PQconsumeInput(pg->connection) == 0)
            rc = gbn_pg_lost(pg, "read from the server", err);
    }
    return rc;
}

static gbn_status
append_text(gbn_bytes *bytes, const char *before, const char *text, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (text != NULL)
        rc = gbn_bytes_append(bytes, before, strlen(before), err);
    return text == NULL || rc < 0 ? rc : gbn_bytes_append(bytes, text, strlen(text), err);
}

gbn_status
gbn_pg_keep_refusal(gbn_pg *pg, const PGresult *result, gbn_pg_refusal *refusal, gbn_error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    gbn_status rc;

    gbn_bytes_clear(&pg->message);
    rc = append_text(&pg->message, "", primary == NULL ? PQresultErrorMessage(result) : primary,
                     err);
    if (rc == GBN_OK)
        rc = append_text(&pg->message, ": ", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
                         err);
    if (rc == GBN_OK)
        rc = append_text(&pg->message, ": ", PQresultErrorField(result, PG_DIAG_CONTEXT), err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&pg->message, "", 1, err);
    memset(refusal->sqlstate, 0, sizeof refusal->sqlstate);
    if (state != NULL)
        memcpy(refusal->sqlstate, state, strnlen(state, sizeof refusal->sqlstate - 1));
    refusal->message = (const char *)pg->message.data;
    return rc < 0 ? rc : GBN_SKIPPED;
}

/* Rows nobody asked for: COPY ... TO stdout. */
static gbn_status
drop_rows(gbn_pg *pg, gbn_cancel *cancel, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    char *row;
    int length;

    while (rc == GBN_OK && (length = PQgetCopyData(pg->connection, &row, 1)) >= 0) {
        if (length > 0)
            PQfreemem(row);
        else
            rc = gbn_pg_wait(pg, POLLIN, cancel, err);
        if (length == 0 && rc == GBN_OK && PQconsumeInput(pg->connection) == 0)
            rc = gbn_pg_lost(pg, "read from the server", err);
    }
    return rc;
}

gbn_status
gbn_pg_read_answer(gbn_pg *pg, gbn_cancel *cancel, gbn_pg_refusal *refusal, gbn_error *err)
{
    gbn_status answer = GBN_OK, rc;

    for (;;) {
        PGresult *result;
        ExecStatusType status;

        rc = gbn_pg_wait_for_result(pg, cancel, err);
        if (rc < 0)
            return rc;
        result = PQgetResult(pg->connection);
        if (result == NULL)
            break;
        status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR && answer == GBN_OK)
            answer = gbn_pg_keep_refusal(pg, result, refusal, err);
        PQclear(result);
        if (status == PGRES_COPY_IN)
            return GBN_AGAIN;
        if (status == PGRES_COPY_OUT)
            rc = drop_rows(pg, cancel, err);
        if (rc < 0)
            return rc;
    }
    if (PQstatus(pg->connection) == CONNECTION_BAD)
        return gbn_fail(err, GBN_ERR_SERVER, 0, "the connection is lost: %s",
                        answer == GBN_SKIPPED ? refusal->message : "the server closed it");
    return answer;
}

gbn_status
gbn_pg_execute(gbn_pg *pg, const char *sql, gbn_cancel *cancel, gbn_pg_refusal *refusal,
               gbn_error *err)
{
    if (PQsendQuery(pg->connection, sql) == 0)
        return gbn_pg_lost(pg, "send to the server", err);
    PQsetSingleRowMode(pg->connection);
    return gbn_pg_read_answer(pg, cancel, refusal, err);
}

gbn_status
gbn_pg_send_rows(gbn_pg *pg, const uint8_t *data, size_t length, gbn_cancel *cancel, gbn_error *err)
{
    enum { PIECE = 256 * 1024 };
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && length > 0) {
        int piece = length < PIECE ? (int)length : PIECE;

        if (PQputCopyData(pg->connection, (const char *)data, piece) != 1)
            return gbn_pg_lost(pg, "send rows to the server", err);
        rc = flush(pg, cancel, err);
        data += piece;
        length -= (size_t)piece;
    }
    return rc;
}

gbn_status
gbn_pg_end_rows(gbn_pg *pg, const char *reason, gbn_cancel *cancel, gbn_pg_refusal *refusal,
                gbn_error *err)
{
    gbn_status rc = flush(pg, cancel, err);

    if (rc < 0)
        return rc;
    if (PQputCopyEnd(pg->connection, reason) != 1)
        return gbn_pg_lost(pg, "end the rows", err);
    rc = gbn_pg_read_answer(pg, cancel, refusal, err);
    return rc == GBN_AGAIN ? gbn_fail(err, GBN_ERR_SERVER, 0, "the server wants rows again") : rc;
}

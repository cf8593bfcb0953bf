/*
 * A connection from its first byte to its last. libpq would wait for an answer by itself, and could
 * not be called off meanwhile.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gbn_pg_state.h"

gbn_status
gbn_pg_lost(const gbn_pg *pg, const char *doing, gbn_error *err)
{
    const char *message = PQerrorMessage(pg->connection);
    int length = (int)strcspn(message, "\n");

    return gbn_fail(err, GBN_ERR_SERVER, 0, "%s: %.*s", doing, length, message);
}

static void
drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

static time_t
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* libpq heeds connect_timeout only where it waits itself. */
static time_t
timeout_of(const char *const *keywords, const char *const *values)
{
    for (size_t i = 0; keywords[i] != NULL; i++)
        if (strcmp(keywords[i], "connect_timeout") == 0)
            return (time_t)strtol(values[i], NULL, 10);
    return 0;
}

static gbn_status
connect_to(gbn_pg *pg, time_t timeout, gbn_cancel *cancel, gbn_error *err)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    const time_t began = seconds();
    gbn_status rc;

    if (PQstatus(pg->connection) == CONNECTION_BAD)
        return gbn_pg_lost(pg, "connect", err);
    while (state != PGRES_POLLING_OK) {
        struct pollfd server = {.fd = PQsocket(pg->connection), .events = POLLIN};

        if (gbn_cancel_raised(cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        if (state == PGRES_POLLING_WRITING)
            server.events = POLLOUT;
        if (poll(&server, 1, GBN_PG_WAIT_MS) > 0)
            state = PQconnectPoll(pg->connection);
        if (state == PGRES_POLLING_FAILED)
            return gbn_pg_lost(pg, "connect", err);
        if (state != PGRES_POLLING_OK && timeout > 0 && seconds() - began > timeout)
            return gbn_fail(err, GBN_ERR_SERVER, 0, "connect: no answer within %ld seconds",
                            (long)timeout);
    }
    PQsetNoticeReceiver(pg->connection, drop_notice, NULL);
    rc = PQsetnonblocking(pg->connection, 1) == 0 ? GBN_OK : gbn_pg_lost(pg, "connect", err);
    return rc;
}

gbn_status
gbn_pg_open(const char *const *keywords, const char *const *values, gbn_cancel *cancel,
            gbn_pg **result, gbn_error *err)
{
    gbn_pg *pg = calloc(1, sizeof *pg);
    gbn_status rc;

    *result = NULL;
    if (pg == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    pg->connection = PQconnectStartParams(keywords, values, 0);
    if (pg->connection == NULL)
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    else
        rc = connect_to(pg, timeout_of(keywords, values), cancel, err);
    if (rc < 0) {
        gbn_pg_close(pg);
        return rc;
    }
    *result = pg;
    return GBN_OK;
}

void
gbn_pg_close(gbn_pg *pg)
{
    if (pg == NULL)
        return;
    PQfreemem(pg->row);
    PQfinish(pg->connection);
    gbn_bytes_free(&pg->message);
    free(pg);
}

const char *
gbn_pg_parameter(const gbn_pg *pg, const char *name)
{
    return PQparameterStatus(pg->connection, name);
}

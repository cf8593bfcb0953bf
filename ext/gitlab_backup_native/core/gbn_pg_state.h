#ifndef GBN_PG_STATE_H
#define GBN_PG_STATE_H

#include <libpq-fe.h>

#include "gbn_bytes.h"
#include "gbn_pg.h"

/* What gbn_pg.c, gbn_pg_connect.c and gbn_pg_rows.c share; for these alone. */
enum { GBN_PG_WAIT_MS = 200 };

struct gbn_pg {
    PGconn *connection;
    gbn_bytes message; /* of the last refusal */
    char *row;         /* the one that is lent */
};

/* GBN_ERR_SERVER: what was being done, and libpq's reason. */
gbn_status gbn_pg_lost(const gbn_pg *pg, const char *doing, gbn_error *err);

/* Wait until the server is ready for `events`, or a moment. */
gbn_status gbn_pg_wait(gbn_pg *pg, short events, gbn_cancel *cancel, gbn_error *err);

/* Wait until PQgetResult has something to give. */
gbn_status gbn_pg_wait_for_result(gbn_pg *pg, gbn_cancel *cancel, gbn_error *err);

/* All that is left of the answer to a statement; the first refusal is the one to tell. */
gbn_status gbn_pg_read_answer(gbn_pg *pg, gbn_cancel *cancel, gbn_pg_refusal *refusal,
                              gbn_error *err);

/* Keep why the server refused. Returns GBN_SKIPPED, GBN_ERR_NOMEM. */
gbn_status gbn_pg_keep_refusal(gbn_pg *pg, const PGresult *result, gbn_pg_refusal *refusal,
                               gbn_error *err);

#endif

#ifndef GBN_PG_STATE_H
#define GBN_PG_STATE_H

#include <libpq-fe.h>

#include "gbn_bytes.h"
#include "gbn_pg.h"

/* What gbn_pg.c and gbn_pg_connect.c share; for these two alone. */
enum { GBN_PG_WAIT_MS = 200 };

struct gbn_pg {
    PGconn *connection;
    gbn_bytes message; /* of the last refusal */
};

/* GBN_ERR_SERVER: what was being done, and libpq's reason. */
gbn_status gbn_pg_lost(const gbn_pg *pg, const char *doing, gbn_error *err);

#endif

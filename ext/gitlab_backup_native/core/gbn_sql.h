#ifndef GBN_SQL_H
#define GBN_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_sql - the text of a plain dump, taken apart into statements and the rows of COPY, as
 * psql would, but for what psql adds to SQL: its variables are left alone, its commands refused.
 *
 * Text goes in as it comes, in pieces cut anywhere. One piece of text is one dump: it has to
 * end with pg_dump's last line.
 */
typedef struct gbn_sql gbn_sql;

typedef enum gbn_sql_kind {
    GBN_SQL_STATEMENT, /* with its semicolon, without comments before it */
    GBN_SQL_COPY,      /* likewise: the rows of this statement follow */
    GBN_SQL_DATA,      /* rows, cut anywhere, without the line that ends them */
    GBN_SQL_COPY_END
} gbn_sql_kind;

/* `data` is lent until the next call; behind a statement stands a NUL that does not count. */
typedef struct gbn_sql_event {
    gbn_sql_kind kind;
    const uint8_t *data;
    size_t length;
    uint64_t line; /* in which it begins; the first one is 1 */
    uint64_t from,
        to; /* bytes of the text: a statement with its semicolon; up to the line behind the rows */
    uint64_t rows; /* of a COPY that ends */
} gbn_sql_event;

/* PostgreSQL takes no longer statement. */
enum { GBN_SQL_STATEMENT_MAX = 1024 * 1024 * 1024 - 1 };

/*
 * Make a splitter for one text, of whose statements none is longer than `limit` bytes.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM.
 */
gbn_status gbn_sql_new(size_t limit, gbn_sql **sql, gbn_error *err);
void gbn_sql_free(gbn_sql *sql);

/*
 * Go on in the text at `*data`, and move both arguments past what was taken.
 *
 * Returns  GBN_OK with the next event; GBN_AGAIN when all is taken and no event is complete;
 *          GBN_ERR_FORMAT for text that is no dump's, GBN_ERR_LIMIT, GBN_ERR_NOMEM: then it is
 *          not to be called again.
 * Owns     the text has to stay until the next call, as an event may point into it.
 */
gbn_status gbn_sql_next(gbn_sql *sql, const uint8_t **data, size_t *length, gbn_sql_event *event,
                        gbn_error *err);

/*
 * Say, before anything else, that the text is a part of a dump which begins in `line`: it may end behind
 * any statement.
 */
void gbn_sql_set_part(gbn_sql *sql, uint64_t line);

/*
 * Say that the text is over.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT if it ends amid something, or is not complete.
 */
gbn_status gbn_sql_finish(gbn_sql *sql, gbn_error *err);

/*
 * Say what the server's standard_conforming_strings is from now on. Without that, the text's
 * own SET statements tell.
 */
void gbn_sql_set_standard_strings(gbn_sql *sql, bool on);

/*
 * Is text of this encoding safe to take apart byte by byte? In those that only clients may
 * use the second byte of a character can be a quote or a backslash.
 */
bool gbn_sql_is_safe_encoding(const char *name, size_t length);

#endif

#ifndef GBN_SQL_SCAN_H
#define GBN_SQL_SCAN_H

#include "gbn_sql_state.h"

/* The functions of the states, for gbn_sql*.c alone. */

/* Take bytes from `data` on. Returns where the rest begins. */
typedef const uint8_t *gbn_sql_scanner(gbn_sql *sql, const uint8_t *data, const uint8_t *end);

extern gbn_sql_scanner *const gbn_sql_scanners[GBN_SQL_STATES];

/* gbn_sql.c */
uint64_t gbn_sql_offset(const gbn_sql *sql, const uint8_t *data);
const uint8_t *gbn_sql_scan_start(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_command(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_end_statement(gbn_sql *sql, const uint8_t *end);
const uint8_t *gbn_sql_end_comment(gbn_sql *sql, const uint8_t *end);
const uint8_t *gbn_sql_refuse(gbn_sql *sql, const uint8_t *data, const char *what);

/* gbn_sql_quote.c */
const uint8_t *gbn_sql_scan_literal(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_escape(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_gap(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_identifier(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_tag(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_dollar(gbn_sql *sql, const uint8_t *data, const uint8_t *end);

/* gbn_sql_copy.c */
const uint8_t *gbn_sql_scan_before_rows(gbn_sql *sql, const uint8_t *data, const uint8_t *end);
const uint8_t *gbn_sql_scan_rows(gbn_sql *sql, const uint8_t *data, const uint8_t *end);

/* gbn_sql_words.c */
void gbn_sql_end_word(gbn_sql *sql);
void gbn_sql_other_token(gbn_sql *sql);
gbn_status gbn_sql_apply_set(gbn_sql *sql);

/* Begin a token, or another part of one, with the byte at `data`. */
static inline const uint8_t *
gbn_sql_enter(gbn_sql *sql, const uint8_t *data, gbn_sql_state state)
{
    sql->bare = false;
    sql->state = state;
    return data + 1;
}

static inline bool
gbn_sql_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
gbn_sql_is_word_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static inline bool
gbn_sql_is_word(uint8_t c)
{
    return gbn_sql_is_word_start(c) || (c >= '0' && c <= '9');
}

#endif

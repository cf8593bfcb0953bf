/* The states within quotes of all kinds; see gbn_sql.c. */
#include "gbn_sql_scan.h"

const uint8_t *
gbn_sql_scan_literal(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    bool escapes = sql->literal == GBN_SQL_ESCAPED ||
                   (sql->literal == GBN_SQL_PLAIN && !sql->standard_strings);

    for (; data < end; data++) {
        if (*data == '\n')
            sql->line++;
        else if (*data == '\'') {
            sql->gap_begins = true;
            sql->gap_newline = false;
            sql->state = GBN_SQL_GAP;
            return data + 1;
        } else if (*data == '\\' && escapes) {
            sql->state = GBN_SQL_ESCAPE;
            return data + 1;
        } else if (*data == '\0')
            return gbn_sql_refuse(sql, data, "a zero byte in a statement");
    }
    return end;
}

const uint8_t *
gbn_sql_scan_escape(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    (void)end;
    if (*data == '\0')
        return gbn_sql_refuse(sql, data, "a zero byte in a statement");
    sql->line += *data == '\n';
    sql->state = GBN_SQL_LITERAL;
    return data + 1;
}

/* A doubled quote, or another piece of the literal in a later line, goes on as it began. */
const uint8_t *
gbn_sql_scan_gap(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && gbn_sql_is_space(*data); data++) {
        sql->line += *data == '\n';
        sql->gap_newline |= *data == '\n' || *data == '\r';
        sql->gap_begins = false;
    }
    if (data == end)
        return end;
    if (*data == '\'' && (sql->gap_begins || sql->gap_newline))
        return gbn_sql_enter(sql, data, GBN_SQL_LITERAL);
    if (*data == '-') {
        sql->comment_returns_to = GBN_SQL_GAP;
        sql->gap_begins = false;
        sql->state = GBN_SQL_DASH;
        return data + 1;
    }
    sql->state = GBN_SQL_TEXT;
    return data;
}

/* A doubled quote ends one and begins another, which makes no difference. */
const uint8_t *
gbn_sql_scan_identifier(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && *data != '"'; data++) {
        if (*data == '\0')
            return gbn_sql_refuse(sql, data, "a zero byte in a statement");
        sql->line += *data == '\n';
    }
    if (data == end)
        return end;
    return gbn_sql_enter(sql, data, GBN_SQL_TEXT);
}

/* A dollar and a word without a second dollar are just that. */
const uint8_t *
gbn_sql_scan_tag(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && sql->failure == GBN_OK; data++) {
        bool first = sql->tag.length == 1;

        if (*data != '$' && !(first ? gbn_sql_is_word_start(*data) : gbn_sql_is_word(*data)))
            break;
        sql->failure = gbn_bytes_append(&sql->tag, data, 1, sql->err);
        if (*data == '$') {
            sql->matched = 0;
            sql->state = GBN_SQL_DOLLAR;
            return data + 1;
        }
    }
    if (data == end || sql->failure < 0)
        return data;
    sql->state = GBN_SQL_TEXT;
    if (sql->tag.length == 2) { /* it may be the E of E'' */
        sql->word_length = 1;
        sql->word[0] = (char)(sql->tag.data[1] | 0x20);
        sql->state = GBN_SQL_WORD;
    }
    return data;
}

/* Only its first and its last byte are dollars: behind a mismatch nothing is matched, or one. */
const uint8_t *
gbn_sql_scan_dollar(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end; data++) {
        if (*data == '\0')
            return gbn_sql_refuse(sql, data, "a zero byte in a statement");
        sql->line += *data == '\n';
        if (*data != sql->tag.data[sql->matched])
            sql->matched = *data == '$';
        else if (++sql->matched == sql->tag.length)
            return gbn_sql_enter(sql, data, GBN_SQL_TEXT);
    }
    return end;
}

/* The states of a statement, one function each; see gbn_sql.c. */
#include "gbn_sql_scan.h"

static const uint8_t *
enter_literal(gbn_sql *sql, const uint8_t *data, gbn_sql_literal literal)
{
    gbn_sql_other_token(sql);
    sql->literal = literal;
    return gbn_sql_enter(sql, data, GBN_SQL_LITERAL);
}

static const uint8_t *
enter_tag(gbn_sql *sql, const uint8_t *data)
{
    gbn_sql_other_token(sql);
    gbn_bytes_clear(&sql->tag);
    sql->failure = gbn_bytes_append(&sql->tag, data, 1, sql->err);
    return gbn_sql_enter(sql, data, GBN_SQL_TAG);
}

/* Punctuation that stands for itself. */
static const uint8_t *
take_mark(gbn_sql *sql, const uint8_t *data)
{
    if (*data == ';' && sql->tokens.parens == 0 && sql->tokens.sql_body == 0)
        return gbn_sql_end_statement(sql, data + 1);
    sql->bare = false;
    gbn_sql_other_token(sql);
    if (*data == '.')
        sql->tokens.after_dot = true;
    else if (*data == '(')
        sql->tokens.parens++;
    else if (*data == ')' && sql->tokens.parens > 0)
        sql->tokens.parens--;
    return data + 1;
}

static const uint8_t *
scan_text(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && gbn_sql_is_space(*data); data++)
        sql->line += *data == '\n';
    if (data == end)
        return end;
    if (gbn_sql_is_word_start(*data)) {
        sql->word_length = 0;
        gbn_sql_enter(sql, data, GBN_SQL_WORD);
        return data;
    }
    switch (*data) {
    case '\'':
        return enter_literal(sql, data, GBN_SQL_PLAIN);
    case '"':
        gbn_sql_other_token(sql);
        return gbn_sql_enter(sql, data, GBN_SQL_IDENTIFIER);
    case '$':
        return enter_tag(sql, data);
    case '-':
    case '/':
        sql->comment_returns_to = GBN_SQL_TEXT;
        sql->state = *data == '-' ? GBN_SQL_DASH : GBN_SQL_SLASH;
        return data + 1;
    case '\\':
        return gbn_sql_refuse(sql, data, "a backslash outside of quotes: a command for psql");
    case '\0':
        return gbn_sql_refuse(sql, data, "a zero byte in a statement");
    default:
        return take_mark(sql, data);
    }
}

static const uint8_t *
scan_word(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    char first = '\0';

    for (; data < end && (gbn_sql_is_word(*data) || *data == '$'); data++) {
        if (sql->word_length < GBN_SQL_WORD_MAX)
            sql->word[sql->word_length] =
                (char)(*data >= 'A' && *data <= 'Z' ? *data + ('a' - 'A') : *data);
        sql->word_length++;
    }
    if (data == end)
        return end;
    sql->state = GBN_SQL_TEXT;
    if (sql->word_length == 1)
        first = sql->word[0];
    if (*data == '\'' && first == 'e')
        return enter_literal(sql, data, GBN_SQL_ESCAPED);
    if (*data == '\'' && (first == 'b' || first == 'x'))
        return enter_literal(sql, data, GBN_SQL_RAW);
    gbn_sql_end_word(sql);
    if (*data == '&' && first == 'u')
        return gbn_sql_enter(sql, data, GBN_SQL_UNICODE);
    return data;
}

static const uint8_t *
scan_unicode(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    (void)end;
    if (*data == '\'')
        return enter_literal(sql, data, GBN_SQL_RAW);
    gbn_sql_other_token(sql);
    sql->state = GBN_SQL_TEXT;
    return data;
}

/* A byte that might have begun a comment did not. */
static const uint8_t *
take_operator(gbn_sql *sql, const uint8_t *data)
{
    sql->bare = false;
    gbn_sql_other_token(sql);
    sql->state = GBN_SQL_TEXT;
    return data;
}

static const uint8_t *
scan_dash(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    (void)end;
    if (*data != '-')
        return take_operator(sql, data);
    sql->state = GBN_SQL_LINE_COMMENT;
    return data + 1;
}

static const uint8_t *
scan_slash(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    (void)end;
    if (*data != '*')
        return take_operator(sql, data);
    sql->state = GBN_SQL_COMMENT;
    sql->nested = 1;
    sql->previous = 0;
    return data + 1;
}

/* The end of the line is not the comment's: it may matter to what the comment stands in. */
static const uint8_t *
scan_line_comment(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    while (data < end && *data != '\n' && *data != '\r')
        data++;
    if (data == end)
        return end;
    sql->state = sql->comment_returns_to;
    return sql->bare ? gbn_sql_end_comment(sql, data) : data;
}

/* A byte is half of one delimiter only: in the middle of a slash, a star and a slash nothing ends. */
static const uint8_t *
scan_comment(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && sql->nested > 0; data++) {
        bool opens = sql->previous == '/' && *data == '*';
        bool closes = sql->previous == '*' && *data == '/';

        sql->nested += opens;
        sql->nested -= closes;
        sql->line += *data == '\n';
        sql->previous = opens || closes ? 0 : *data;
    }
    if (sql->nested > 0)
        return end;
    sql->state = sql->comment_returns_to;
    return sql->bare ? gbn_sql_end_comment(sql, data) : data;
}

gbn_sql_scanner *const gbn_sql_scanners[GBN_SQL_STATES] = {
    [GBN_SQL_START] = gbn_sql_scan_start,
    [GBN_SQL_COMMAND] = gbn_sql_scan_command,
    [GBN_SQL_TEXT] = scan_text,
    [GBN_SQL_WORD] = scan_word,
    [GBN_SQL_UNICODE] = scan_unicode,
    [GBN_SQL_DASH] = scan_dash,
    [GBN_SQL_SLASH] = scan_slash,
    [GBN_SQL_LINE_COMMENT] = scan_line_comment,
    [GBN_SQL_COMMENT] = scan_comment,
    [GBN_SQL_LITERAL] = gbn_sql_scan_literal,
    [GBN_SQL_ESCAPE] = gbn_sql_scan_escape,
    [GBN_SQL_GAP] = gbn_sql_scan_gap,
    [GBN_SQL_IDENTIFIER] = gbn_sql_scan_identifier,
    [GBN_SQL_TAG] = gbn_sql_scan_tag,
    [GBN_SQL_DOLLAR] = gbn_sql_scan_dollar,
    [GBN_SQL_BEFORE_ROWS] = gbn_sql_scan_before_rows,
    [GBN_SQL_ROWS] = gbn_sql_scan_rows,
};

/*
 * A machine of one state a byte, whose states take runs of bytes where they can. What of a
 * statement lies in the piece at hand is only marked; it is copied when the piece or the
 * statement ends. A comment before a statement is taken for its beginning until something
 * else follows, and then dropped: so one rule serves for both places.
 *
 * The rules of the tokens are those of the reference on pg_dump, section 8.1.
 */
#include "gbn_sql.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_bytes.h"
#include "gbn_sql_scan.h"

static const char TRAILER[] = "-- PostgreSQL database dump complete";
enum { SHOWN = 40 }; /* bytes of a refused command */

gbn_status
gbn_sql_new(size_t limit, gbn_sql **result, gbn_error *err)
{
    gbn_sql *sql = calloc(1, sizeof *sql);

    *result = sql;
    if (sql == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a splitter of SQL");
    sql->limit = limit;
    sql->line = 1;
    sql->line_start = true;
    sql->standard_strings = true;
    return GBN_OK;
}

void
gbn_sql_free(gbn_sql *sql)
{
    if (sql == NULL)
        return;
    gbn_bytes_free(&sql->statement);
    gbn_bytes_free(&sql->tag);
    free(sql);
}

void
gbn_sql_set_standard_strings(gbn_sql *sql, bool on)
{
    sql->standard_strings = on;
}

void
gbn_sql_set_part(gbn_sql *sql, uint64_t line)
{
    sql->part = true;
    sql->line = line;
}

uint64_t
gbn_sql_offset(const gbn_sql *sql, const uint8_t *data)
{
    return sql->offset + (uint64_t)(data - sql->piece);
}

/* Move what is marked of the statement to the rest of it. */
static gbn_status
gather(gbn_sql *sql, const uint8_t *end)
{
    const uint8_t *from = sql->mark;
    size_t length;

    sql->mark = NULL;
    if (from == NULL)
        return GBN_OK;
    length = (size_t)(end - from);
    if (length > sql->limit - sql->statement.length)
        return gbn_fail(sql->err, GBN_ERR_LIMIT, 0,
                        "read SQL: the statement in line %llu has more than %zu bytes",
                        (unsigned long long)sql->began, sql->limit);
    return gbn_bytes_append(&sql->statement, from, length, sql->err);
}

static const uint8_t *
fail(gbn_sql *sql, const uint8_t *data, gbn_status status)
{
    sql->failure = status;
    return data;
}

const uint8_t *
gbn_sql_refuse(gbn_sql *sql, const uint8_t *data, const char *what)
{
    return fail(sql, data,
                gbn_fail(sql->err, GBN_ERR_FORMAT, 0, "read SQL: line %llu: %s",
                         (unsigned long long)sql->line, what));
}

static void
begin_statement(gbn_sql *sql, const uint8_t *data, gbn_sql_state state)
{
    sql->state = state;
    sql->mark = data;
    sql->from = gbn_sql_offset(sql, data);
    sql->began = sql->line;
    sql->bare = true;
    sql->line_start = false;
    sql->tokens = (gbn_sql_tokens){0};
}

static void
end_text(gbn_sql *sql)
{
    gbn_bytes_clear(&sql->statement);
    sql->mark = NULL;
    sql->state = GBN_SQL_START;
}

const uint8_t *
gbn_sql_scan_start(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && (gbn_sql_is_space(*data) || *data == ';'); data++) {
        sql->line_start = *data == '\n';
        sql->line += sql->line_start;
    }
    if (data < end) {
        bool command = *data == '\\' && sql->line_start;

        begin_statement(sql, data, command ? GBN_SQL_COMMAND : GBN_SQL_TEXT);
    }
    return data;
}

/* "\restrict KEY" or "\unrestrict KEY", and nothing else: psql takes several in a line. */
static bool
is_restriction(const uint8_t *text, size_t length)
{
    static const char *const NAMES[] = {"\\restrict ", "\\unrestrict "};
    size_t at = 0;

    for (size_t i = 0; i < 2; i++)
        if (length > strlen(NAMES[i]) && memcmp(text, NAMES[i], strlen(NAMES[i])) == 0)
            at = strlen(NAMES[i]);
    while (length > at && (text[length - 1] == '\r' || text[length - 1] == '\n'))
        length--;
    if (at == 0 || at == length)
        return false;
    while (at < length && gbn_sql_is_word(text[at]) && text[at] < 0x80)
        at++;
    return at == length;
}

/* The line is in `statement`. */
static gbn_status
judge_command(gbn_sql *sql)
{
    char shown[SHOWN + 1] = {0};
    size_t length = sql->statement.length < SHOWN ? sql->statement.length : SHOWN;

    if (is_restriction(sql->statement.data, sql->statement.length))
        return GBN_OK;
    for (size_t i = 0; i < length && sql->statement.data[i] != '\n'; i++) {
        char c = (char)sql->statement.data[i];

        shown[i] = c;
        if (c < ' ' || c > '~')
            shown[i] = '?';
    }
    return gbn_fail(sql->err, GBN_ERR_FORMAT, 0, "read SQL: line %llu: a command for psql: %s",
                    (unsigned long long)sql->began, shown);
}

const uint8_t *
gbn_sql_scan_command(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
    gbn_status rc;

    if (newline == NULL)
        return end;
    rc = gather(sql, newline);
    if (rc == GBN_OK)
        rc = judge_command(sql);
    end_text(sql);
    return rc < 0 ? fail(sql, newline, rc) : newline;
}

/* A comment at the place of a statement has ended just before `end`. */
const uint8_t *
gbn_sql_end_comment(gbn_sql *sql, const uint8_t *end)
{
    gbn_status rc = gather(sql, end);

    if (rc < 0)
        return fail(sql, end, rc);
    if (sql->statement.length == strlen(TRAILER) &&
        memcmp(sql->statement.data, TRAILER, strlen(TRAILER)) == 0)
        sql->complete = true;
    end_text(sql);
    return end;
}

/* `end` is behind the semicolon. */
const uint8_t *
gbn_sql_end_statement(gbn_sql *sql, const uint8_t *end)
{
    gbn_status rc = gather(sql, end);

    if (rc == GBN_OK)
        rc = gbn_bytes_append(&sql->statement, "", 1, sql->err);
    if (rc < 0)
        return fail(sql, end, rc);
    sql->statement.length--;
    sql->event = (gbn_sql_event){.kind = GBN_SQL_STATEMENT,
                                 .data = sql->statement.data,
                                 .length = sql->statement.length,
                                 .line = sql->began,
                                 .from = sql->from,
                                 .to = gbn_sql_offset(sql, end)};
    sql->has_event = sql->spent = true;
    sql->complete = false;
    sql->state = GBN_SQL_START;
    if (sql->tokens.is_copy_in) {
        sql->event.kind = GBN_SQL_COPY;
        sql->state = GBN_SQL_BEFORE_ROWS;
    }
    rc = sql->tokens.is_set ? gbn_sql_apply_set(sql) : GBN_OK;
    return rc < 0 ? fail(sql, end, rc) : end;
}

gbn_status
gbn_sql_next(gbn_sql *sql, const uint8_t **data, size_t *length, gbn_sql_event *event,
             gbn_error *err)
{
    const uint8_t *at = *data, *end = at + *length;
    gbn_status rc;

    sql->err = err;
    sql->piece = at;
    sql->has_event = false;
    if (sql->spent)
        gbn_bytes_clear(&sql->statement);
    sql->spent = false;
    if (sql->state != GBN_SQL_START && sql->state < GBN_SQL_BEFORE_ROWS)
        sql->mark = at;
    while (at < end && !sql->has_event && sql->failure == GBN_OK)
        at = gbn_sql_scanners[sql->state](sql, at, end);
    if (sql->failure < 0)
        return sql->failure;
    rc = gather(sql, end);
    sql->offset = gbn_sql_offset(sql, at);
    *length = (size_t)(end - at);
    *data = at;
    if (rc < 0)
        return sql->failure = rc;
    *event = sql->event;
    return sql->has_event ? GBN_OK : GBN_AGAIN;
}

/* A last line may lack its newline. */
static gbn_status
end_last_line(gbn_sql *sql)
{
    if (sql->state == GBN_SQL_LINE_COMMENT && sql->bare)
        gbn_sql_end_comment(sql, NULL);
    else if (sql->state == GBN_SQL_COMMAND) {
        sql->failure = judge_command(sql);
        end_text(sql);
    }
    return sql->failure;
}

gbn_status
gbn_sql_finish(gbn_sql *sql, gbn_error *err)
{
    sql->err = err;
    if (sql->failure < 0 || end_last_line(sql) < 0)
        return sql->failure;
    if (sql->state == GBN_SQL_ROWS || sql->state == GBN_SQL_BEFORE_ROWS)
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read SQL: it ends amid the rows of the COPY in line %llu",
                        (unsigned long long)sql->began);
    if (sql->state != GBN_SQL_START)
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read SQL: it ends amid the statement that begins in line %llu",
                        (unsigned long long)sql->began);
    if (!sql->complete && !sql->part)
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read SQL: it ends in line %llu without pg_dump's last line",
                        (unsigned long long)sql->line);
    return GBN_OK;
}

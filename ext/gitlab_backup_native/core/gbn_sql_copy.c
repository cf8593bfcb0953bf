/* The rows of a COPY, which end with a line of a backslash and a dot. */
#include <string.h>

#include "gbn_sql_scan.h"

static const char END_OF_ROWS[] = "\\.\r"; /* the carriage return may be there or not */

/* pg_dump ends the line behind the semicolon. What else could stand there would be run after the rows. */
const uint8_t *
gbn_sql_scan_before_rows(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    for (; data < end && *data != '\n'; data++)
        if (!gbn_sql_is_space(*data))
            return gbn_sql_refuse(sql, data, "more text behind COPY ... FROM stdin");
    if (data == end)
        return end;
    sql->line++;
    sql->rows_began = sql->line;
    sql->state = GBN_SQL_ROWS;
    sql->row_starts = true;
    sql->matched = 0;
    return data + 1;
}

static const uint8_t *
give(gbn_sql *sql, const uint8_t *from, const uint8_t *to)
{
    if (from < to) {
        sql->event = (gbn_sql_event){
            .kind = GBN_SQL_DATA, .data = from, .length = (size_t)(to - from), .line = sql->line};
        sql->has_event = true;
    }
    return to;
}

/* The bytes taken for the last line turned out to begin a row. They may lie in an earlier piece. */
static const uint8_t *
give_matched(gbn_sql *sql, const uint8_t *data)
{
    give(sql, (const uint8_t *)END_OF_ROWS, (const uint8_t *)END_OF_ROWS + sql->matched);
    sql->row_starts = false;
    sql->matched = 0;
    return data;
}

static const uint8_t *
end_rows(gbn_sql *sql, const uint8_t *data)
{
    sql->event = (gbn_sql_event){.kind = GBN_SQL_COPY_END,
                                 .line = sql->line,
                                 .from = sql->from,
                                 .to = gbn_sql_offset(sql, data + 1),
                                 .rows = sql->line - sql->rows_began};
    sql->has_event = true;
    sql->line++;
    sql->line_start = true;
    sql->state = GBN_SQL_START;
    return data + 1;
}

/* At least one byte of \. has been seen at a line's beginning. */
static const uint8_t *
scan_matched(gbn_sql *sql, const uint8_t *data)
{
    if (sql->matched >= 2 && *data == '\n')
        return end_rows(sql, data);
    if (sql->matched < strlen(END_OF_ROWS) && *data == (uint8_t)END_OF_ROWS[sql->matched]) {
        sql->matched++;
        return data + 1;
    }
    return give_matched(sql, data);
}

/* Could the row at `data` be the last line? One look ahead spares most NULLs in a first column. */
static bool
may_end(const uint8_t *data, const uint8_t *end)
{
    return *data == '\\' && (end - data == 1 || data[1] == '.');
}

const uint8_t *
gbn_sql_scan_rows(gbn_sql *sql, const uint8_t *data, const uint8_t *end)
{
    const uint8_t *from = data;

    if (sql->matched > 0)
        return scan_matched(sql, data);
    while (data < end) {
        const uint8_t *newline;

        if (sql->row_starts && may_end(data, end)) {
            if (from < data)
                return give(sql, from, data);
            sql->matched = 1;
            return data + 1;
        }
        newline = memchr(data, '\n', (size_t)(end - data));
        sql->row_starts = newline != NULL;
        data = newline == NULL ? end : newline + 1;
        sql->line += newline != NULL;
    }
    return give(sql, from, data);
}

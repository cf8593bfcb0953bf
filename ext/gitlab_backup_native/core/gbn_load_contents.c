#include "gbn_load_contents.h"

#include <stdlib.h>

#include "gbn_bytes.h"

enum { FIRST_CAPACITY = 1024 };

static void
give_up(gbn_load_contents *contents)
{
    gbn_load_contents_free(contents);
    contents->is_cut = true;
}

static gbn_status
grow(gbn_load_contents *contents, gbn_error *err)
{
    const size_t capacity = contents->capacity == 0 ? FIRST_CAPACITY : contents->capacity * 2;
    gbn_load_statement *statements;

    if (contents->count < contents->capacity)
        return GBN_OK;
    statements = realloc(contents->statements, capacity * sizeof *statements);
    if (statements == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a list of statements");
    contents->statements = statements;
    contents->capacity = capacity;
    return GBN_OK;
}

static gbn_status
add_statement(gbn_load_contents *contents, const gbn_sql_event *event, gbn_error *err)
{
    const size_t length =
        event->length < GBN_LOAD_TEXT_MAX ? event->length : (size_t)GBN_LOAD_TEXT_MAX;
    gbn_status rc = grow(contents, err);

    if (rc == GBN_OK)
        rc = gbn_bytes_append(&contents->texts, event->data, length, err);
    if (rc < 0)
        return rc;
    contents->statements[contents->count++] = (gbn_load_statement){
        .is_copy = event->kind == GBN_SQL_COPY,
        .from = event->from,
        .to = event->to,
        .line = event->line,
        .text = contents->texts.length - length,
        .text_length = length,
    };
    return GBN_OK;
}

gbn_status
gbn_load_contents_add(gbn_load_contents *contents, const gbn_sql_event *event, gbn_error *err)
{
    gbn_load_statement *copy;

    if (contents->is_cut)
        return GBN_OK;
    if (event->kind != GBN_SQL_COPY_END) {
        if (contents->count < GBN_LOAD_STATEMENTS_MAX &&
            contents->texts.length < GBN_LOAD_TEXTS_MAX)
            return add_statement(contents, event, err);
        give_up(contents);
        return GBN_OK;
    }
    copy = &contents->statements[contents->count - 1];
    copy->to = event->to;
    copy->rows = event->rows;
    return GBN_OK;
}

void
gbn_load_contents_free(gbn_load_contents *contents)
{
    free(contents->statements);
    gbn_bytes_free(&contents->texts);
    *contents = (gbn_load_contents){0};
}

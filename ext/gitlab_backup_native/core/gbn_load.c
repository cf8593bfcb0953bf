/*
 * One loop: read, split, run. The rows of a COPY that the server refused are read and
 * dropped, so that they are not taken for statements.
 */
#include "gbn_load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_load_contents.h"
#include "gbn_load_result.h"
#include "gbn_pipe.h"
#include "gbn_sql.h"

enum { PIECE_SIZE = 256 * 1024, WAIT_MS = 200 };

struct load {
    gbn_load_options options;
    int fd; /* -1: the text is in memory */
    gbn_pg *pg;
    gbn_sql *sql;
    gbn_load_result *result;
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    uint64_t at;           /* line of the statement in hand */
    bool sending;          /* the server takes the rows of a COPY */
    gbn_sql_event copying; /* that COPY: only its line counts */
    char *copy;            /* its text, shortened */
    uint8_t piece[PIECE_SIZE];
};

/* The splitter has to read the text as the server does. */
static gbn_status
follow_settings(struct load *load, gbn_error *err)
{
    const char *strings = gbn_pg_parameter(load->pg, "standard_conforming_strings");
    const char *encoding = gbn_pg_parameter(load->pg, "client_encoding");

    if (strings != NULL)
        gbn_sql_set_standard_strings(load->sql, strcmp(strings, "off") != 0);
    if (encoding != NULL && !gbn_sql_is_safe_encoding(encoding, strlen(encoding)))
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read SQL: text in the encoding %s cannot be taken apart", encoding);
    return GBN_OK;
}

static gbn_status
execute(struct load *load, const gbn_sql_event *event, gbn_error *err)
{
    const char *text = (const char *)event->data;
    gbn_pg_refusal refusal;
    gbn_status rc = gbn_pg_execute(load->pg, text, load->cancel, &refusal, err);

    if (rc == GBN_SKIPPED)
        rc = gbn_load_result_add(load->result, &refusal, text, event->line, err);
    else if (rc == GBN_AGAIN && event->kind == GBN_SQL_COPY) {
        load->sending = true;
        load->copying = *event;
        free(load->copy);
        load->copy = gbn_load_shorten(text);
        rc = GBN_OK;
    } else if (rc == GBN_AGAIN) { /* no dump has such a statement */
        rc = gbn_pg_end_rows(load->pg, "there are no rows", load->cancel, &refusal, err);
        if (rc == GBN_SKIPPED)
            rc = gbn_load_result_add(load->result, &refusal, text, event->line, err);
    }
    return rc < 0 ? rc : follow_settings(load, err);
}

static gbn_status
end_rows(struct load *load, const char *reason, gbn_error *err)
{
    gbn_pg_refusal refusal;
    gbn_status rc;

    if (!load->sending)
        return GBN_OK;
    load->sending = false;
    rc = gbn_pg_end_rows(load->pg, reason, load->cancel, &refusal, err);
    if (rc == GBN_SKIPPED && reason == NULL)
        rc = gbn_load_result_add(load->result, &refusal, load->copy, load->copying.line, err);
    return rc < 0 ? rc : GBN_OK;
}

static gbn_status
send(struct load *load, const gbn_sql_event *event, gbn_error *err)
{
    switch (event->kind) {
    case GBN_SQL_DATA:
        if (!load->sending)
            return GBN_OK;
        return gbn_pg_send_rows(load->pg, event->data, event->length, load->cancel, err);
    case GBN_SQL_COPY_END:
        return end_rows(load, NULL, err);
    default:
        return execute(load, event, err);
    }
}

/* A connection does not know what it was lost at. */
static gbn_status
name_line(uint64_t line, gbn_error *err)
{
    const gbn_error lost = *err;

    return gbn_fail(err, lost.status, lost.errnum, "line %" PRIu64 ": %s", line, lost.message);
}

static gbn_status
handle(struct load *load, const gbn_sql_event *event, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (event->kind == GBN_SQL_STATEMENT || event->kind == GBN_SQL_COPY) {
        load->at = event->line;
        load->result->statements++;
        atomic_fetch_add_explicit(&load->counters->entries, 1, memory_order_relaxed);
    }
    if (load->options.contents != NULL && event->kind != GBN_SQL_DATA)
        rc = gbn_load_contents_add(load->options.contents, event, err);
    if (rc < 0 || load->pg == NULL)
        return rc;
    rc = send(load, event, err);
    return rc == GBN_ERR_SERVER ? name_line(load->at, err) : rc;
}

static gbn_status
take_piece(struct load *load, const uint8_t *data, size_t length, gbn_error *err)
{
    gbn_sql_event event;
    gbn_status rc = GBN_OK;

    load->result->bytes += length;
    while (rc == GBN_OK) {
        rc = gbn_sql_next(load->sql, &data, &length, &event, err);
        if (rc == GBN_OK)
            rc = handle(load, &event, err);
        if (rc == GBN_OK && gbn_cancel_raised(load->cancel))
            rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    }
    return rc;
}

/* Of a product: on the one thread it gives its bytes on, while ours waits. */
static gbn_status
take_bytes(void *context, const uint8_t *data, size_t length, gbn_error *err)
{
    struct load *load = context;
    const gbn_status rc = take_piece(load, data, length, err);

    atomic_store_explicit(&load->counters->raw, load->result->bytes, memory_order_relaxed);
    return rc == GBN_AGAIN ? GBN_OK : rc;
}

static gbn_status
take_content(struct load *load, gbn_error *err)
{
    gbn_inflate_options product = *load->options.product;
    uint64_t raw;
    gbn_job *job;
    gbn_status rc;

    product.fd = -1;
    product.sink = take_bytes;
    product.sink_context = load;
    rc = gbn_inflate_start(&product, &raw, &job, err);
    if (rc < 0)
        return rc;
    while (gbn_job_wait(job, WAIT_MS) == GBN_AGAIN && !gbn_cancel_raised(load->cancel))
        continue;
    return gbn_job_finish(job, err);
}

static gbn_status
take_text(struct load *load, const char *text, gbn_error *err)
{
    return text == NULL ? GBN_OK : take_bytes(load, (const uint8_t *)text, strlen(text), err);
}

static gbn_status
take_product(struct load *load, gbn_error *err)
{
    gbn_status rc = take_text(load, load->options.first, err);

    if (rc == GBN_OK)
        rc = take_content(load, err);
    if (rc == GBN_OK)
        rc = take_text(load, load->options.last, err);
    return rc == GBN_OK ? GBN_END : rc;
}

static gbn_status
take_all(struct load *load, gbn_error *err)
{
    gbn_status rc = GBN_AGAIN;
    size_t got;

    if (load->options.product != NULL)
        return take_product(load, err);
    if (load->fd < 0) {
        rc = take_piece(load, (const uint8_t *)load->options.text, load->options.length, err);
        return rc == GBN_AGAIN ? GBN_END : rc;
    }
    while (rc == GBN_AGAIN) {
        rc = gbn_pipe_read(load->fd, load->piece, sizeof load->piece, load->cancel, &got, err);
        if (rc != GBN_OK)
            break;
        rc = take_piece(load, load->piece, got, err);
        atomic_store_explicit(&load->counters->raw, load->result->bytes, memory_order_relaxed);
    }
    return rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct load *load = context;
    gbn_status rc;

    load->cancel = cancel;
    load->counters = counters;
    rc = take_all(load, err);
    if (rc == GBN_END)
        rc = gbn_sql_finish(load->sql, err);
    if (rc != GBN_ERR_SERVER && rc != GBN_ERR_CANCELLED)
        end_rows(load, "the text ends amid the rows", NULL); /* so that the server drops them */
    return rc;
}

static void
abort_load(void *context)
{
    (void)context; /* whatever it waits for, it waits for a moment */
}

static void
release(void *context)
{
    struct load *load = context;

    if (load->fd >= 0)
        close(load->fd);
    gbn_sql_free(load->sql);
    free(load->copy);
    free(load);
}

static gbn_status
open_text(struct load *load, gbn_error *err)
{
    gbn_status rc = gbn_sql_new(GBN_SQL_STATEMENT_MAX, &load->sql, err);

    if (rc == GBN_OK && load->options.line > 0)
        gbn_sql_set_part(load->sql, load->options.line);
    if (rc < 0 || load->options.text != NULL || load->options.product != NULL)
        return rc;
    load->fd = fcntl(load->options.fd, F_DUPFD_CLOEXEC, 3);
    if (load->fd < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read the input");
    gbn_pipe_widen(load->fd);
    return GBN_OK;
}

gbn_status
gbn_load_start(const gbn_load_options *options, gbn_load_result *result, gbn_job **job,
               gbn_error *err)
{
    struct load *load = calloc(1, sizeof *load);
    gbn_status rc;

    *job = NULL;
    if (load == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a load");
    load->options = *options;
    load->pg = options->pg;
    load->result = result;
    load->fd = -1;
    rc = open_text(load, err);
    if (rc < 0) {
        release(load);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = load, .run = run, .abort = abort_load, .release = release}, job,
        err);
}

#ifndef GBN_LOAD_H
#define GBN_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_bytes.h"
#include "gbn_error.h"
#include "gbn_inflate.h"
#include "gbn_job.h"
#include "gbn_pg.h"

/*
 * gbn_load - the SQL text of a dump, read from a descriptor or a product -> a database, statement by
 * statement on one connection; or nowhere, to see whether the text is whole.
 *
 * A statement the server refuses is written down, and the next one follows.
 */
enum { GBN_LOAD_FAILURES_MAX = 1000, GBN_LOAD_VERB_SIZE = 16 };

/* What a list of contents may come to, and a statement's text in it. */
enum {
    GBN_LOAD_STATEMENTS_MAX = 200000,
    GBN_LOAD_TEXTS_MAX = 64 * 1024 * 1024,
    GBN_LOAD_TEXT_MAX = 16 * 1024
};

typedef struct gbn_load_failure {
    char sqlstate[6];
    uint64_t line; /* where the statement begins */
    char *message, *statement;
} gbn_load_failure;

/* How often a statement that begins with this word failed in this way. */
typedef struct gbn_load_kind {
    char sqlstate[6];
    char verb[GBN_LOAD_VERB_SIZE]; /* upper case, cut at its size */
    uint64_t count;
} gbn_load_kind;

typedef struct gbn_load_statement {
    bool is_copy;
    uint64_t from,
        to; /* bytes of the SQL, with its semicolon; of a COPY, through the line behind its rows */
    uint64_t line;            /* where it begins */
    uint64_t rows;            /* of a COPY */
    size_t text, text_length; /* its first bytes, in `texts` */
} gbn_load_statement;

typedef struct gbn_load_contents {
    gbn_load_statement *statements;
    size_t count, capacity;
    gbn_bytes texts;
    bool is_cut; /* it would have become too long, and is empty */
} gbn_load_contents;

void gbn_load_contents_free(gbn_load_contents *contents);

typedef struct gbn_load_result {
    uint64_t bytes, statements;
    gbn_load_failure *failures; /* the first, of each kind some, GBN_LOAD_FAILURES_MAX at most */
    size_t failure_count;
    gbn_load_kind *kinds; /* all failures; the last of very many has no state and no verb */
    size_t kind_count;
} gbn_load_result;

/* Free what a result holds; it is zeroed. The contents are not part of it. */
void gbn_load_result_free(gbn_load_result *result);

typedef struct gbn_load_options {
    int fd;           /* duplicated: the caller's stays the caller's */
    const char *text; /* instead of it, of `length` bytes; or NULL */
    size_t length;
    const gbn_inflate_options *product; /* instead of both, without a pipe in between; or NULL */
    const char *first, *last;           /* text in front of what that gives, and behind it */
    uint64_t line; /* of a part of a dump: the one it begins in; 0: it is a whole dump */
    gbn_pg *pg;    /* NULL: the text is only read */
    gbn_load_contents *contents; /* zeroed: to be filled; or NULL */
} gbn_load_options;

/*
 * Start the work. The job fails with GBN_ERR_FORMAT when the text is not a whole dump: what
 * came before has been run by then. With GBN_ERR_SERVER the connection is lost, and the message
 * begins with the line of the statement. After any
 * failure the connection can only be closed.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     `result` is the caller's, zeroed; it and all that `options` points to live until gbn_job_finish.
 *          `result` is filled also when the job fails.
 */
gbn_status gbn_load_start(const gbn_load_options *options, gbn_load_result *result, gbn_job **job,
                          gbn_error *err);

#endif

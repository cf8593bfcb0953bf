#ifndef GBN_LOAD_H
#define GBN_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_pg.h"

/*
 * gbn_load - the SQL text of a dump, read from a descriptor -> a database, statement by
 * statement on one connection; or nowhere, to see whether the text is whole.
 *
 * A statement the server refuses is written down, and the next one follows.
 */
enum { GBN_LOAD_FAILURES_MAX = 1000, GBN_LOAD_VERB_SIZE = 16 };

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

typedef struct gbn_load_result {
    uint64_t bytes, statements;
    gbn_load_failure *failures; /* the first, of each kind some, GBN_LOAD_FAILURES_MAX at most */
    size_t failure_count;
    gbn_load_kind *kinds; /* all failures; the last of very many has no state and no verb */
    size_t kind_count;
} gbn_load_result;

/* Free what a result holds; it is zeroed. */
void gbn_load_result_free(gbn_load_result *result);

typedef struct gbn_load_options {
    int fd;     /* duplicated: the caller's stays the caller's */
    gbn_pg *pg; /* NULL: the text is only read */
} gbn_load_options;

/*
 * Start the work. The job fails with GBN_ERR_FORMAT when the text is not a whole dump: what
 * came before has been run by then. With GBN_ERR_SERVER the connection is lost. After any
 * failure the connection can only be closed.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     `result` is the caller's, zeroed; it and options->pg live until gbn_job_finish.
 *          `result` is filled also when the job fails.
 */
gbn_status gbn_load_start(const gbn_load_options *options, gbn_load_result *result, gbn_job **job,
                          gbn_error *err);

#endif

#include "gbn_connect.h"

#include <stdlib.h>
#include <string.h>

struct connecting {
    char **keywords, **values, **statements; /* each ended by NULL */
    gbn_pg **result;
};

static void
free_texts(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        explicit_bzero(texts[i], strlen(texts[i])); /* it may be the password */
        free(texts[i]);
    }
    free(texts);
}

static char **
copy_texts(const char *const *texts)
{
    size_t count = 0;
    char **copy;

    while (texts[count] != NULL)
        count++;
    copy = calloc(count + 1, sizeof copy[0]);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(texts[i]);
        if (copy[i] == NULL) {
            free_texts(copy);
            copy = NULL;
        }
    }
    return copy;
}

static gbn_status
prepare(const struct connecting *connecting, gbn_pg *pg, gbn_cancel *cancel, gbn_error *err)
{
    gbn_pg_refusal refusal;
    gbn_status rc = GBN_OK;

    for (size_t i = 0; rc == GBN_OK && connecting->statements[i] != NULL; i++) {
        rc = gbn_pg_execute(pg, connecting->statements[i], cancel, &refusal, err);
        if (rc == GBN_SKIPPED)
            rc = gbn_fail(err, GBN_ERR_SERVER, 0, "%s %s", refusal.sqlstate, refusal.message);
    }
    return rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct connecting *connecting = context;
    gbn_pg *pg;
    gbn_status rc = gbn_pg_open((const char *const *)connecting->keywords,
                                (const char *const *)connecting->values, cancel, &pg, err);

    (void)counters;
    if (rc == GBN_OK)
        rc = prepare(connecting, pg, cancel, err);
    if (rc == GBN_OK)
        *connecting->result = pg;
    else
        gbn_pg_close(pg);
    return rc;
}

static void
abort_connecting(void *context)
{
    (void)context; /* it waits for moments only */
}

static void
release(void *context)
{
    struct connecting *connecting = context;

    free_texts(connecting->keywords);
    free_texts(connecting->values);
    free_texts(connecting->statements);
    free(connecting);
}

gbn_status
gbn_connect_start(const char *const *keywords, const char *const *values,
                  const char *const *statements, gbn_pg **pg, gbn_job **job, gbn_error *err)
{
    static const char *const NONE[] = {NULL};
    struct connecting *connecting = calloc(1, sizeof *connecting);
    gbn_job_work work = {.run = run, .abort = abort_connecting, .release = release};

    *job = NULL;
    *pg = NULL;
    if (connecting == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    connecting->result = pg;
    connecting->keywords = copy_texts(keywords);
    connecting->values = copy_texts(values);
    connecting->statements = copy_texts(statements == NULL ? NONE : statements);
    if (connecting->keywords == NULL || connecting->values == NULL ||
        connecting->statements == NULL) {
        release(connecting);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    }
    work.context = connecting;
    return gbn_job_start(&work, job, err);
}

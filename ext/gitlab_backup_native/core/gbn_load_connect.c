/* Connecting as a job, so that it can be waited for like any other work. */
#include <stdlib.h>
#include <string.h>

#include "gbn_load.h"

struct parameters {
    char **keywords, **values; /* each ended by NULL */
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
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct parameters *parameters = context;

    (void)counters;
    return gbn_pg_open((const char *const *)parameters->keywords,
                       (const char *const *)parameters->values, cancel, parameters->result, err);
}

static void
abort_connect(void *context)
{
    (void)context; /* it waits for moments only */
}

static void
release(void *context)
{
    struct parameters *parameters = context;

    free_texts(parameters->keywords);
    free_texts(parameters->values);
    free(parameters);
}

gbn_status
gbn_load_connect(const char *const *keywords, const char *const *values, gbn_pg **pg, gbn_job **job,
                 gbn_error *err)
{
    struct parameters *parameters = calloc(1, sizeof *parameters);
    gbn_job_work work = {.run = run, .abort = abort_connect, .release = release};

    *job = NULL;
    *pg = NULL;
    if (parameters == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    parameters->keywords = copy_texts(keywords);
    parameters->values = copy_texts(values);
    parameters->result = pg;
    if (parameters->keywords == NULL || parameters->values == NULL) {
        release(parameters);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a connection");
    }
    work.context = parameters;
    return gbn_job_start(&work, job, err);
}

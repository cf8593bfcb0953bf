/*
 * Thousands of statements may fail for one reason, say a role that does not exist; a kind of
 * failure has room for some of its own, so that none hides another.
 */
#include "gbn_load_result.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_bytes.h"

enum { SHOWN = 200, SHOWN_MESSAGE = 500, KINDS_MAX = 256, OF_ONE_KIND = 50 };

static char *
shorten(const char *text, size_t most)
{
    return strndup(text, most);
}

char *
gbn_load_shorten(const char *text)
{
    return shorten(text, SHOWN);
}

/* The first word, upper case. */
static void
read_verb(const char *statement, char verb[GBN_LOAD_VERB_SIZE])
{
    size_t length = 0;

    for (; length < GBN_LOAD_VERB_SIZE - 1 && *statement != '\0'; statement++) {
        char c = *statement;

        if (c >= 'a' && c <= 'z')
            c = (char)(c - ('a' - 'A'));
        if (c < 'A' || c > 'Z')
            break;
        verb[length++] = c;
    }
    verb[length] = '\0';
}

static gbn_load_kind *
find_kind(gbn_load_result *result, const gbn_load_kind *wanted)
{
    for (size_t i = 0; i < result->kind_count; i++) {
        gbn_load_kind *kind = &result->kinds[i];

        if (strcmp(kind->sqlstate, wanted->sqlstate) == 0 && strcmp(kind->verb, wanted->verb) == 0)
            return kind;
    }
    return NULL;
}

/* Returns NULL when there is no memory. */
static gbn_load_kind *
kind_of(gbn_load_result *result, const gbn_pg_refusal *refusal, const char *statement)
{
    gbn_load_kind wanted = {.count = 0}, *kind;

    memcpy(wanted.sqlstate, refusal->sqlstate, sizeof wanted.sqlstate);
    read_verb(statement, wanted.verb);
    if (result->kinds == NULL)
        result->kinds = calloc(KINDS_MAX, sizeof result->kinds[0]);
    if (result->kinds == NULL)
        return NULL;
    kind = find_kind(result, &wanted);
    if (kind != NULL)
        return kind;
    if (result->kind_count == KINDS_MAX)
        return &result->kinds[KINDS_MAX - 1];
    kind = &result->kinds[result->kind_count++];
    if (result->kind_count < KINDS_MAX)
        *kind = wanted;
    return kind;
}

static gbn_status
keep(gbn_load_result *result, const gbn_pg_refusal *refusal, const char *statement, uint64_t line,
     gbn_error *err)
{
    gbn_load_failure *failure;

    if (result->failures == NULL)
        result->failures = calloc(GBN_LOAD_FAILURES_MAX, sizeof result->failures[0]);
    if (result->failures == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a list of failures");
    failure = &result->failures[result->failure_count++];
    memcpy(failure->sqlstate, refusal->sqlstate, sizeof failure->sqlstate);
    failure->line = line;
    failure->message = shorten(refusal->message, SHOWN_MESSAGE);
    failure->statement = gbn_load_shorten(statement);
    if (failure->message == NULL || failure->statement == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a failure");
    return GBN_OK;
}

gbn_status
gbn_load_result_add(gbn_load_result *result, const gbn_pg_refusal *refusal, const char *statement,
                    uint64_t line, gbn_error *err)
{
    const char *text = statement == NULL ? "" : statement;
    gbn_load_kind *kind = kind_of(result, refusal, text);

    if (kind == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate the kinds of failures");
    if (kind->count++ >= OF_ONE_KIND || result->failure_count == GBN_LOAD_FAILURES_MAX)
        return GBN_OK;
    return keep(result, refusal, text, line, err);
}

void
gbn_load_result_free(gbn_load_result *result)
{
    for (size_t i = 0; i < result->failure_count; i++) {
        free(result->failures[i].message);
        free(result->failures[i].statement);
    }
    free(result->failures);
    free(result->kinds);
    *result = (gbn_load_result){0};
}

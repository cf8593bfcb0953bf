/*
 * A run is a spool of sorted records. As soon as there are FAN of one level, they are merged
 * to one of the next; so there are never more than FAN - 1 a level, and the number of levels is the
 * logarithm of the input.
 */
#include "gbn_sorter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_spool.h"

enum { BUFFER = 4 * 1024 * 1024, FAN = 8, LEVELS = 12 };

struct run {
    gbn_spool *spool;
    unsigned level;
    const uint8_t *head; /* NULL at its end */
    size_t length;
};

struct item {
    size_t offset, length;       /* in the buffer */
    const uint8_t *record;       /* known when the buffer grows no more */
    gbn_sorter_compare *compare; /* qsort(3) hands nothing else over */
};

struct gbn_sorter {
    char *folder;
    gbn_sorter_compare *compare;
    gbn_bytes buffer;
    struct item *items;
    size_t count, capacity, next;
    struct run runs[FAN * LEVELS];
    size_t run_count;
    bool reading;
    struct run *given; /* whose head was lent last */
};

gbn_status
gbn_sorter_new(const char *folder, gbn_sorter_compare *compare, gbn_sorter **result, gbn_error *err)
{
    gbn_sorter *sorter = calloc(1, sizeof *sorter);

    *result = NULL;
    if (sorter == NULL || (sorter->folder = strdup(folder)) == NULL) {
        free(sorter);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "sort records");
    }
    sorter->compare = compare;
    *result = sorter;
    return GBN_OK;
}

void
gbn_sorter_free(gbn_sorter *sorter)
{
    if (sorter == NULL)
        return;
    for (size_t i = 0; i < sorter->run_count; i++)
        gbn_spool_free(sorter->runs[i].spool);
    gbn_bytes_free(&sorter->buffer);
    free(sorter->items);
    free(sorter->folder);
    free(sorter);
}

/* ---- the buffer ---- */

static int
compare_items(const void *a, const void *b)
{
    const struct item *first = a;
    const struct item *second = b;

    return first->compare(first->record, second->record);
}

static void
sort_buffer(gbn_sorter *sorter)
{
    for (size_t i = 0; i < sorter->count; i++)
        sorter->items[i].record = sorter->buffer.data + sorter->items[i].offset;
    if (sorter->count > 1)
        qsort(sorter->items, sorter->count, sizeof sorter->items[0], compare_items);
}

/* ---- runs ---- */

static gbn_status
step(struct run *run, gbn_error *err)
{
    gbn_status rc = gbn_spool_next(run->spool, &run->head, &run->length, err);

    if (rc != GBN_OK)
        run->head = NULL;
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
rewind_runs(struct run *runs, size_t count, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    for (size_t i = 0; rc == GBN_OK && i < count; i++) {
        gbn_spool_rewind(runs[i].spool);
        rc = step(&runs[i], err);
    }
    return rc;
}

static struct run *
least(const gbn_sorter *sorter, struct run *runs, size_t count)
{
    struct run *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (runs[i].head != NULL &&
            (found == NULL || sorter->compare(runs[i].head, found->head) < 0))
            found = &runs[i];
    }
    return found;
}

static gbn_status
merge(gbn_sorter *sorter, struct run *runs, size_t count, gbn_error *err)
{
    gbn_spool *merged;
    struct run *run;
    gbn_status rc = gbn_spool_new(sorter->folder, &merged, err);

    if (rc == GBN_OK)
        rc = rewind_runs(runs, count, err);
    while (rc == GBN_OK && (run = least(sorter, runs, count)) != NULL) {
        rc = gbn_spool_append(merged, run->head, run->length, err);
        if (rc == GBN_OK)
            rc = step(run, err);
    }
    if (rc < 0) {
        gbn_spool_free(merged);
        return rc;
    }
    for (size_t i = 0; i < count; i++)
        gbn_spool_free(runs[i].spool);
    runs[0] = (struct run){.spool = merged, .level = runs[0].level + 1};
    sorter->run_count -= count - 1;
    return GBN_OK;
}

/* The last FAN runs are merged while they are of one level. */
static gbn_status
merge_levels(gbn_sorter *sorter, gbn_error *err)
{
    struct run *last;
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && sorter->run_count >= FAN) {
        last = &sorter->runs[sorter->run_count - FAN];
        if (last->level != sorter->runs[sorter->run_count - 1].level)
            break;
        rc = merge(sorter, last, FAN, err);
    }
    return rc;
}

static gbn_status
write_run(gbn_sorter *sorter, gbn_error *err)
{
    struct run *run = &sorter->runs[sorter->run_count];
    gbn_status rc;

    *run = (struct run){0};
    rc = gbn_spool_new(sorter->folder, &run->spool, err);
    if (rc < 0)
        return rc;
    sorter->run_count++;
    sort_buffer(sorter);
    for (size_t i = 0; rc == GBN_OK && i < sorter->count; i++)
        rc = gbn_spool_append(run->spool, sorter->items[i].record, sorter->items[i].length, err);
    gbn_bytes_clear(&sorter->buffer);
    sorter->count = 0;
    return rc == GBN_OK ? merge_levels(sorter, err) : rc;
}

/* ---- adding and giving ---- */

static gbn_status
need_item(gbn_sorter *sorter, gbn_error *err)
{
    const size_t capacity = sorter->capacity == 0 ? 1024 : 2 * sorter->capacity;
    struct item *items;

    if (sorter->count < sorter->capacity)
        return GBN_OK;
    items = realloc(sorter->items, capacity * sizeof items[0]);
    if (items == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "sort records");
    sorter->items = items;
    sorter->capacity = capacity;
    return GBN_OK;
}

gbn_status
gbn_sorter_add(gbn_sorter *sorter, const void *record, size_t length, gbn_error *err)
{
    gbn_status rc = need_item(sorter, err);
    const size_t offset = sorter->buffer.length;

    if (rc == GBN_OK)
        rc = gbn_bytes_append(&sorter->buffer, record, length, err);
    if (rc < 0)
        return rc;
    sorter->items[sorter->count++] =
        (struct item){.offset = offset, .length = length, .compare = sorter->compare};
    return sorter->buffer.length > BUFFER ? write_run(sorter, err) : GBN_OK;
}

static gbn_status
begin_reading(gbn_sorter *sorter, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    sorter->reading = true;
    if (sorter->run_count == 0)
        sort_buffer(sorter);
    else if (sorter->count > 0)
        rc = write_run(sorter, err);
    return rc == GBN_OK ? rewind_runs(sorter->runs, sorter->run_count, err) : rc;
}

gbn_status
gbn_sorter_next(gbn_sorter *sorter, const uint8_t **record, size_t *length, gbn_error *err)
{
    gbn_status rc = sorter->reading ? GBN_OK : begin_reading(sorter, err);

    if (rc < 0)
        return rc;
    if (sorter->next < sorter->count) {
        *record = sorter->items[sorter->next].record;
        *length = sorter->items[sorter->next++].length;
        return GBN_OK;
    }
    if (sorter->given != NULL)
        rc = step(sorter->given, err);
    sorter->given = rc == GBN_OK ? least(sorter, sorter->runs, sorter->run_count) : NULL;
    if (sorter->given == NULL)
        return rc == GBN_OK ? GBN_END : rc;
    *record = sorter->given->head;
    *length = sorter->given->length;
    return GBN_OK;
}

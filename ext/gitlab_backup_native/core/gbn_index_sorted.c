#include "gbn_index_sorted.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_sorter.h"
#include "gbn_walk.h"

struct gbn_index_sorted {
    gbn_index *index; /* NULL once it was read to its end */
    gbn_sorter *sorter;
    gbn_manifest_reader *reader;
    gbn_manifest_record record;
    gbn_bytes scratch;
};

/* A sorted record is the entry's path with a NUL, then the entry as it stands in the manifest. */
static int
compare(const uint8_t *a, const uint8_t *b)
{
    return gbn_walk_order((const char *)a, (const char *)b);
}

gbn_status
gbn_index_sorted_open(const char *path, const char *folder, gbn_index_sorted **result,
                      gbn_error *err)
{
    gbn_index_sorted *sorted = calloc(1, sizeof *sorted);
    gbn_status rc;

    *result = NULL;
    if (sorted == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    rc = gbn_index_open(path, &sorted->index, err);
    if (rc == GBN_OK)
        rc = gbn_sorter_new(folder, compare, &sorted->sorter, err);
    if (rc == GBN_OK)
        rc = gbn_manifest_reader_new(&sorted->reader, err);
    if (rc < 0)
        gbn_index_sorted_close(sorted);
    else
        *result = sorted;
    return rc;
}

void
gbn_index_sorted_close(gbn_index_sorted *sorted)
{
    if (sorted == NULL)
        return;
    gbn_index_close(sorted->index);
    gbn_sorter_free(sorted->sorter);
    gbn_manifest_reader_free(sorted->reader);
    gbn_bytes_free(&sorted->scratch);
    free(sorted);
}

static gbn_status
add(gbn_index_sorted *sorted, const gbn_manifest_entry *entry, gbn_error *err)
{
    gbn_bytes *scratch = &sorted->scratch;
    size_t length;
    const uint8_t *bytes = gbn_index_bytes(sorted->index, &length);
    gbn_status rc;

    gbn_bytes_clear(scratch);
    rc = gbn_bytes_append(scratch, entry->path, strlen(entry->path) + 1, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(scratch, bytes, length, err);
    return rc == GBN_OK ? gbn_sorter_add(sorted->sorter, scratch->data, scratch->length, err) : rc;
}

/* Returns GBN_END once all are there. */
static gbn_status
gather(gbn_index_sorted *sorted, const gbn_index_filter *filter, size_t *budget, gbn_error *err)
{
    gbn_index_filter entries = *filter;
    const gbn_manifest_record *record;
    gbn_status rc;

    entries.kinds &= 1U << GBN_RECORD_ENTRY;
    while ((rc = gbn_index_find(sorted->index, &entries, budget, &record, err)) == GBN_OK) {
        rc = add(sorted, &record->entry, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

gbn_status
gbn_index_sorted_find(gbn_index_sorted *sorted, const gbn_index_filter *filter, size_t *budget,
                      const gbn_manifest_record **record, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    size_t path;
    size_t used;
    gbn_status rc = GBN_OK;

    if (sorted->index != NULL) {
        rc = gather(sorted, filter, budget, err);
        if (rc != GBN_END)
            return rc;
        gbn_index_close(sorted->index);
        sorted->index = NULL;
    }
    if (*budget == 0)
        return GBN_AGAIN;
    --*budget;
    rc = gbn_sorter_next(sorted->sorter, &data, &length, err);
    if (rc != GBN_OK)
        return rc;
    path = strlen((const char *)data) + 1;
    *record = &sorted->record;
    return gbn_manifest_read(sorted->reader, data + path, length - path, &used, &sorted->record,
                             err);
}

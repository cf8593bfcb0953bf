#include "gbn_index.h"

#include <string.h>

/* Is `path` this one, or beneath it? Everything is beneath "". */
static bool
reaches(const char *path, const char *wanted)
{
    const size_t length = strlen(wanted);

    return strncmp(path, wanted, length) == 0 &&
           (length == 0 || path[length] == '\0' || path[length] == '/');
}

static bool
wants(const gbn_index_filter *filter, const gbn_manifest_record *record)
{
    if ((filter->kinds & 1U << record->kind) == 0)
        return false;
    if (record->kind != GBN_RECORD_ENTRY || filter->paths == NULL)
        return true;
    for (size_t i = 0; i < filter->path_count; i++) {
        if (reaches(record->entry.path, filter->paths[i]))
            return true;
    }
    return false;
}

gbn_status
gbn_index_find(gbn_index *index, const gbn_index_filter *filter, size_t *budget,
               const gbn_manifest_record **record, gbn_error *err)
{
    gbn_status rc;

    for (; *budget > 0; --*budget) {
        rc = gbn_index_next(index, record, err);
        if (rc != GBN_OK)
            return rc;
        if (wants(filter, *record)) {
            --*budget;
            return GBN_OK;
        }
    }
    return GBN_AGAIN;
}

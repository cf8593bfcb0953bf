#include <stdlib.h>

#include "gbn_index.h"
#include "gbn_unpack_place.h"
#include "gbn_unpack_wanted.h"

static gbn_status
add_range(gbn_unpack_wanted *wanted, uint64_t first, uint64_t last, gbn_error *err)
{
    uint64_t *end = wanted->ranges + 2 * wanted->count;
    uint64_t *larger;

    if (wanted->count > 0 && first <= end[-1] + 1) {
        end[-1] = last > end[-1] ? last : end[-1];
        return GBN_OK;
    }
    if ((wanted->count & (wanted->count - 1)) == 0) { /* at each power of two */
        larger = realloc(wanted->ranges,
                         2 * sizeof *larger * (wanted->count == 0 ? 1 : 2 * wanted->count));
        if (larger == NULL)
            return gbn_fail(err, GBN_ERR_NOMEM, 0, "read the manifest");
        wanted->ranges = larger;
        end = wanted->ranges + 2 * wanted->count;
    }
    end[0] = first;
    end[1] = last;
    wanted->count++;
    return GBN_OK;
}

gbn_status
gbn_unpack_find_wanted(gbn_unpack *unpack, gbn_unpack_wanted *wanted, gbn_error *err)
{
    const gbn_manifest_record *record;
    uint64_t block = 0;
    gbn_index *index;
    gbn_status rc;

    wanted->all = unpack->options.paths == NULL;
    if (wanted->all)
        return GBN_OK;
    rc = gbn_index_open(unpack->options.manifest, &index, err);
    if (rc < 0)
        return rc;
    while ((rc = gbn_index_next(index, &record, err)) == GBN_OK) {
        if (record->kind == GBN_RECORD_BLOCK)
            block = record->block.number;
        else if (record->kind == GBN_RECORD_ENTRY && record->entry.block <= block &&
                 gbn_unpack_selects(unpack, record->entry.path))
            rc = add_range(wanted, record->entry.block, block, err);
        if (rc == GBN_OK && gbn_cancel_raised(unpack->cancel))
            rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        if (rc < 0)
            break;
    }
    gbn_index_close(index);
    return rc == GBN_END ? GBN_OK : rc;
}

bool
gbn_unpack_wants(gbn_unpack_wanted *wanted, uint64_t number)
{
    const uint64_t *range;

    if (wanted->all)
        return true;
    for (; wanted->at < wanted->count; wanted->at++) {
        range = wanted->ranges + 2 * wanted->at;
        if (number <= range[1])
            return number >= range[0];
    }
    return false;
}

void
gbn_unpack_free_wanted(gbn_unpack_wanted *wanted)
{
    free(wanted->ranges);
}

/* Any bytes as records of a manifest, one behind the other. */
#include "fuzz.h"

#include "gbn_manifest_read.h"

static size_t
touch(const gbn_manifest_record *record)
{
    switch (record->kind) {
    case GBN_RECORD_HEADER:
        return fuzz_touch(record->header.backup_id) + fuzz_touch(record->header.product) +
               fuzz_touch(record->header.codec);
    case GBN_RECORD_ENTRY:
        return fuzz_touch(record->entry.path) + fuzz_touch(record->entry.owner) +
               fuzz_touch(record->entry.group) + fuzz_touch(record->entry.link);
    case GBN_RECORD_NOTE:
        FUZZ_EXPECT(record->note.kind < GBN_NOTE_KINDS);
        return fuzz_touch(record->note.path) + fuzz_touch(record->note.reason);
    case GBN_RECORD_BLOCK:
        FUZZ_EXPECT(record->block.raw_size <= GBN_MANIFEST_RAW_MAX);
        return 0;
    default:
        return 0;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    gbn_manifest_record record;
    gbn_manifest_reader *reader;
    gbn_status rc;
    gbn_error err;
    size_t at, used;

    FUZZ_EXPECT(gbn_manifest_reader_new(&reader, &err) == GBN_OK);
    for (at = 0; at < length; at += used) {
        rc = gbn_manifest_read(reader, data + at, length - at, &used, &record, &err);
        if (rc < 0)
            FUZZ_EXPECT(rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT);
        if (rc < 0 || rc == GBN_AGAIN)
            break;
        FUZZ_EXPECT(used > 0 && used <= length - at);
        if (rc == GBN_OK)
            FUZZ_EXPECT(touch(&record) <= used);
    }
    gbn_manifest_reader_free(reader);
    return 0;
}

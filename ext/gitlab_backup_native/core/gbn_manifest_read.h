#ifndef GBN_MANIFEST_READ_H
#define GBN_MANIFEST_READ_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_manifest.h"

/*
 * gbn_manifest_read - one record of a manifest, which may be anyone's bytes, with
 * everything checked that a record says of itself: types, ranges, what its type of entry
 * must and must not have. How records follow one another is gbn_index's to check.
 */
typedef enum gbn_manifest_kind {
    GBN_RECORD_HEADER,
    GBN_RECORD_BLOCK,
    GBN_RECORD_ENTRY,
    GBN_RECORD_NOTE,
    GBN_RECORD_TRAILER
} gbn_manifest_kind;

typedef struct gbn_manifest_note {
    gbn_manifest_note_kind kind;
    const char *path, *reason;
} gbn_manifest_note;

typedef struct gbn_manifest_record {
    gbn_manifest_kind kind;
    union {
        gbn_manifest_header header;
        gbn_manifest_block block;
        gbn_manifest_entry entry;
        gbn_manifest_note note;
        gbn_manifest_trailer trailer;
    };
} gbn_manifest_record;

enum {
    GBN_MANIFEST_RECORD_MAX = 1024 * 1024, /* bytes of one record, its strings included */
    GBN_MANIFEST_RAW_MAX = 1024 * 1024,    /* raw bytes of one block */
};

/* Memory for the strings of one record. */
typedef struct gbn_manifest_reader gbn_manifest_reader;

/* Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_manifest_reader_new(gbn_manifest_reader **reader, gbn_error *err);
void gbn_manifest_reader_free(gbn_manifest_reader *reader);

/*
 * Decode the record at the start of `data`. Sizes and offsets it gives are at most
 * INT64_MAX, a block's stored size at most gbn_gzip_bound of its raw size.
 *
 * Returns  GBN_OK with `*used` bytes; GBN_SKIPPED with `*used` for a kind nobody knows;
 *          GBN_AGAIN when more bytes are needed, never past GBN_MANIFEST_RECORD_MAX;
 *          GBN_ERR_LIMIT past that; GBN_ERR_FORMAT; GBN_ERR_NOMEM.
 * Owns     strings are lent until the next call; memory never exceeds the record's length.
 * Threads  one at a time per reader.
 */
gbn_status gbn_manifest_read(gbn_manifest_reader *reader, const uint8_t *data, size_t length,
                             size_t *used, gbn_manifest_record *record, gbn_error *err);

#endif

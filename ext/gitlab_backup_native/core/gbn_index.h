#ifndef GBN_INDEX_H
#define GBN_INDEX_H

#include "gbn_error.h"
#include "gbn_manifest_read.h"

/*
 * gbn_index - a manifest's file from its first record to its last, with the rules of
 * docs/format/manifest.md checked as they come: the header first, blocks one after another
 * without a gap, members in blocks that were named before them, a trailer last whose counts,
 * sizes and CRC are those of what stood before it.
 *
 * Its memory is about 3 MiB at most, whatever the file says. A block whose record was read is not
 * proven: only a manifest that was read to GBN_END agrees with itself, and only one whose
 * trailer fits the product's file belongs to it.
 */
typedef struct gbn_index gbn_index;

/*
 * Open the file `path` and check its header.
 *
 * Returns  GBN_OK; GBN_ERR_INVALID for what is no regular file; GBN_ERR_SYSTEM; GBN_ERR_FORMAT;
 *          GBN_ERR_LIMIT; GBN_ERR_NOMEM.
 */
gbn_status gbn_index_open(const char *path, gbn_index **index, gbn_error *err);

/*
 * Give the next record; the header is the first. Kinds nobody knows are left out.
 *
 * Returns  GBN_OK; GBN_END behind the trailer; GBN_ERR_FORMAT and GBN_ERR_LIMIT naming the file and the
 *          record's offset; GBN_ERR_SYSTEM; GBN_ERR_NOMEM. A failure comes again on every later call.
 * Owns     the record is lent until the next call.
 * Threads  one at a time.
 * Blocks   on reading at most 1 MiB.
 */
gbn_status gbn_index_next(gbn_index *index, const gbn_manifest_record **record, gbn_error *err);

/* The bytes of the record that gbn_index_next has given last, lent until its next call. */
const uint8_t *gbn_index_bytes(const gbn_index *index, size_t *length);

/* Where in the file that record ends. */
uint64_t gbn_index_position(const gbn_index *index);

/* Which records gbn_index_find gives. */
typedef struct gbn_index_filter {
    unsigned kinds;           /* bits: 1U << GBN_RECORD_ENTRY */
    const char *const *paths; /* entries that are one of these or beneath one, ""; NULL: all */
    size_t path_count;
} gbn_index_filter;

/*
 * As gbn_index_next, leaving out what `filter` does not name, but at most `*budget` records at
 * a time; it goes down by those that were read.
 *
 * Returns  GBN_AGAIN also, when the budget is used up and there is no record.
 */
gbn_status gbn_index_find(gbn_index *index, const gbn_index_filter *filter, size_t *budget,
                          const gbn_manifest_record **record, gbn_error *err);

void gbn_index_close(gbn_index *index); /* NULL does nothing */

#endif

#ifndef GBN_INDEX_ORDER_H
#define GBN_INDEX_ORDER_H

#include "gbn_manifest_read.h"

/*
 * What docs/format/manifest.md says of the order of records and of what they say together: blocks
 * without gaps, entries in blocks that have been named, a trailer that counts right. For
 * gbn_index.c alone; zeroed at the begin.
 */
typedef struct gbn_index_order {
    bool plain;                /* codec none */
    bool started, done;        /* the header, the trailer has been read */
    gbn_manifest_trailer sums; /* of what has been read; stored_size: the end of the last block */
    uint64_t last_raw_size;    /* of the last block */
} gbn_index_order;

/* Take the next record. Returns NULL, or what is wrong with it, a string that stays. */
const char *gbn_index_order_check(gbn_index_order *order, const gbn_manifest_record *record);

#endif

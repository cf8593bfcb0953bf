#ifndef GBN_RECORDS_H
#define GBN_RECORDS_H

#include "gbn_manifest_read.h"

/*
 * gbn_records - some records out of the middle of a manifest whose order has been checked before
 * (gbn_index). For one thread at a time.
 */
typedef struct gbn_records gbn_records;

/* Returns GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM; GBN_ERR_INVALID for what is no regular file. */
gbn_status gbn_records_open(const char *path, gbn_records **records, gbn_error *err);

/* The next record is the one at `offset`. */
void gbn_records_seek(gbn_records *records, uint64_t offset);

/*
 * Give the next record, kinds nobody knows left out.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT, also at the file's end; GBN_ERR_LIMIT, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     lent until the next call.
 */
gbn_status gbn_records_next(gbn_records *records, const gbn_manifest_record **record,
                            gbn_error *err);

/*
 * Give the next entry, whatever stands before it.
 *
 * Returns  as gbn_records_next; GBN_ERR_FORMAT at the trailer.
 * Owns     lent until the next call.
 */
gbn_status gbn_records_next_entry(gbn_records *records, const gbn_manifest_entry **entry,
                                  gbn_error *err);

/* Append `length` bytes at `offset` as they are. Returns as gbn_records_next. */
gbn_status gbn_records_bytes(gbn_records *records, uint64_t offset, uint64_t length, gbn_bytes *out,
                             gbn_error *err);

/* NULL does nothing. */
void gbn_records_close(gbn_records *records);

#endif

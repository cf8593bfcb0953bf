#ifndef GBN_SORTER_H
#define GBN_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_sorter - any number of records put into order with bounded memory: they are sorted by
 * the 4 MiB, kept in files without names (gbn_spool), and merged eight at a time. For one thread at a time.
 */
typedef struct gbn_sorter gbn_sorter;

/* As qsort(3) wants it. Records that are equal keep no order. */
typedef int gbn_sorter_compare(const uint8_t *a, const uint8_t *b);

/* Files are made in the directory `folder`, if any. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_sorter_new(const char *folder, gbn_sorter_compare *compare, gbn_sorter **sorter,
                          gbn_error *err);

/* Add one record of 1 to GBN_SPOOL_RECORD_MAX bytes. Returns as gbn_spool_append. */
gbn_status gbn_sorter_add(gbn_sorter *sorter, const void *record, size_t length, gbn_error *err);

/*
 * Give the records, least first; the first call ends the adding.
 *
 * Returns  GBN_OK, GBN_END, and what gbn_spool's functions return.
 * Owns     the record is lent until the next call.
 */
gbn_status gbn_sorter_next(gbn_sorter *sorter, const uint8_t **record, size_t *length,
                           gbn_error *err);

/* NULL does nothing. */
void gbn_sorter_free(gbn_sorter *sorter);

#endif

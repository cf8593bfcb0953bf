#ifndef GBN_SPOOL_H
#define GBN_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_bytes.h"
#include "gbn_error.h"

/*
 * gbn_spool - records kept on disk until all are there, then read from either end: what
 * would take memory that grows with the input. The file has no name. For one thread at a time.
 */
typedef struct gbn_spool gbn_spool;

enum { GBN_SPOOL_RECORD_MAX = 4 * 1024 * 1024 };

/*
 * Begin a spool on the file system of the directory `folder`. Nothing is made on disk before
 * the first records overflow a buffer of a MiB.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM.
 */
gbn_status gbn_spool_new(const char *folder, gbn_spool **spool, gbn_error *err);

/* Append one record of 1 to GBN_SPOOL_RECORD_MAX bytes. Returns GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_LIMIT. */
gbn_status gbn_spool_append(gbn_spool *spool, const void *record, size_t length, gbn_error *err);

/*
 * Read the records from the first on, or from the last back. To be called once, after the last
 * append, before each pass.
 */
void gbn_spool_rewind(gbn_spool *spool);
void gbn_spool_wind(gbn_spool *spool);

/*
 * The next record in that direction, lent until the next call.
 *
 * Returns  GBN_OK, GBN_END, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 */
gbn_status gbn_spool_next(gbn_spool *spool, const uint8_t **record, size_t *length, gbn_error *err);
gbn_status gbn_spool_previous(gbn_spool *spool, const uint8_t **record, size_t *length,
                              gbn_error *err);

/* NULL does nothing. */
void gbn_spool_free(gbn_spool *spool);

#endif

#ifndef GBN_PLAIN_H
#define GBN_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_sha256.h"

/*
 * gbn_plain - the raw bytes of a product, from the first to the last: inflated when it is a
 * gzip file (of any number of members), as they are when it is not. For one thread at a time.
 */
typedef struct gbn_plain gbn_plain;

/*
 * Open the product. With `hash` the file's own bytes are hashed on the way.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_CODEC; as gbn_infile_open.
 */
gbn_status gbn_plain_open(const gbn_place *place, bool hash, gbn_cancel *cancel, gbn_plain **plain,
                          gbn_error *err);

/*
 * The next bytes, 256 KiB at most, lent until the next call. The signature is gbn_tar_source's.
 *
 * Returns  GBN_OK, GBN_END, GBN_ERR_FORMAT, GBN_ERR_SYSTEM, GBN_ERR_CANCELLED.
 */
gbn_status gbn_plain_next(void *plain, const uint8_t **data, size_t *length, gbn_error *err);

/* How many bytes of the file have been read, and how many raw bytes were given. */
uint64_t gbn_plain_stored(const gbn_plain *plain);
uint64_t gbn_plain_raw(const gbn_plain *plain);

/* The digest of the file's bytes. Once, after GBN_END. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_plain_digest(gbn_plain *plain, uint8_t digest[GBN_SHA256_SIZE], gbn_error *err);

/* Read and hash what is left without inflating it. Returns as gbn_plain_next. */
gbn_status gbn_plain_skip(gbn_plain *plain, gbn_error *err);

/* NULL does nothing. */
void gbn_plain_close(gbn_plain *plain);

#endif

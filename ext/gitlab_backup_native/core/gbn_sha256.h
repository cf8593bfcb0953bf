#ifndef GBN_SHA256_H
#define GBN_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_sha256 - SHA-256 (FIPS 180-4) by libcrypto, for one thread at a time.
 */
typedef struct gbn_sha256 gbn_sha256;

enum { GBN_SHA256_SIZE = 32 };

/*
 * Make a digest, ready for the first byte.
 *
 * Returns  GBN_OK; GBN_ERR_NOMEM; GBN_ERR_CODEC when libcrypto refuses, as it may where only chosen
 *          digests are allowed.
 * Owns     gives `*sha`, NULL after a failure.
 */
gbn_status gbn_sha256_new(gbn_sha256 **sha, gbn_error *err);

/* Start anew, whatever was counted before. Returns GBN_OK or GBN_ERR_CODEC. */
gbn_status gbn_sha256_reset(gbn_sha256 *sha, gbn_error *err);

/* Count `length` bytes of `data`. Returns as gbn_sha256_reset. */
gbn_status gbn_sha256_update(gbn_sha256 *sha, const void *data, size_t length, gbn_error *err);

/* Write the digest. Before the next update a reset is due. Returns as gbn_sha256_reset. */
gbn_status gbn_sha256_final(gbn_sha256 *sha, uint8_t digest[GBN_SHA256_SIZE], gbn_error *err);

/* NULL does nothing. */
void gbn_sha256_free(gbn_sha256 *sha);

#endif

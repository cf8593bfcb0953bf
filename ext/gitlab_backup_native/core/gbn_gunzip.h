#ifndef GBN_GUNZIP_H
#define GBN_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_gzip.h"

/*
 * gbn_gunzip - deflate data back to what it was, memory to memory: one segment as
 * gbn_gzip makes it, or a whole gzip file of any origin, in pieces of any size. Both
 * codecs read the same files and give the same bytes, but for one thing no damage brings
 * about: ISA-L minds no Huffman code that leaves some bit patterns without a meaning as long
 * as none of these comes, zlib refuses it. Length and CRC must be right for either.
 */
typedef struct gbn_gunzip gbn_gunzip; /* the state of one thread */

/* Make one. Returns GBN_OK, GBN_ERR_NOMEM, GBN_ERR_CODEC. Threads: one at a time. */
gbn_status gbn_gunzip_new(const gbn_gzip_codec *codec, gbn_gunzip **gunzip, gbn_error *err);
void gbn_gunzip_free(gbn_gunzip *gunzip);

/*
 * Inflate one segment as gbn_gzip_segment makes it: it must give exactly `raw_length`
 * bytes, end where `stored` ends, on a byte boundary, and expect a further block. Its CRC
 * is the caller's to compare. Forgets what gbn_gunzip_feed was amid.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT, then `raw` holds anything; GBN_ERR_NOMEM.
 */
gbn_status gbn_gunzip_segment(gbn_gunzip *gunzip, const uint8_t *stored, size_t stored_length,
                              uint8_t *raw, size_t raw_length, gbn_error *err);

/* What comes in and where to put what comes out; calls move both on. */
typedef struct gbn_gunzip_io {
    const uint8_t *in;
    size_t in_length;
    uint8_t *out;
    size_t out_length;
} gbn_gunzip_io;

/* The next byte is a file's first. */
void gbn_gunzip_start(gbn_gunzip *gunzip);

/*
 * Read on in a gzip file (RFC 1952): any number of members one behind the other, each with
 * its CRC and length checked at its end; behind the last one zeros are allowed, as tapes
 * and block devices leave them, and nothing else.
 *
 * Goes on until `in` or `out` is used up. If `out` is, there may be more to come, even
 * without further input.
 * Returns  GBN_OK; GBN_ERR_FORMAT with the place in the file; GBN_ERR_CODEC.
 */
gbn_status gbn_gunzip_feed(gbn_gunzip *gunzip, gbn_gunzip_io *io, gbn_error *err);

/*
 * The input is over, and the last call left room in `out`.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT amid a member, or if nothing came.
 */
gbn_status gbn_gunzip_finish(gbn_gunzip *gunzip, gbn_error *err);

#endif

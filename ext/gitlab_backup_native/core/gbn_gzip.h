#ifndef GBN_GZIP_H
#define GBN_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_gzip - one gzip member (RFC 1952) made of parts that know nothing of one
 * another: header, segments, end. A segment is one block of the input as raw
 * deflate data (RFC 1951) that ends on a byte boundary, is not final, and
 * refers to nothing before its start; so segments can be made side by side and
 * inflated each alone, and any gzip reader sees one ordinary member.
 *
 * Two codecs make segments: ISA-L, when the build has it, and zlib.
 */
typedef struct gbn_gzip_codec gbn_gzip_codec;       /* which library; static, never freed */
typedef struct gbn_gzip_deflater gbn_gzip_deflater; /* its state; one per thread */

enum {
    GBN_GZIP_HEADER_SIZE = 10,
    GBN_GZIP_END_SIZE = 10, /* the final empty block, 03 00, and the 8 bytes of the trailer */
};

/* The codec of that name ("isal", "zlib"), the best one for NULL; NULL if the build lacks it. */
const gbn_gzip_codec *gbn_gzip_codec_find(const char *name);

/* The name of a codec. */
const char *gbn_gzip_codec_name(const gbn_gzip_codec *codec);

/* The `index`th codec of this build, best first; NULL past the last. */
const gbn_gzip_codec *gbn_gzip_codec_at(size_t index);

/* CRC-32 as gzip wants it (RFC 1952, 8), continued from `crc`; 0 starts. */
uint32_t gbn_gzip_crc32(const gbn_gzip_codec *codec, uint32_t crc, const void *data, size_t length);

/* The CRC-32 of A followed by B from their own CRCs and B's length. */
uint32_t gbn_gzip_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b);

/*
 * The room a segment of `raw_length` bytes needs at worst: the stored form, which
 * costs 5 bytes for every 65,535 (RFC 1951, 3.2.4) and for every change between
 * stored and deflated, plus what a codec may use on the way.
 */
size_t gbn_gzip_bound(size_t raw_length);

/*
 * Make the state of one thread for segments of the fastest level.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_CODEC.
 * Threads  one at a time per deflater.
 */
gbn_status gbn_gzip_deflater_new(const gbn_gzip_codec *codec, gbn_gzip_deflater **deflater,
                                 gbn_error *err);
void gbn_gzip_deflater_free(gbn_gzip_deflater *deflater);

/*
 * Turn `raw` into one segment. Runs of 8 KiB and more that look compressed or
 * encrypted already are stored without trying, as is what deflate does not shrink.
 *
 * `out` has room for gbn_gzip_bound(raw_length) bytes; 0 bytes in give 0 bytes out.
 * Returns  GBN_OK with the segment's length in `*out_length`, GBN_ERR_CODEC.
 */
gbn_status gbn_gzip_segment(gbn_gzip_deflater *deflater, const uint8_t *raw, size_t raw_length,
                            uint8_t *out, size_t *out_length, gbn_error *err);

/* Write the member's header: no name, no time, so equal input gives equal bytes. */
void gbn_gzip_header(uint8_t out[GBN_GZIP_HEADER_SIZE]);

/* Write what ends the member, given the CRC and the length of all raw bytes. */
void gbn_gzip_end(uint8_t out[GBN_GZIP_END_SIZE], uint32_t crc, uint64_t raw_length);

#endif

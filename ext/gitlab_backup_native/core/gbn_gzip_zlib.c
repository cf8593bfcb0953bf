/*
 * zlib behind the codec interface: raw deflate (no zlib or gzip wrapper), level 1.
 * Z_FULL_FLUSH ends each segment with an empty stored block, 00 00 FF FF, which
 * is what brings it to a byte boundary. deflateReset forgets the window, so the
 * next segment refers to nothing before it.
 *
 * Level 1 alone makes 0.3 % more than gzip -1. Matches are looked for in chains of 8
 * instead of 4, and the strings of matches up to 5 bytes enter the hash table instead
 * of 4, which makes 0.4 % less at no measurable cost. More memory than the default costs
 * both time (cache) and size (rarer Huffman tables).
 */
#include "gbn_gzip_codec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    LEVEL = 1,
    RAW_WINDOW = -MAX_WBITS, /* zlib.h: negative means no wrapper */
    MEMORY_LEVEL = 8,        /* zlib's default */
    GOOD_LENGTH = 4,         /* these two as in level 1 */
    NICE_LENGTH = 8,
    INSERT_LENGTH = 5,
    CHAIN = 8,
};

static gbn_status
open_zlib(void **state, gbn_error *err)
{
    z_stream *stream = calloc(1, sizeof *stream);
    int rc;

    *state = NULL;
    if (stream == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a zlib stream");
    rc = deflateInit2(stream, LEVEL, Z_DEFLATED, RAW_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    if (rc != Z_OK) {
        free(stream);
        return gbn_fail(err, rc == Z_MEM_ERROR ? GBN_ERR_NOMEM : GBN_ERR_CODEC, 0,
                        "make a zlib stream (zlib says %d)", rc);
    }
    *state = stream;
    return GBN_OK;
}

static void
close_zlib(void *state)
{
    if (state != NULL)
        deflateEnd(state);
    free(state);
}

static gbn_status
deflate_zlib(void *state, const uint8_t *raw, size_t raw_length, uint8_t *out, size_t *length,
             gbn_error *err)
{
    z_stream *stream = state;
    int rc;

    if (raw_length > UINT_MAX || *length > UINT_MAX)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "deflate a block of %zu bytes", raw_length);
    rc = deflateReset(stream); /* sets what deflateTune changes to the level's values */
    if (rc == Z_OK)
        rc = deflateTune(stream, GOOD_LENGTH, INSERT_LENGTH, NICE_LENGTH, CHAIN);
    if (rc != Z_OK)
        return gbn_fail(err, GBN_ERR_CODEC, 0, "reset a zlib stream (zlib says %d)", rc);
    memcpy(&stream->next_in, &raw, sizeof raw); /* zlib takes no const without ZLIB_CONST */
    stream->avail_in = (uInt)raw_length;
    stream->next_out = out;
    stream->avail_out = (uInt)*length;
    rc = deflate(stream, Z_FULL_FLUSH);
    if (rc != Z_OK && rc != Z_BUF_ERROR)
        return gbn_fail(err, GBN_ERR_CODEC, 0, "deflate %zu bytes (zlib says %d)", raw_length, rc);
    if (stream->avail_out == 0) /* zlib.h, deflate(): only room left over means all is flushed */
        return GBN_SKIPPED;
    *length -= stream->avail_out;
    return GBN_OK;
}

static gbn_status
open_inflate(void **state, gbn_error *err)
{
    z_stream *stream = calloc(1, sizeof *stream);
    int rc;

    *state = NULL;
    if (stream == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a zlib stream");
    rc = inflateInit2(stream, RAW_WINDOW);
    if (rc != Z_OK) {
        free(stream);
        return gbn_fail(err, rc == Z_MEM_ERROR ? GBN_ERR_NOMEM : GBN_ERR_CODEC, 0,
                        "make a zlib stream (zlib says %d)", rc);
    }
    *state = stream;
    return GBN_OK;
}

static void
close_inflate(void *state)
{
    if (state != NULL)
        inflateEnd(state);
    free(state);
}

static gbn_status
start_inflate(void *state, gbn_error *err)
{
    const int rc = inflateReset(state);

    return rc == Z_OK ? GBN_OK
                      : gbn_fail(err, GBN_ERR_CODEC, 0, "reset a zlib stream (zlib says %d)", rc);
}

static uInt
at_most_uint(size_t length)
{
    return length > UINT_MAX ? UINT_MAX : (uInt)length;
}

static gbn_status
inflate_zlib(void *state, gbn_gunzip_io *io, gbn_gzip_rest *rest, gbn_error *err)
{
    z_stream *stream = state;
    const uInt in = at_most_uint(io->in_length), out = at_most_uint(io->out_length);
    int rc;

    memcpy(&stream->next_in, &io->in, sizeof io->in); /* as above */
    stream->avail_in = in;
    stream->next_out = io->out;
    stream->avail_out = out;
    rc = inflate(stream, Z_NO_FLUSH);
    io->in += in - stream->avail_in;
    io->in_length -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_length -= out - stream->avail_out;
    rest->length = 0;
    if (rc == Z_STREAM_END)
        return GBN_END;
    if (rc == Z_DATA_ERROR)
        return GBN_ERR_FORMAT;
    if (rc == Z_MEM_ERROR)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "inflate");
    if (rc != Z_OK && rc != Z_BUF_ERROR)
        return gbn_fail(err, GBN_ERR_CODEC, 0, "inflate (zlib says %d)", rc);
    return GBN_OK;
}

/* Two calls at most, and one byte of room more than needed, so that too much is seen as such. */
static gbn_status
inflate_segment_zlib(void *state, const uint8_t *stored, size_t stored_length, uint8_t *raw,
                     size_t raw_length, gbn_error *err)
{
    static const uint8_t final[] = GBN_GZIP_FINAL_BLOCK;
    uint8_t beyond;
    gbn_gunzip_io io = {stored, stored_length, raw, raw_length};
    gbn_gzip_rest rest;
    gbn_status rc = start_inflate(state, err);

    if (rc == GBN_OK && raw_length > 0)
        rc = inflate_zlib(state, &io, &rest, err);
    if (rc == GBN_OK && io.out_length == 0) {
        io.out = &beyond;
        io.out_length = sizeof beyond;
        rc = inflate_zlib(state, &io, &rest, err);
    }
    if (rc == GBN_OK && io.in_length == 0 && io.out == &beyond) {
        io.in = final;
        io.in_length = sizeof final;
        rc = inflate_zlib(state, &io, &rest, err);
        if (rc == GBN_END && io.in_length == 0 && io.out == &beyond)
            return GBN_OK;
    }
    if (rc < 0 && rc != GBN_ERR_FORMAT)
        return rc;
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "inflate a segment: the compressed data is damaged");
}

static uint32_t
crc32_zlib(uint32_t crc, const void *data, size_t length)
{
    return (uint32_t)crc32_z(crc, data, length);
}

const struct gbn_gzip_codec gbn_gzip_zlib = {
    .name = "zlib",
    .open = open_zlib,
    .close = close_zlib,
    .deflate = deflate_zlib,
    .inflate_open = open_inflate,
    .inflate_close = close_inflate,
    .inflate_start = start_inflate,
    .inflate = inflate_zlib,
    .inflate_segment = inflate_segment_zlib,
    .crc32 = crc32_zlib,
};

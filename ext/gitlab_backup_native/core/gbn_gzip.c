/*
 * Everything here is codec-independent: the frame of the member, and what a segment
 * is made of. Runs of bytes that look random are stored, what lies between them is
 * deflated, and each of these pieces starts afresh on a byte boundary. A block
 * of many small files thus wastes no time on its images, nor does their noise spoil
 * the Huffman codes of its texts.
 */
#include "gbn_gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gbn_bytes.h"
#include "gbn_gzip_codec.h"
#include "gbn_gzip_probe.h"

enum {
    STORED_MAX = 65535,  /* RFC 1951, 3.2.4: LEN has 16 bits */
    STORED_HEADER = 5,   /* 3 header bits padded to a byte, LEN, NLEN */
    CODEC_RESERVE = 512, /* codecs may write ahead of what they count */
};

struct gbn_gzip_deflater {
    const gbn_gzip_codec *codec;
    void *state;
};

static const gbn_gzip_codec *const codecs[] = {
#ifdef GBN_HAVE_ISAL
    &gbn_gzip_isal,
#endif
    &gbn_gzip_zlib,
    NULL,
};

const gbn_gzip_codec *
gbn_gzip_codec_find(const char *name)
{
    const gbn_gzip_codec *const *codec = codecs;

    if (name == NULL)
        return *codec;
    while (*codec != NULL && strcmp((*codec)->name, name) != 0)
        codec++;
    return *codec;
}

const char *
gbn_gzip_codec_name(const gbn_gzip_codec *codec)
{
    return codec->name;
}

const gbn_gzip_codec *
gbn_gzip_codec_at(size_t index)
{
    return index < sizeof codecs / sizeof *codecs ? codecs[index] : NULL;
}

uint32_t
gbn_gzip_crc32(const gbn_gzip_codec *codec, uint32_t crc, const void *data, size_t length)
{
    return codec->crc32(crc, data, length);
}

uint32_t
gbn_gzip_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b)
{
    return (uint32_t)crc32_combine64(crc_a, crc_b, (off64_t)length_b);
}

static size_t
stored_length(size_t raw_length)
{
    return raw_length + (raw_length + STORED_MAX - 1) / STORED_MAX * STORED_HEADER;
}

/* Each piece may end with a short stored block; at most every second is short of RANDOM_MIN. */
size_t
gbn_gzip_bound(size_t raw_length)
{
    const size_t pieces = 2 * (raw_length / GBN_GZIP_RANDOM_MIN) + 1;

    return stored_length(raw_length) + pieces * STORED_HEADER + CODEC_RESERVE;
}

gbn_status
gbn_gzip_deflater_new(const gbn_gzip_codec *codec, gbn_gzip_deflater **result, gbn_error *err)
{
    gbn_gzip_deflater *deflater = malloc(sizeof *deflater);
    gbn_status rc;

    *result = NULL;
    if (deflater == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a deflater");
    deflater->codec = codec;
    rc = codec->open(&deflater->state, err);
    if (rc < 0) {
        free(deflater);
        return rc;
    }
    *result = deflater;
    return GBN_OK;
}

void
gbn_gzip_deflater_free(gbn_gzip_deflater *deflater)
{
    if (deflater == NULL)
        return;
    deflater->codec->close(deflater->state);
    free(deflater);
}

/* RFC 1951, 3.2.4: BFINAL 0, BTYPE 00, five bits of padding, LEN, its complement, the bytes. */
static size_t
store(const uint8_t *raw, size_t raw_length, uint8_t *out)
{
    size_t used = 0, piece;

    while (raw_length > 0) {
        piece = raw_length < STORED_MAX ? raw_length : STORED_MAX;
        out[used] = 0;
        gbn_bytes_put_le16(out + used + 1, (uint16_t)piece);
        gbn_bytes_put_le16(out + used + 3, (uint16_t)~piece);
        memcpy(out + used + STORED_HEADER, raw, piece);
        used += STORED_HEADER + piece;
        raw += piece;
        raw_length -= piece;
    }
    return used;
}

/* `out` has room for the stored form, and CODEC_RESERVE more. */
static gbn_status
deflate_or_store(gbn_gzip_deflater *deflater, const uint8_t *raw, size_t raw_length, uint8_t *out,
                 size_t *out_length, gbn_error *err)
{
    gbn_status rc;

    *out_length = stored_length(raw_length) + CODEC_RESERVE;
    rc = deflater->codec->deflate(deflater->state, raw, raw_length, out, out_length, err);
    if (rc == GBN_SKIPPED || (rc == GBN_OK && *out_length > stored_length(raw_length))) {
        *out_length = store(raw, raw_length, out);
        rc = GBN_OK;
    }
    return rc;
}

gbn_status
gbn_gzip_segment(gbn_gzip_deflater *deflater, const uint8_t *raw, size_t raw_length, uint8_t *out,
                 size_t *out_length, gbn_error *err)
{
    size_t offset, begin, end, piece;
    gbn_status rc = GBN_OK;

    *out_length = 0;
    for (offset = 0; offset < raw_length && rc == GBN_OK; offset = end) {
        end = offset + gbn_gzip_find_random(raw + offset, raw_length - offset, &begin);
        if (begin > 0) {
            rc = deflate_or_store(deflater, raw + offset, begin, out + *out_length, &piece, err);
            *out_length += piece;
        }
        *out_length += store(raw + offset + begin, end - offset - begin, out + *out_length);
    }
    return rc;
}

/* RFC 1952, 2.3. XFL 4: the fastest algorithm. OS 255: unknown, as it should be. */
void
gbn_gzip_header(uint8_t out[GBN_GZIP_HEADER_SIZE])
{
    static const uint8_t header[GBN_GZIP_HEADER_SIZE] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};

    memcpy(out, header, sizeof header);
}

/* The final block: BFINAL 1, BTYPE 01 (fixed codes), the 7-bit end-of-block code 0000000. */
void
gbn_gzip_end(uint8_t out[GBN_GZIP_END_SIZE], uint32_t crc, uint64_t raw_length)
{
    out[0] = 0x03;
    out[1] = 0x00;
    gbn_bytes_put_le32(out + 2, crc);
    gbn_bytes_put_le32(out + 6, (uint32_t)(raw_length & UINT32_MAX)); /* modulo 2^32 */
}

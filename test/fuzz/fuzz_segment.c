/*
 * Any bytes as one segment of a block of any length, in buffers that end where they end. What
 * zlib accepts, ISA-L accepts, and it gives the same bytes.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "gbn_gunzip.h"

enum { RAW_MAX = 256 * 1024 };

static gbn_status
inflate(const gbn_gzip_codec *codec, const uint8_t *data, size_t length, uint8_t *raw,
        size_t raw_length)
{
    gbn_gunzip *gunzip;
    gbn_error err;
    gbn_status rc;

    FUZZ_EXPECT(gbn_gunzip_new(codec, &gunzip, &err) == GBN_OK);
    rc = gbn_gunzip_segment(gunzip, data, length, raw, raw_length, &err);
    gbn_gunzip_free(gunzip);
    FUZZ_EXPECT(rc == GBN_OK || rc == GBN_ERR_FORMAT);
    return rc;
}

/* The first three bytes are the length it is said to have. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    const gbn_gzip_codec *zlib = gbn_gzip_codec_find("zlib"), *codec;
    size_t raw_length, i;
    uint8_t *want, *raw;
    gbn_status rc;

    if (length < 3)
        return -1;
    raw_length = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % RAW_MAX;
    want = malloc(raw_length + 1);
    raw = malloc(raw_length == 0 ? 1 : raw_length);
    rc = inflate(zlib, data + 3, length - 3, want, raw_length);
    for (i = 0; rc == GBN_OK && (codec = gbn_gzip_codec_at(i)) != NULL; i++) {
        FUZZ_EXPECT(inflate(codec, data + 3, length - 3, raw, raw_length) == GBN_OK);
        FUZZ_EXPECT(memcmp(raw, want, raw_length) == 0);
    }
    if (rc != GBN_OK)
        inflate(gbn_gzip_codec_find(NULL), data + 3, length - 3, raw, raw_length);
    free(want);
    free(raw);
    return 0;
}

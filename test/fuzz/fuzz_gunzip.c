/*
 * Any bytes as a gzip file. However they are cut in pieces, a codec says the same of them;
 * what zlib accepts, ISA-L accepts, and it gives the same bytes.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "gbn_gunzip.h"

enum { ROOM = 64 * 1024, OUTPUT_MAX = 4 * 1024 * 1024 };

struct outcome {
    gbn_status status;
    uint64_t length;
    uint32_t crc;
    int cut; /* more came out than is worth waiting for */
};

static struct outcome
read_all(const gbn_gzip_codec *codec, const uint8_t *data, size_t length, size_t in_piece,
         size_t out_piece)
{
    static uint8_t room[ROOM];
    struct outcome outcome = {GBN_OK, 0, 0, 0};
    gbn_gunzip_io io = {data, 0, room, 0};
    size_t left = length, made;
    gbn_gunzip *gunzip;
    gbn_error err;

    FUZZ_EXPECT(gbn_gunzip_new(codec, &gunzip, &err) == GBN_OK);
    do {
        if (io.in_length == 0) {
            io.in_length = left < in_piece ? left : in_piece;
            left -= io.in_length;
        }
        io.out = room;
        io.out_length = out_piece;
        outcome.status = gbn_gunzip_feed(gunzip, &io, &err);
        made = out_piece - io.out_length;
        outcome.crc = gbn_gzip_crc32(codec, outcome.crc, room, made);
        outcome.length += made;
        outcome.cut = outcome.length > OUTPUT_MAX;
    } while (outcome.status == GBN_OK && !outcome.cut &&
             (left > 0 || io.in_length > 0 || io.out_length == 0));
    if (outcome.status == GBN_OK && !outcome.cut)
        outcome.status = gbn_gunzip_finish(gunzip, &err);
    gbn_gunzip_free(gunzip);
    FUZZ_EXPECT(outcome.status == GBN_OK || outcome.status == GBN_ERR_FORMAT);
    FUZZ_EXPECT(outcome.status == GBN_OK || strlen(err.message) > 0);
    return outcome;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    const gbn_gzip_codec *zlib = gbn_gzip_codec_find("zlib"), *codec;
    const struct outcome want = read_all(zlib, data, length, length + 1, ROOM);
    size_t i;

    for (i = 0; (codec = gbn_gzip_codec_at(i)) != NULL; i++) {
        const struct outcome whole = read_all(codec, data, length, length + 1, ROOM);
        const struct outcome pieces = read_all(codec, data, length, 1 + length % 7, 509);

        FUZZ_EXPECT(whole.cut == pieces.cut && whole.status == pieces.status);
        if (!whole.cut && whole.status == GBN_OK)
            FUZZ_EXPECT(whole.length == pieces.length && whole.crc == pieces.crc);
        if (!want.cut && want.status == GBN_OK)
            FUZZ_EXPECT(whole.status == GBN_OK && whole.length == want.length &&
                        whole.crc == want.crc);
    }
    return 0;
}

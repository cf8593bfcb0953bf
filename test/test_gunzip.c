#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gbn_bytes.h"
#include "gbn_gunzip.h"
#include "samples.h"
#include "scratch.h"

enum { MIB = 1024 * 1024 };

static gbn_error err;
static gbn_bytes out, file;

static void
end(void)
{
    gbn_bytes_free(&out);
    gbn_bytes_free(&file);
    scratch_leave();
}

TestSuite(gunzip, .init = scratch_enter, .fini = end, .timeout = 120);

#define EACH(item, list)                                                                           \
    for (size_t item##_at = 0; item##_at < sizeof(list) / sizeof *(list); item##_at++)

#define EACH_CODEC(codec)                                                                          \
    for (size_t codec##_at = 0; ((codec) = gbn_gzip_codec_at(codec##_at)) != NULL; codec##_at++)

static gbn_gunzip *
new_gunzip(const gbn_gzip_codec *codec)
{
    gbn_gunzip *gunzip;

    cr_assert(eq(int, gbn_gunzip_new(codec, &gunzip, &err), GBN_OK));
    return gunzip;
}

/* The whole file into `out`, in pieces of these sizes. */
static gbn_status
read_pieces(gbn_gunzip *gunzip, const void *data, size_t length, size_t in_piece, size_t out_piece)
{
    gbn_gunzip_io io = {.in = data};
    size_t left = length;
    gbn_status rc;

    gbn_bytes_clear(&out);
    gbn_gunzip_start(gunzip);
    do {
        if (io.in_length == 0) {
            io.in_length = left < in_piece ? left : in_piece;
            left -= io.in_length;
        }
        gbn_bytes_reserve(&out, out_piece, NULL);
        io.out = out.data + out.length;
        io.out_length = out_piece;
        rc = gbn_gunzip_feed(gunzip, &io, &err);
        out.length += out_piece - io.out_length;
    } while (rc == GBN_OK && (left > 0 || io.in_length > 0 || io.out_length == 0));
    return rc == GBN_OK ? gbn_gunzip_finish(gunzip, &err) : rc;
}

/* All codecs must say the same; the last one's bytes are in `out`. */
static gbn_status
read_whole(const void *data, size_t length)
{
    const gbn_gzip_codec *codec;
    gbn_status first = GBN_OK, rc = GBN_OK;
    gbn_bytes content = GBN_BYTES_INIT;

    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);

        rc = read_pieces(gunzip, data, length, length + 1, 100000);
        gbn_gunzip_free(gunzip);
        if (codec_at > 0) {
            cr_assert(eq(int, rc, first));
            cr_assert(rc < 0 || out.length == content.length);
            cr_assert(rc < 0 || out.length == 0 || memcmp(out.data, content.data, out.length) == 0);
        }
        first = rc;
        gbn_bytes_clear(&content);
        gbn_bytes_append(&content, out.data, out.length, NULL);
    }
    gbn_bytes_free(&content);
    return rc;
}

static void
expect_content(const void *raw, size_t length)
{
    cr_assert(eq(int, read_whole(file.data, file.length), GBN_OK), "%s", err.message);
    cr_assert(eq(sz, out.length, length));
    cr_assert(length == 0 || memcmp(out.data, raw, length) == 0);
}

static void
expect_refusal(const char *reason)
{
    cr_assert(eq(int, read_whole(file.data, file.length), GBN_ERR_FORMAT));
    cr_assert(strstr(err.message, reason) != NULL, "%s", err.message);
}

/* Append a member with these flags to `file`; what they announce is the caller's to give. */
static void
add_member(const char *text, uint8_t flags, const void *fields, size_t fields_length)
{
    const uint8_t header[] = {0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3};
    const size_t length = strlen(text);
    uint8_t data[2000], trailer[8];
    z_stream stream;

    memset(&stream, 0, sizeof stream);
    cr_assert(eq(int, deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK));
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)length;
    stream.next_out = data;
    stream.avail_out = sizeof data;
    cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
    deflateEnd(&stream);
    gbn_bytes_put_le32(trailer, (uint32_t)crc32(0, (const Bytef *)text, (uInt)length));
    gbn_bytes_put_le32(trailer + 4, (uint32_t)length);
    gbn_bytes_append(&file, header, sizeof header, NULL);
    gbn_bytes_append(&file, fields, fields_length, NULL);
    gbn_bytes_append(&file, data, sizeof data - stream.avail_out, NULL);
    gbn_bytes_append(&file, trailer, sizeof trailer, NULL);
}

static void
add_text(const char *text)
{
    add_member(text, 0, "", 0);
}

Test(gunzip, what_gzip_and_pigz_make_at_any_level_is_read)
{
    static const char *const programs[] = {"gzip", "pigz"};
    static const char *const levels[] = {"-1", "-6", "-9"};
    static uint8_t raw[3 * MIB];
    int kind;

    for (kind = 0; kind < SAMPLE_KINDS; kind++) {
        sample_fill(kind, raw, sizeof raw, 1);
        scratch_write("named", raw, sizeof raw);
        EACH(program, programs)
        EACH(level, levels)
        {
            gbn_bytes_clear(&file);
            cr_assert(
                eq(int, RUN(&file, programs[program_at], levels[level_at], "-kc", "named"), 0));
            expect_content(raw, sizeof raw);
        }
    }
}

/* Any part of the frame, and any place in deflate data, comes to lie at a seam. */
Test(gunzip, pieces_of_any_size_give_the_same_bytes)
{
    static const size_t pieces[] = {1, 2, 7, 8, 1000, 65536, MIB};
    static const uint8_t fields[] = "\x03\0abcname\0comment";
    static uint8_t raw[120000];
    const gbn_gzip_codec *codec;
    gbn_bytes big = GBN_BYTES_INIT, all = GBN_BYTES_INIT;

    sample_fill(SAMPLE_MIXED, raw, sizeof raw, 2);
    scratch_write("raw", raw, sizeof raw);
    add_member("first", 4 | 8 | 16, fields, sizeof fields);
    cr_assert(eq(int, RUN(&big, "gzip", "-c", "raw"), 0));
    gbn_bytes_append(&file, big.data, big.length, NULL);
    add_text("");
    add_text("last");
    gbn_bytes_append_zeros(&file, 20, NULL);
    gbn_bytes_append(&all, "first", 5, NULL);
    gbn_bytes_append(&all, raw, sizeof raw, NULL);
    gbn_bytes_append(&all, "last", 4, NULL);
    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);

        EACH(in, pieces)
        EACH(room, pieces)
        {
            cr_assert(
                eq(int, read_pieces(gunzip, file.data, file.length, pieces[in_at], pieces[room_at]),
                   GBN_OK));
            cr_assert(eq(sz, out.length, all.length));
            cr_assert(eq(int, memcmp(out.data, all.data, all.length), 0));
        }
        gbn_gunzip_free(gunzip);
    }
    gbn_bytes_free(&big);
    gbn_bytes_free(&all);
}

Test(gunzip, a_file_cut_anywhere_is_refused)
{
    uint8_t raw[1500];
    size_t length;

    sample_fill(SAMPLE_MIXED, raw, sizeof raw, 3);
    scratch_write("raw", raw, sizeof raw);
    cr_assert(eq(int, RUN(&file, "gzip", "-c", "raw"), 0));
    expect_content(raw, sizeof raw);
    for (length = file.length; length-- > 0;) {
        file.length = length;
        expect_refusal(length > 0 ? "the file ends too early" : "the file is empty");
    }
}

Test(gunzip, a_file_cut_behind_a_member_is_shorter_and_whole)
{
    size_t first;

    add_text("one");
    first = file.length;
    add_text("two");
    expect_content("onetwo", 6);
    file.length = first;
    expect_content("one", 3);
}

/* Time, system, a hint in the flags and the padding before the trailer mean nothing to the content. */
Test(gunzip, no_flipped_bit_gives_other_bytes)
{
    static const char text[] = "a text, a text and then a third text: 0123456789";
    size_t bit, harmless = 0;

    add_text(text);
    for (bit = 0; bit < file.length * 8; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (read_whole(file.data, file.length) == GBN_OK) {
            cr_assert(eq(sz, out.length, sizeof text - 1));
            cr_assert(eq(int, memcmp(out.data, text, out.length), 0));
            harmless++;
        }
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    cr_assert(all(ge(sz, harmless, 1 + 6 * 8), le(sz, harmless, 1 + 6 * 8 + 7)));
}

Test(gunzip, any_flipped_bit_in_many_blocks_of_data_is_noticed)
{
    static uint8_t raw[60000];
    size_t byte;

    sample_fill(SAMPLE_MIXED, raw, sizeof raw, 4);
    scratch_write("raw", raw, sizeof raw);
    cr_assert(eq(int, RUN(&file, "gzip", "-1nc", "raw"), 0));
    for (byte = 10; byte < file.length; byte += 13) {
        file.data[byte] ^= (uint8_t)(1 << byte % 8);
        cr_assert(read_whole(file.data, file.length) == GBN_ERR_FORMAT ||
                  memcmp(out.data, raw, sizeof raw) == 0);
        file.data[byte] ^= (uint8_t)(1 << byte % 8);
    }
}

Test(gunzip, empty_members_are_members)
{
    add_text("");
    expect_content("", 0);
    add_text("");
    add_text("x");
    add_text("");
    expect_content("x", 1);
}

Test(gunzip, zeros_may_follow_and_nothing_else)
{
    add_text("x");
    gbn_bytes_append_zeros(&file, 1, NULL);
    expect_content("x", 1);
    gbn_bytes_append_zeros(&file, 100000, NULL);
    expect_content("x", 1);
    add_text("y");
    expect_refusal("something other than zeros follows");
    gbn_bytes_clear(&file);
    add_text("x");
    gbn_bytes_append(&file, "garbage", 7, NULL);
    expect_refusal("not a gzip header");
}

Test(gunzip, all_fields_of_a_header_are_passed_over)
{
    static const char texts[] = "a name\0a comment"; /* each with its NUL */
    uint8_t fields[70000];
    const size_t length = 2 + 65535 + sizeof texts;

    memset(fields, 'x', sizeof fields);
    gbn_bytes_put_le16(fields, 65535); /* the longest extra field there can be */
    memcpy(fields + 2 + 65535, texts, sizeof texts);
    add_member("content", 1 | 4 | 8 | 16, fields, length);
    expect_content("content", 7);
    scratch_write("x.gz", file.data, file.length);
    gbn_bytes_clear(&out);
    cr_assert(eq(int, RUN(&out, "gzip", "-dc", "x.gz"), 0));
    cr_assert(eq(str, (char *)out.data, "content"));
}

Test(gunzip, an_extra_field_may_be_empty)
{
    add_member("content", 4, "\0\0", 2);
    expect_content("content", 7);
    gbn_bytes_clear(&file);
    add_member("content", 4 | 8, "\0\0name", 7);
    expect_content("content", 7);
}

/* zlib's inflateInit2(31) is the oracle: it checks this CRC too. */
Test(gunzip, the_checksum_of_a_header_is_checked)
{
    uint8_t header[] = {0x1f, 0x8b, 8, 2 | 8, 1, 2, 3, 4, 0, 3, 'n', 0, 0, 0}, sum[4];

    gbn_bytes_put_le32(sum, (uint32_t)crc32(0, header, 12));
    memcpy(header + 12, sum, 2);
    add_member("first", 0, "", 0); /* each member's header is summed up by itself */
    add_member("content", 2 | 8, header + 10, 4);
    expect_content("firstcontent", 12);
    header[12] ^= 1;
    gbn_bytes_clear(&file);
    add_member("content", 2 | 8, header + 10, 4);
    expect_refusal("the checksum of a gzip header differs");
}

Test(gunzip, what_no_version_of_the_format_knows_is_refused)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *reason;
    } cases[] = {{0, 0x1e, "not a gzip header"}, {1, 0x8c, "not a gzip header"},
                 {2, 7, "unknown method"},       {3, 32, "unknown flags"},
                 {3, 64, "unknown flags"},       {3, 128, "unknown flags"}};

    EACH(case, cases)
    {
        gbn_bytes_clear(&file);
        add_text("x");
        file.data[cases[case_at].at] = cases[case_at].byte;
        expect_refusal(cases[case_at].reason);
    }
}

Test(gunzip, a_wrong_trailer_is_refused_and_its_place_told)
{
    add_text("one");
    add_text("two");
    file.data[file.length - 8] ^= 1;
    expect_refusal("inflate at byte 38: the content's checksum differs");
    file.data[file.length - 8] ^= 1;
    file.data[file.length - 1] ^= 1;
    expect_refusal("the content's length differs");
}

static void
add_deflated(const uint8_t *raw, size_t length, int level, int strategy)
{
    const size_t room = length + length / 100 + 1000;
    z_stream stream;

    memset(&stream, 0, sizeof stream);
    cr_assert(eq(int, deflateInit2(&stream, level, Z_DEFLATED, 31, 8, strategy), Z_OK));
    gbn_bytes_reserve(&file, room, NULL);
    stream.next_in = (Bytef *)(uintptr_t)raw;
    stream.avail_in = (uInt)length;
    stream.next_out = file.data + file.length;
    stream.avail_out = (uInt)room;
    cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
    file.length += room - stream.avail_out;
    deflateEnd(&stream);
}

Test(gunzip, stored_fixed_and_dynamic_blocks_are_read)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
    static uint8_t raw[300000];
    int kind;

    for (kind = 0; kind < SAMPLE_KINDS; kind++) {
        sample_fill(kind, raw, sizeof raw, 5);
        gbn_bytes_clear(&file);
        add_deflated(raw, sizeof raw, 0, Z_DEFAULT_STRATEGY);
        expect_content(raw, sizeof raw);
        EACH(strategy, strategies)
        {
            gbn_bytes_clear(&file);
            add_deflated(raw, sizeof raw, 9, strategies[strategy_at]);
            expect_content(raw, sizeof raw);
        }
    }
}

Test(gunzip, a_bomb_comes_out_in_pieces)
{
    enum { SIZE = 200 * MIB };
    uint8_t *raw = calloc(1, SIZE), *room = malloc(MIB);
    const gbn_gzip_codec *codec;

    add_deflated(raw, SIZE, 9, Z_DEFAULT_STRATEGY);
    free(raw);
    cr_assert(lt(sz, file.length, SIZE / 1000));
    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);
        gbn_gunzip_io io = {.in = file.data, .in_length = file.length};
        size_t length = 0;

        do {
            io.out = room;
            io.out_length = MIB;
            cr_assert(eq(int, gbn_gunzip_feed(gunzip, &io, &err), GBN_OK));
            length += MIB - io.out_length;
        } while (io.out_length == 0);
        cr_assert(eq(sz, length, SIZE));
        cr_assert(eq(int, gbn_gunzip_finish(gunzip, &err), GBN_OK));
        gbn_gunzip_free(gunzip);
    }
    free(room);
}

Test(gunzip, after_damage_it_can_start_anew)
{
    const gbn_gzip_codec *codec;

    add_text("a text, a text, a text");
    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);

        file.data[14] ^= 0x10;
        cr_assert(eq(int, read_pieces(gunzip, file.data, file.length, 5, 5), GBN_ERR_FORMAT));
        file.data[14] ^= 0x10;
        cr_assert(eq(int, read_pieces(gunzip, file.data, file.length, 5, 5), GBN_OK));
        cr_assert(eq(sz, out.length, 22));
        gbn_gunzip_free(gunzip);
    }
}

/*
 * One block of dynamic codes, "aa": 'a' and the end have codes of two bits, so half of all
 * patterns mean nothing. No damage comes with the right CRC.
 */
Test(gunzip, a_code_with_meaningless_patterns_gives_the_right_bytes_or_none)
{
    static const uint8_t data[157] = {
        0x1f,       0x8b,        8,           [10] = 5,   [11] = 224,  [12] = 1,  [13] = 144,
        [14] = 36,  [15] = 73,   [16] = 146,  [17] = 36,  [18] = 73,   [19] = 2,  [68] = 1,
        [147] = 16, [148] = 128, [149] = 215, [150] = 25, [151] = 138, [152] = 7, [153] = 2};
    const gbn_gzip_codec *codec;

    scratch_write("x.gz", data, sizeof data);
    cr_assert(eq(int, RUN(&file, "sh", "-c", "gzip -t x.gz 2>&1"), 1));
    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);

        if (read_pieces(gunzip, data, sizeof data, sizeof data, 100) == GBN_OK)
            cr_assert(eq(int, memcmp(out.data, "aa", 2), 0));
        else
            cr_assert(eq(int, err.status, GBN_ERR_FORMAT));
        gbn_gunzip_free(gunzip);
    }
}

/* ---- segments ---- */

static size_t
make_segment(const gbn_gzip_codec *codec, const uint8_t *raw, size_t length, uint8_t *segment)
{
    gbn_gzip_deflater *deflater;
    size_t result;

    cr_assert(eq(int, gbn_gzip_deflater_new(codec, &deflater, &err), GBN_OK));
    cr_assert(eq(int, gbn_gzip_segment(deflater, raw, length, segment, &result, &err), GBN_OK));
    gbn_gzip_deflater_free(deflater);
    return result;
}

Test(gunzip, segments_of_any_codec_are_inflated_by_all_and_nothing_beyond_is_touched)
{
    static const size_t sizes[] = {0, 1, 2, 255, 4096, 65536, 99999, MIB};
    const gbn_gzip_codec *maker, *codec;
    uint8_t *raw = malloc(MIB), *segment = malloc(gbn_gzip_bound(MIB)), *stored, *back;
    size_t length;
    int kind;

    for (kind = 0; kind < SAMPLE_KINDS; kind++)
        EACH(size, sizes)
    EACH_CODEC(maker)
    {
        sample_fill(kind, raw, sizes[size_at], 6);
        length = make_segment(maker, raw, sizes[size_at], segment);
        stored = guarded_before_end(length);
        memcpy(stored, segment, length);
        EACH_CODEC(codec)
        {
            gbn_gunzip *gunzip = new_gunzip(codec);

            back = codec_at % 2 == 0 ? guarded_before_end(sizes[size_at])
                                     : guarded_from_start(sizes[size_at]);
            cr_assert(eq(int,
                         gbn_gunzip_segment(gunzip, stored, length, back, sizes[size_at], &err),
                         GBN_OK));
            cr_assert(eq(int, memcmp(back, raw, sizes[size_at]), 0));
            gbn_gunzip_free(gunzip);
        }
    }
    free(raw);
    free(segment);
}

static void
expect_segment_refused(const uint8_t *segment, size_t length, size_t raw_length)
{
    const gbn_gzip_codec *codec;
    uint8_t *back = guarded_before_end(raw_length);

    EACH_CODEC(codec)
    {
        gbn_gunzip *gunzip = new_gunzip(codec);

        cr_assert(eq(int, gbn_gunzip_segment(gunzip, segment, length, back, raw_length, &err),
                     GBN_ERR_FORMAT));
        gbn_gunzip_free(gunzip);
    }
}

Test(gunzip, a_segment_of_another_length_is_refused)
{
    static uint8_t raw[5000], segment[20000];
    const gbn_gzip_codec *codec;
    size_t length, cut;

    sample_fill(SAMPLE_TEXT, raw, sizeof raw, 7);
    EACH_CODEC(codec)
    {
        length = make_segment(codec, raw, sizeof raw, segment);
        expect_segment_refused(segment, length, 0);
        expect_segment_refused(segment, length, sizeof raw - 1);
        expect_segment_refused(segment, length, sizeof raw + 1);
        /* without its last five bytes, an empty block, it is a segment still */
        for (cut = 0; cut + 5 < length; cut += cut + 40 < length ? 17 : 1)
            expect_segment_refused(segment, cut, sizeof raw);
        memcpy(segment + length, "\1\0\0\xff\xff\0", 6); /* an end, or the half of a block */
        expect_segment_refused(segment, length + 5, sizeof raw);
        expect_segment_refused(segment, length + 1, sizeof raw);
        expect_segment_refused(segment + 1, length - 1, sizeof raw);
    }
}

Test(gunzip, a_segment_that_refers_to_what_was_before_it_is_refused)
{
    static uint8_t raw[1000], segment[2000];
    z_stream stream;

    sample_fill(SAMPLE_RANDOM, raw, sizeof raw, 8);
    memset(&stream, 0, sizeof stream);
    cr_assert(eq(int, deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK));
    deflateSetDictionary(&stream, raw, sizeof raw);
    stream.next_in = raw;
    stream.avail_in = sizeof raw;
    stream.next_out = segment;
    stream.avail_out = sizeof segment;
    cr_assert(eq(int, deflate(&stream, Z_FULL_FLUSH), Z_OK));
    expect_segment_refused(segment, stream.total_out, sizeof raw);
    deflateEnd(&stream);
}

Test(gunzip, freeing_nothing_is_allowed)
{
    gbn_gunzip_free(NULL);
}

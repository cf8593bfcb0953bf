#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gbn_bytes.h"
#include "gbn_gzip.h"
#include "samples.h"
#include "scratch.h"

TestSuite(gzip, .init = scratch_enter, .fini = scratch_leave);

enum { MIB = 1024 * 1024 };

static const size_t sizes[] = {1,      2,      127,     128,   511,     4095,       4096,  8191,
                               8192,   8193,   12345,   32768, 65534,   65535,      65536, 131070,
                               131071, 200000, MIB - 1, MIB,   MIB + 1, 3 * MIB + 7};

#define EACH(item, list)                                                                           \
    for (size_t item##_at = 0; item##_at < sizeof(list) / sizeof *(list); item##_at++)

#define EACH_CODEC(codec)                                                                          \
    for (size_t codec##_at = 0; ((codec) = gbn_gzip_codec_at(codec##_at)) != NULL; codec##_at++)

static gbn_gzip_deflater *
new_deflater(const gbn_gzip_codec *codec)
{
    gbn_gzip_deflater *deflater;

    cr_assert(eq(int, gbn_gzip_deflater_new(codec, &deflater, NULL), GBN_OK));
    return deflater;
}

static size_t
make_segment(gbn_gzip_deflater *deflater, const uint8_t *raw, size_t raw_length, uint8_t *out)
{
    size_t length;

    cr_assert(eq(int, gbn_gzip_segment(deflater, raw, raw_length, out, &length, NULL), GBN_OK));
    return length;
}

/* zlib's word on a segment by itself: all of it, from nothing, without an end. */
static void
expect_inflates(const uint8_t *segment, size_t length, const uint8_t *raw, size_t raw_length)
{
    uint8_t *out = malloc(raw_length + 1);
    uint8_t end[] = {0x03, 0x00};
    z_stream stream;

    memset(&stream, 0, sizeof stream);
    cr_assert(eq(int, inflateInit2(&stream, -MAX_WBITS), Z_OK));
    stream.next_in = (Bytef *)(uintptr_t)segment;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)raw_length + 1;
    cr_assert(eq(int, inflate(&stream, Z_SYNC_FLUSH), Z_OK));
    cr_assert(eq(int, stream.avail_in, 0));
    cr_assert(eq(ulong, stream.total_out, raw_length));
    cr_assert(eq(int, memcmp(out, raw, raw_length), 0));
    stream.next_in = end; /* an end is understood only on a byte boundary */
    stream.avail_in = sizeof end;
    cr_assert(eq(int, inflate(&stream, Z_FINISH), Z_STREAM_END));
    cr_assert(eq(ulong, stream.total_out, raw_length));
    inflateEnd(&stream);
    free(out);
}

Test(gzip, every_segment_inflates_alone_and_ends_on_a_byte_boundary)
{
    uint8_t *raw = malloc(4 * MIB), *out = malloc(gbn_gzip_bound(4 * MIB));
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    int kind;
    size_t length;

    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        for (kind = 0; kind < SAMPLE_KINDS; kind++)
            EACH(size, sizes)
            {
                sample_fill(kind, raw, sizes[size_at], size_at);
                length = make_segment(deflater, raw, sizes[size_at], out);
                expect_inflates(out, length, raw, sizes[size_at]);
            }
        gbn_gzip_deflater_free(deflater);
    }
    free(raw);
    free(out);
}

Test(gzip, a_segment_stays_within_its_bound_and_reads_nothing_beyond_its_block)
{
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    uint8_t *raw, *out;
    int kind;

    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        for (kind = 0; kind < SAMPLE_KINDS; kind++)
            EACH(size, sizes)
            {
                raw = guarded_before_end(sizes[size_at]);
                out = guarded_before_end(gbn_gzip_bound(sizes[size_at]));
                sample_fill(kind, raw, sizes[size_at], size_at);
                make_segment(deflater, raw, sizes[size_at], out);
                raw = guarded_from_start(sizes[size_at]);
                out = guarded_from_start(gbn_gzip_bound(sizes[size_at]));
                sample_fill(kind, raw, sizes[size_at], size_at);
                make_segment(deflater, raw, sizes[size_at], out);
            }
        gbn_gzip_deflater_free(deflater);
    }
}

Test(gzip, zero_bytes_make_an_empty_segment)
{
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    uint8_t *out = guarded_before_end(gbn_gzip_bound(0));

    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        cr_assert(eq(sz, make_segment(deflater, NULL, 0, out), 0));
        gbn_gzip_deflater_free(deflater);
    }
}

Test(gzip, equal_blocks_make_equal_segments_whatever_came_before)
{
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *used, *fresh;
    uint8_t *raw = malloc(MIB), *first = malloc(gbn_gzip_bound(MIB));
    uint8_t *second = malloc(gbn_gzip_bound(MIB));
    size_t length;
    int kind, before;

    EACH_CODEC(codec)
    {
        used = new_deflater(codec);
        for (kind = 0; kind < SAMPLE_KINDS; kind++)
            for (before = 0; before < SAMPLE_KINDS; before++) {
                sample_fill(before, raw, MIB, 5);
                make_segment(used, raw, (size_t)MIB / 3, second);
                sample_fill(kind, raw, MIB, 6);
                fresh = new_deflater(codec);
                length = make_segment(fresh, raw, MIB, first);
                cr_assert(eq(sz, make_segment(used, raw, MIB, second), length));
                cr_assert(eq(int, memcmp(first, second, length), 0));
                gbn_gzip_deflater_free(fresh);
            }
        gbn_gzip_deflater_free(used);
    }
    free(raw);
    free(first);
    free(second);
}

/* ISA-L's own output depends on where its stream lies: for one block in 4,096 if its first
 * bytes occur again later. */
Test(gzip, every_deflater_makes_the_same_segments)
{
    enum { BLOCK = 2048, BLOCKS = 4096, DEFLATERS = 12 };
    const gbn_gzip_codec *codec = gbn_gzip_codec_find(NULL);
    gbn_gzip_deflater *deflaters[DEFLATERS];
    uint8_t *raw = malloc(BLOCK), *out = malloc(gbn_gzip_bound(BLOCK));
    uint32_t crcs[DEFLATERS] = {0};
    size_t block, length;
    int i;

    for (i = 0; i < DEFLATERS; i++)
        deflaters[i] = new_deflater(codec);
    for (block = 0; block < BLOCKS; block++) {
        sample_fill(SAMPLE_TEXT, raw, BLOCK, block);
        sample_fill(SAMPLE_RANDOM, raw, 16, block);
        memcpy(raw + BLOCK / 2, raw, 16);
        for (i = 0; i < DEFLATERS; i++) {
            length = make_segment(deflaters[i], raw, BLOCK, out);
            crcs[i] = (uint32_t)crc32(crcs[i], out, (uInt)length);
        }
    }
    for (i = 0; i < DEFLATERS; i++) {
        cr_expect(eq(u32, crcs[i], crcs[0]));
        gbn_gzip_deflater_free(deflaters[i]);
    }
    free(raw);
    free(out);
}

Test(gzip, random_bytes_grow_by_less_than_one_in_two_thousand)
{
    uint8_t *raw = malloc(MIB), *out = malloc(gbn_gzip_bound(MIB));
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;

    sample_fill(SAMPLE_RANDOM, raw, MIB, 9);
    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        cr_assert(lt(sz, make_segment(deflater, raw, MIB, out), (size_t)MIB + MIB / 2000));
        gbn_gzip_deflater_free(deflater);
    }
    free(raw);
    free(out);
}

/* 1 MiB with an eighth of text in it, in the middle or in eight places. */
static size_t
segment_with_texts(gbn_gzip_deflater *deflater, size_t texts, uint8_t *out)
{
    uint8_t *raw = malloc(MIB);
    const size_t text = (size_t)MIB / 8 / texts;
    size_t i, length;

    sample_fill(SAMPLE_RANDOM, raw, MIB, 10);
    for (i = 0; i < texts; i++)
        sample_fill(SAMPLE_TEXT, raw + MIB / texts * i + MIB / texts / 2, text, i);
    length = make_segment(deflater, raw, MIB, out);
    expect_inflates(out, length, raw, MIB);
    free(raw);
    return length;
}

Test(gzip, texts_among_random_bytes_are_deflated)
{
    const size_t noise = (size_t)MIB / 8 * 7, text = (size_t)MIB / 8;
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    uint8_t *out = malloc(gbn_gzip_bound(MIB));

    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        cr_assert(lt(sz, segment_with_texts(deflater, 1, out), noise + text / 2));
        cr_assert(lt(sz, segment_with_texts(deflater, 8, out), noise + text / 2));
        gbn_gzip_deflater_free(deflater);
    }
    free(out);
}

Test(gzip, random_bytes_among_texts_do_not_spoil_them)
{
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    uint8_t *raw = malloc(MIB), *out = malloc(gbn_gzip_bound(MIB));
    size_t text, mixed;

    EACH_CODEC(codec)
    {
        deflater = new_deflater(codec);
        sample_fill(SAMPLE_TEXT, raw, MIB, 11);
        text = make_segment(deflater, raw, MIB, out);
        sample_fill(SAMPLE_RANDOM, raw + MIB / 4, (size_t)MIB / 2, 12);
        mixed = make_segment(deflater, raw, MIB, out);
        cr_assert(lt(sz, mixed, text / 2 + (size_t)MIB / 2 + 4096));
        gbn_gzip_deflater_free(deflater);
    }
    free(raw);
    free(out);
}

/* One member of segments of `piece` bytes, made from the last to the first. */
static void
build_member(const gbn_gzip_codec *codec, const uint8_t *raw, size_t length, size_t piece,
             gbn_bytes *member)
{
    const size_t count = (length + piece - 1) / piece;
    const size_t room = gbn_gzip_bound(piece);
    gbn_gzip_deflater *deflater = new_deflater(codec);
    uint8_t *segments = malloc(count * room + 1), frame[GBN_GZIP_HEADER_SIZE];
    size_t *lengths = calloc(count + 1, sizeof *lengths), i, size;
    uint32_t crc = 0, crcs;

    for (i = count; i-- > 0;) {
        size = i + 1 == count ? length - i * piece : piece;
        lengths[i] = make_segment(deflater, raw + i * piece, size, segments + i * room);
    }
    gbn_gzip_header(frame);
    gbn_bytes_append(member, frame, GBN_GZIP_HEADER_SIZE, NULL);
    for (i = 0; i < count; i++) {
        size = i + 1 == count ? length - i * piece : piece;
        crcs = gbn_gzip_crc32(codec, 0, raw + i * piece, size);
        crc = gbn_gzip_crc32_combine(crc, crcs, size);
        gbn_bytes_append(member, segments + i * room, lengths[i], NULL);
    }
    gbn_gzip_end(frame, crc, length);
    gbn_bytes_append(member, frame, GBN_GZIP_END_SIZE, NULL);
    gbn_gzip_deflater_free(deflater);
    free(segments);
    free(lengths);
}

static void
expect_readable(const uint8_t *raw, size_t length)
{
    static const char *const readers[] = {"gzip", "pigz"};
    gbn_bytes out = GBN_BYTES_INIT;

    EACH(reader, readers)
    {
        gbn_bytes_clear(&out);
        cr_assert(eq(int, RUN(NULL, readers[reader_at], "-t", "x.gz"), 0));
        cr_assert(eq(int, RUN(&out, readers[reader_at], "-dc", "x.gz"), 0));
        cr_assert(eq(sz, out.length, length));
        cr_assert(eq(int, memcmp(out.data, raw, length), 0));
    }
    gbn_bytes_free(&out);
}

Test(gzip, gzip_and_pigz_read_one_member_made_of_any_pieces, .timeout = 120)
{
    static const size_t pieces[] = {1000, 65535, 65536, MIB};
    static const size_t lengths[] = {0, 1, 999, 1000, 1001, 2 * MIB, 2 * MIB + 1};
    uint8_t *raw = malloc(3 * MIB);
    const gbn_gzip_codec *codec;
    gbn_bytes member = GBN_BYTES_INIT;

    sample_fill(SAMPLE_MIXED, raw, 3 * MIB, 13);
    EACH_CODEC(codec)
    EACH(piece, pieces)
    EACH(length, lengths)
    {
        gbn_bytes_clear(&member);
        build_member(codec, raw, lengths[length_at], pieces[piece_at], &member);
        scratch_write("x.gz", member.data, member.length);
        expect_readable(raw, lengths[length_at]);
    }
    gbn_bytes_free(&member);
    free(raw);
}

Test(gzip, ruby_reads_all_of_it_as_the_first_and_only_member)
{
    uint8_t *raw = malloc(3 * MIB);
    gbn_bytes member = GBN_BYTES_INIT, out = GBN_BYTES_INIT;
    static const char script[] = "z = Zlib::GzipReader.new(File.open('x.gz', 'rb'))\n"
                                 "$stdout.binmode.write(z.read)\n"
                                 "abort 'more follows' if z.unused";

    sample_fill(SAMPLE_MIXED, raw, 3 * MIB, 14);
    build_member(gbn_gzip_codec_find(NULL), raw, 3 * MIB, MIB, &member);
    scratch_write("x.gz", member.data, member.length);
    cr_assert(eq(int, RUN(&out, "ruby", "-rzlib", "-e", script), 0));
    cr_assert(eq(sz, out.length, 3 * MIB));
    cr_assert(eq(int, memcmp(out.data, raw, 3 * MIB), 0));
    gbn_bytes_free(&member);
    gbn_bytes_free(&out);
    free(raw);
}

Test(gzip, crcs_of_all_codecs_agree_with_zlib_and_can_be_combined)
{
    static const size_t splits[] = {0, 1, 15, 16, 4096, 99999, 100000};
    static uint8_t raw[100000];
    const gbn_gzip_codec *codec;
    uint32_t want, head, tail;

    sample_fill(SAMPLE_RANDOM, raw, sizeof raw, 15);
    want = (uint32_t)crc32(0, raw, sizeof raw);
    EACH_CODEC(codec)
    EACH(split, splits)
    {
        head = gbn_gzip_crc32(codec, 0, raw, splits[split_at]);
        tail = gbn_gzip_crc32(codec, 0, raw + splits[split_at], sizeof raw - splits[split_at]);
        cr_assert(eq(u32, gbn_gzip_crc32_combine(head, tail, sizeof raw - splits[split_at]), want));
        cr_assert(eq(
            u32, gbn_gzip_crc32(codec, head, raw + splits[split_at], sizeof raw - splits[split_at]),
            want));
    }
}

Test(gzip, a_crc_is_combined_over_more_than_four_gigabytes)
{
    uint8_t zeros[4096] = {0};
    uint32_t want = (uint32_t)crc32(0, (const Bytef *)"x", 1), piece, whole;
    uint64_t length = sizeof zeros;

    /* doubling: 4 KiB of zeros 2^21 times over are 8 GiB */
    piece = whole = (uint32_t)crc32(0, zeros, sizeof zeros);
    for (; length < (UINT64_C(1) << 33); length *= 2)
        whole = gbn_gzip_crc32_combine(whole, whole, length);
    want = gbn_gzip_crc32_combine(want, whole, length);
    whole = (uint32_t)crc32(0, (const Bytef *)"x", 1);
    for (length = 0; length < (UINT64_C(1) << 33); length += sizeof zeros)
        whole = gbn_gzip_crc32_combine(whole, piece, sizeof zeros);
    cr_assert(eq(u32, want, whole));
}

Test(gzip, the_header_tells_no_name_and_no_time)
{
    const uint8_t want[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};
    uint8_t header[GBN_GZIP_HEADER_SIZE];

    gbn_gzip_header(header);
    cr_assert(eq(int, memcmp(header, want, sizeof want), 0));
}

Test(gzip, the_length_at_the_end_is_taken_modulo_four_gigabytes)
{
    const uint8_t want[] = {0x03, 0x00, 0x44, 0x33, 0x22, 0x11, 0x05, 0, 0, 0};
    uint8_t end[GBN_GZIP_END_SIZE];

    gbn_gzip_end(end, 0x11223344, (UINT64_C(7) << 32) + 5);
    cr_assert(eq(int, memcmp(end, want, sizeof want), 0));
}

Test(gzip, codecs_are_found_by_name_and_the_best_one_without)
{
    const gbn_gzip_codec *codec = gbn_gzip_codec_at(0);

    cr_assert(eq(ptr, (void *)(uintptr_t)gbn_gzip_codec_find(NULL), (void *)(uintptr_t)codec));
    EACH_CODEC(codec)
    cr_assert(eq(ptr, (void *)(uintptr_t)gbn_gzip_codec_find(gbn_gzip_codec_name(codec)),
                 (void *)(uintptr_t)codec));
    cr_assert(gbn_gzip_codec_find("zlib") != NULL);
    cr_assert(gbn_gzip_codec_find("lzma") == NULL);
    cr_assert(gbn_gzip_codec_at(99) == NULL);
}

Test(gzip, freeing_nothing_is_allowed)
{
    gbn_gzip_deflater_free(NULL);
}

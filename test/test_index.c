#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_archive.h"
#include "gbn_gzip.h"
#include "gbn_index.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_index *manifest;
static const gbn_manifest_record *record;
static gbn_bytes bytes;
static gbn_error err;
static const gbn_manifest_header header = {.backup_id = "id", .product = "p", .codec = "isal"};
static const gbn_manifest_header plain = {.backup_id = "id", .product = "p", .codec = "none"};
static gbn_manifest_block block;
static gbn_manifest_entry entry;
static gbn_manifest_trailer trailer;

static void
begin(void)
{
    scratch_enter();
    bytes = (gbn_bytes)GBN_BYTES_INIT;
    process_remember();
    block = (gbn_manifest_block){
        .raw_size = 2048, .stored_offset = 10, .stored_size = 100, .raw_crc32 = 7};
    entry = (gbn_manifest_entry){.path = "", .mode = S_IFDIR | 0755};
    trailer = (gbn_manifest_trailer){.blocks = 1,
                                     .entries = 1,
                                     .notes = 1,
                                     .raw_size = 2048,
                                     .stored_size = 120,
                                     .raw_crc32 = 7};
    manifest = NULL;
}

static void
end(void)
{
    gbn_index_close(manifest);
    gbn_bytes_free(&bytes);
    process_expect_same();
    scratch_leave();
}

TestSuite(index, .init = begin, .fini = end, .timeout = 120);

/* Read what is in `bytes` to its end, or to the first failure. */
static gbn_status
read_all(size_t *records)
{
    gbn_status rc;

    scratch_write("m", bytes.data, bytes.length);
    gbn_index_close(manifest);
    manifest = NULL;
    *records = 0;
    rc = gbn_index_open("m", &manifest, &err);
    while (rc == GBN_OK) {
        rc = gbn_index_next(manifest, &record, &err);
        if (rc == GBN_OK)
            ++*records;
    }
    return rc;
}

static void
put_body(void)
{
    gbn_manifest_put_block(&bytes, &block, NULL);
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    gbn_manifest_put_note(&bytes, GBN_NOTE_TORN, "x", "y", NULL);
    gbn_manifest_put_trailer(&bytes, &trailer, NULL);
}

static void
expect_refused(const char *why)
{
    size_t records;

    cr_assert(eq(int, read_all(&records), GBN_ERR_FORMAT), "%s", why);
    cr_assert(strstr(err.message, why) != NULL, "%s: %s", why, err.message);
    cr_assert(strstr(err.message, "manifest m at byte") != NULL, "%s", err.message);
}

/* Write header and body anew, as they are now, and expect this. */
static void
expect_body_refused(const char *why)
{
    gbn_bytes_clear(&bytes);
    gbn_manifest_put_header(&bytes, &header, NULL);
    put_body();
    expect_refused(why);
}

Test(index, records_come_in_the_order_of_the_file)
{
    static const gbn_manifest_kind kinds[] = {GBN_RECORD_HEADER, GBN_RECORD_BLOCK, GBN_RECORD_ENTRY,
                                              GBN_RECORD_NOTE, GBN_RECORD_TRAILER};

    gbn_manifest_put_header(&bytes, &header, NULL);
    put_body();
    scratch_write("m", bytes.data, bytes.length);
    cr_assert(eq(int, gbn_index_open("m", &manifest, &err), GBN_OK));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cr_assert(eq(int, gbn_index_next(manifest, &record, &err), GBN_OK), "%s", err.message);
        cr_assert(eq(int, record->kind, kinds[i]));
    }
    cr_assert(eq(int, gbn_index_next(manifest, &record, &err), GBN_END));
    cr_assert(eq(int, gbn_index_next(manifest, &record, &err), GBN_END));
}

Test(index, a_manifest_of_a_real_archive_is_read_to_its_end)
{
    const char *const codecs[] = {"zlib", "none"};

    tree_forest("tree", 60, 7);
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        const gbn_archive_options options = {.root = "tree",
                                             .product = output_options(codecs[i], 2)};
        gbn_product_result result = {0};
        size_t records;
        gbn_job *job;

        cr_assert(eq(int, gbn_archive_start(&options, &result, &job, &err), GBN_OK));
        cr_assert(eq(int, output_finish(job, &err), GBN_OK));
        gbn_bytes_clear(&bytes);
        scratch_read("m", &bytes);
        cr_assert(eq(int, read_all(&records), GBN_END), "%s", err.message);
        cr_assert(gt(sz, records, 60 * 7));
        RUN(NULL, "rm", "p", "m");
    }
}

Test(index, records_across_the_window_s_end_are_read)
{
    char *path = malloc(900001);
    size_t records;

    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_manifest_put_block(&bytes, &block, NULL);
    trailer.entries = 0;
    trailer.notes = 0;
    for (size_t length = 1; length <= 900000; length = length * 3 / 2 + 1) {
        memset(path, 'p', length);
        path[length] = '\0';
        gbn_manifest_put_note(&bytes, GBN_NOTE_TORN, path, "", NULL);
        trailer.notes++;
    }
    gbn_manifest_put_trailer(&bytes, &trailer, NULL);
    cr_assert(eq(int, read_all(&records), GBN_END), "%s", err.message);
    cr_assert(eq(sz, records, trailer.notes + 3));
    free(path);
}

Test(index, kinds_nobody_knows_are_left_out)
{
    size_t records;

    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_bytes_append(&bytes, "\x92\xa3odd\x01", 6, NULL);
    put_body();
    cr_assert(eq(int, read_all(&records), GBN_END), "%s", err.message);
    cr_assert(eq(sz, records, 5));
}

Test(index, the_header_comes_first)
{
    put_body();
    expect_refused("before the header");
    gbn_bytes_clear(&bytes);
    gbn_bytes_append(&bytes, "\x92\xa3odd\x01", 6, NULL);
    expect_refused("before the header");
}

Test(index, there_is_one_header)
{
    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_manifest_put_header(&bytes, &header, NULL);
    expect_refused("second header");
}

Test(index, nothing_follows_the_trailer)
{
    gbn_manifest_put_header(&bytes, &header, NULL);
    put_body();
    gbn_bytes_append(&bytes, "\x92\xa3odd\x01", 6, NULL);
    expect_refused("follows the trailer");
}

Test(index, a_manifest_cut_anywhere_is_refused)
{
    size_t length, records;

    gbn_manifest_put_header(&bytes, &header, NULL);
    put_body();
    for (length = bytes.length; length-- > 0;) {
        bytes.length = length;
        cr_assert(eq(int, read_all(&records), GBN_ERR_FORMAT), "%zu", length);
    }
}

Test(index, a_flipped_bit_is_survived_wherever_it_is)
{
    size_t records;

    gbn_manifest_put_header(&bytes, &header, NULL);
    put_body();
    for (size_t bit = 0; bit < 8 * bytes.length; bit++) {
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ (1U << bit % 8));
        cr_assert(ge(int, read_all(&records), GBN_ERR_LIMIT), "%zu", bit);
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ (1U << bit % 8));
    }
}

Test(index, blocks_follow_one_another_without_gaps)
{
    const gbn_manifest_block good = block;

    block.number = 1;
    expect_body_refused("out of turn");
    block = good;
    block.raw_offset = 1;
    expect_body_refused("where the one before ends");
    block = good;
    block.stored_offset = 0;
    expect_body_refused("where the one before ends");
}

Test(index, a_product_that_is_not_compressed_is_stored_as_it_is)
{
    size_t records;

    block.stored_offset = 0;
    block.stored_size = block.raw_size;
    block.stored_crc32 = block.raw_crc32;
    trailer.stored_size = trailer.raw_size;
    gbn_manifest_put_header(&bytes, &plain, NULL);
    put_body();
    cr_assert(eq(int, read_all(&records), GBN_END), "%s", err.message);
    gbn_bytes_clear(&bytes);
    block.stored_crc32++;
    gbn_manifest_put_header(&bytes, &plain, NULL);
    put_body();
    expect_refused("differs from itself");
}

Test(index, an_entry_lies_in_a_block_that_was_named)
{
    entry.block = 1;
    expect_body_refused("was not named");
    entry.block = 0;
    entry.block_offset = 2048;
    expect_body_refused("was not named");
}

Test(index, a_trailer_counts_what_there_is)
{
    const gbn_manifest_trailer good = trailer;

    trailer.blocks = UINT64_C(1) << 63;
    expect_body_refused("counts");
    trailer = good;
    trailer.entries = UINT64_C(1) << 63;
    expect_body_refused("counts");
    trailer = good;
    trailer.notes = 0;
    expect_body_refused("counts");
    trailer = good;
    trailer.raw_size++;
    expect_body_refused("sizes");
    trailer = good;
    trailer.stored_size--;
    expect_body_refused("sizes");
    trailer = good;
    trailer.raw_crc32++;
    expect_body_refused("CRC");
}

Test(index, the_crc_of_the_whole_is_combined_from_the_blocks)
{
    size_t records;
    const gbn_manifest_block second = {.number = 1,
                                       .raw_offset = 2048,
                                       .raw_size = 512,
                                       .stored_offset = 110,
                                       .stored_size = 5,
                                       .raw_crc32 = 12345};

    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_manifest_put_block(&bytes, &block, NULL);
    block = second;
    trailer.blocks = 2;
    trailer.raw_size = 2560;
    trailer.stored_size = 125;
    trailer.raw_crc32 = gbn_gzip_crc32_combine(7, 12345, 512);
    put_body();
    cr_assert(eq(int, read_all(&records), GBN_END), "%s", err.message);
}

Test(index, a_failure_comes_again)
{
    size_t records;

    gbn_manifest_put_header(&bytes, &header, NULL);
    cr_assert(eq(int, read_all(&records), GBN_ERR_FORMAT));
    err.message[0] = '\0';
    cr_assert(eq(int, gbn_index_next(manifest, &record, &err), GBN_ERR_FORMAT));
    cr_assert(strstr(err.message, "without a trailer") != NULL);
}

Test(index, what_is_no_file_cannot_be_opened)
{
    cr_assert(eq(int, gbn_index_open("missing", &manifest, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    tree_directory("d");
    cr_assert(eq(int, gbn_index_open("d", &manifest, &err), GBN_ERR_INVALID));
    cr_assert(eq(str, err.message, "read d: not a regular file"));
    cr_assert(eq(int, mkfifo("f", 0600), 0));
    cr_assert(eq(int, gbn_index_open("f", &manifest, &err), GBN_ERR_INVALID));
}

/* Paths of the entries that the filter lets through, with a space behind each. */
static void
find_paths(const char *const *paths, size_t count, size_t at_once, char *found)
{
    const gbn_index_filter filter = {
        .kinds = 1U << GBN_RECORD_ENTRY, .paths = paths, .path_count = count};
    gbn_status rc = GBN_AGAIN;
    size_t budget;

    *found = '\0';
    gbn_index_close(manifest);
    cr_assert(eq(int, gbn_index_open("m", &manifest, &err), GBN_OK));
    while (rc != GBN_END) {
        budget = at_once;
        rc = gbn_index_find(manifest, &filter, &budget, &record, &err);
        cr_assert(ge(int, rc, 0), "%s", err.message);
        cr_assert(budget < at_once || rc == GBN_END);
        if (rc == GBN_OK)
            strcat(strcat(found, record->entry.path), " ");
    }
}

Test(index, a_filter_lets_paths_through_and_what_is_beneath_them)
{
    static const char *const members[] = {"", "a", "a.b", "a/b", "a/bc", "a/b/c", "b"};
    char found[100];

    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_manifest_put_block(&bytes, &block, NULL);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        entry.path = members[i];
        gbn_manifest_put_entry(&bytes, &entry, NULL);
    }
    trailer.entries = sizeof members / sizeof *members;
    trailer.notes = 0;
    gbn_manifest_put_trailer(&bytes, &trailer, NULL);
    scratch_write("m", bytes.data, bytes.length);
    for (size_t at_once = 1; at_once < 20; at_once++) {
        find_paths((const char *const[]){"a/b"}, 1, at_once, found);
        cr_assert(eq(str, found, (char *)"a/b a/b/c "));
        find_paths((const char *const[]){"b", "a"}, 2, at_once, found);
        cr_assert(eq(str, found, (char *)"a a/b a/bc a/b/c b "));
        find_paths((const char *const[]){"", "b"}, 2, at_once, found);
        cr_assert(eq(str, found, (char *)" a a.b a/b a/bc a/b/c b "));
        find_paths((const char *const[]){"c"}, 1, at_once, found);
        cr_assert(eq(str, found, (char *)""));
        find_paths(NULL, 0, at_once, found);
        cr_assert(eq(str, found, (char *)" a a.b a/b a/bc a/b/c b "));
    }
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_gzip.h"
#include "gbn_index.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"
#include "unpacking.h"

/* What gbn_unpack says of archives that are not what they were, extracting and only looking. */

static void
begin(void)
{
    unpacking_begin();
    unpacking.target = NULL;
}

TestSuite(unpack_damage, .init = begin, .fini = unpacking_end, .timeout = 120);

/* Three small files, a large one between them: blocks a, large (4), b. */
static void
make_tree(void)
{
    tree_file("r/a", 600000);
    tree_file("r/b", 600000);
    tree_file("r/large", 3500000);
    tree_file("r/z", 600000);
}

static void
look(void)
{
    cr_assert(eq(int, unpacking_run(), GBN_OK), "%s", unpacking_err.message);
}

/* Extracting it ends in a failure whose message has these parts. */
static void
expect_refusal(const char *part, const char *other)
{
    unpacking.target = "x";
    unpacking_clear();
    cr_assert(eq(int, unpacking_run(), GBN_ERR_FORMAT), "%s", unpacking_err.message);
    cr_assert_not_null(strstr(unpacking_err.message, part), "%s", unpacking_err.message);
    cr_assert_not_null(strstr(unpacking_err.message, other), "%s", unpacking_err.message);
    unpacking.target = NULL;
}

static void
expect_sum(void)
{
    char hex[2 * GBN_SHA256_SIZE + 1];
    gbn_bytes sum = GBN_BYTES_INIT;

    cr_assert(unpacking_result.hashed);
    gbn_bytes_hex(hex, unpacking_result.sha256, GBN_SHA256_SIZE);
    cr_assert(eq(int, RUN(&sum, "sha256sum", unpacking.source.path), 0));
    cr_assert(eq(int, memcmp(sum.data, hex, 64), 0));
    gbn_bytes_free(&sum);
}

/* ---- what is good ---- */

Test(unpack_damage, a_good_product_has_no_findings_and_its_hash)
{
    static const char *const codecs[] = {"zlib", "none"};

    unpacking_odd_tree();
    for (size_t i = 0; i < 2; i++) {
        unpacking_archive(codecs[i]);
        for (unpacking.workers = 1; unpacking.workers < 10; unpacking.workers += 7) {
            unpacking.manifest = "m";
            unpacking_succeed();
            expect_sum();
            cr_assert(all(eq(u64, unpacking_result.files, 143),
                          eq(u64, unpacking_result.directories, 27),
                          eq(u64, unpacking_result.stored, scratch_size(unpacking.source.path))));
            unpacking.manifest = NULL;
            unpacking_succeed();
            expect_sum();
            cr_assert(all(eq(u64, unpacking_result.files, 143),
                          eq(u64, unpacking_result.stored, scratch_size(unpacking.source.path))));
        }
    }
    unpacking_expect("ls x", "");
}

Test(unpack_damage, an_archive_of_nothing_is_good_as_well)
{
    unpacking_archive("zlib");
    unpacking_succeed();
    expect_sum();
    unpacking_archive("none");
    unpacking_succeed();
    expect_sum();
}

Test(unpack_damage, what_is_no_archive_gives_its_last_bytes)
{
    unpacking.archive = false;
    unpacking_foreign("dump.sql.gz", "(seq 300000; echo the end) | gzip -1 >$P");
    unpacking_succeed();
    expect_sum();
    cr_assert(
        all(eq(sz, unpacking_result.tail.length, (size_t)GBN_BYTES_TAIL),
            eq(int, memcmp(unpacking_result.tail.data + GBN_BYTES_TAIL - 8, "the end\n", 8), 0)));
    unpacking_foreign("dump.sql.gz", "printf short | gzip >$P");
    unpacking_succeed();
    cr_assert(all(eq(sz, unpacking_result.tail.length, 5),
                  eq(int, memcmp(unpacking_result.tail.data, "short", 5), 0)));
    unpacking_foreign("dump.sql.gz", "printf '' | gzip >$P");
    unpacking_succeed();
    cr_assert(eq(sz, unpacking_result.tail.length, 0));
}

/* ---- damaged blocks ---- */

/* Flip a bit in the middle of the stored bytes of the block that has `path`'s begin, and so many more. */
static gbn_manifest_block
damage_block_of(const char *path, uint64_t further)
{
    gbn_manifest_block blocks[64];
    const gbn_manifest_record *record;
    uint64_t number = 0;
    gbn_index *index;

    cr_assert(eq(int, gbn_index_open("m", &index, NULL), GBN_OK));
    while (gbn_index_next(index, &record, NULL) == GBN_OK) {
        if (record->kind == GBN_RECORD_BLOCK)
            blocks[record->block.number] = record->block;
        else if (record->kind == GBN_RECORD_ENTRY && strcmp(record->entry.path, path) == 0)
            number = record->entry.block + further;
    }
    gbn_index_close(index);
    scratch_flip(unpacking.source.path,
                 blocks[number].stored_offset + blocks[number].stored_size / 2, 4);
    return blocks[number];
}

Test(unpack_damage, a_damaged_block_is_named_with_the_files_in_it_and_no_others)
{
    const gbn_finding *found;
    gbn_manifest_block block;

    make_tree();
    unpacking_archive("zlib");
    block = damage_block_of("b", 0);
    look();
    cr_assert(all(eq(u64, unpacking_result.counts[GBN_FINDING_BLOCK], 1),
                  eq(u64, unpacking_result.counts[GBN_FINDING_FILE], 1),
                  eq(u64, unpacking_damages(), 2), eq(u64, unpacking_result.files, 3)));
    found = unpacking_found(GBN_FINDING_BLOCK, NULL);
    cr_assert(all(eq(u64, found->offset, block.stored_offset),
                  eq(u64, found->length, block.stored_size)));
    cr_assert_not_null(unpacking_found(GBN_FINDING_FILE, "b"));
    expect_sum(); /* of the file as it is */
    expect_refusal("extract b from p.tar.gz: its bytes are not what was written", "(bytes ");
}

Test(unpack_damage, a_damaged_block_amid_a_large_file_is_that_files)
{
    make_tree();
    unpacking_archive("zlib");
    damage_block_of("large", 2);
    look();
    cr_assert(all(eq(u64, unpacking_result.counts[GBN_FINDING_BLOCK], 1),
                  eq(u64, unpacking_damages(), 2), eq(u64, unpacking_result.files, 3)));
    cr_assert(
        eq(str, unpacking_found(GBN_FINDING_FILE, "large")->reason, "part of its content is lost"));
    expect_refusal("extract large from p.tar.gz: its bytes are not what was written", "(bytes ");
}

Test(unpack_damage, a_large_file_whose_first_block_is_lost_is_named_by_the_manifest)
{
    make_tree();
    unpacking_archive("none");
    damage_block_of("large", 0);
    look();
    cr_assert(eq(u64, unpacking_damages(), 2));
    cr_assert(eq(str, unpacking_found(GBN_FINDING_FILE, "large")->reason, "its header is lost"));
    expect_refusal("read p.tar: its bytes are not what was written", "(bytes ");
}

Test(unpack_damage, every_flipped_bit_is_found)
{
    uint64_t size;

    make_tree();
    unpacking_archive("zlib");
    size = scratch_size("p.tar.gz");
    for (uint64_t i = 0; i < 60; i++) {
        const uint64_t at = i < 10 ? i : i < 20 ? size - 1 - (i - 10) : i * size / 60;

        scratch_flip("p.tar.gz", at, i % 8);
        look();
        cr_assert(ge(u64, unpacking_damages(), 1), "byte %zu", (size_t)at);
        if (i >= 20)
            cr_assert_not_null(unpacking_found(GBN_FINDING_FILE, NULL));
        scratch_flip("p.tar.gz", at, i % 8);
    }
    look();
    cr_assert(eq(u64, unpacking_damages(), 0));
}

Test(unpack_damage, a_cut_product_is_found_and_what_is_before_the_cut_is_good)
{
    uint64_t size;

    make_tree();
    unpacking_archive("zlib");
    size = scratch_size("p.tar.gz");
    for (uint64_t i = 19; i > 0; i--) {
        cr_assert(eq(int, truncate("p.tar.gz", (off_t)(size * i / 20)), 0));
        look();
        cr_assert_not_null(unpacking_found(GBN_FINDING_PRODUCT, NULL));
        cr_assert_not_null(unpacking_found(GBN_FINDING_FILE, "z"));
        cr_assert_not(unpacking_result.hashed);
        cr_assert(lt(u64, unpacking_result.files, 4));
    }
    expect_refusal("p.tar.gz: ", ""); /* which of them comes first is a matter of threads */
}

/* Where one block ends and the next begins, as the manifest has it, and the last one with members. Returns how many there
 * are. */
static size_t
block_ends(uint64_t *ends, size_t room, uint64_t *members)
{
    const gbn_manifest_record *record;
    gbn_error err;
    gbn_index *index;
    size_t count = 0;

    cr_assert(eq(int, gbn_index_open("m", &index, &err), GBN_OK));
    while (count < room && gbn_index_next(index, &record, &err) == GBN_OK) {
        if (record->kind == GBN_RECORD_BLOCK)
            ends[count++] = record->block.stored_offset + record->block.stored_size;
        else if (record->kind == GBN_RECORD_ENTRY)
            *members = ends[count - 1];
    }
    gbn_index_close(index);
    return count;
}

Test(unpack_damage, a_cut_where_a_block_ends_or_a_byte_beside_it_is_found)
{
    uint64_t ends[16];
    uint64_t members = 0;
    size_t count;

    make_tree();
    unpacking_archive("zlib");
    count = block_ends(ends, 16, &members);
    cr_assert(gt(sz, count, 4));
    for (size_t i = count; i-- > 0;) {
        for (uint64_t length = ends[i] + 1; length >= ends[i] - 1; length--) {
            cr_assert(eq(int, truncate("p.tar.gz", (off_t)length), 0));
            look();
            cr_assert_not_null(unpacking_found(GBN_FINDING_PRODUCT, NULL));
            cr_assert(eq(int, unpacking_found(GBN_FINDING_FILE, "z") != NULL, length < members));
        }
    }
    unpacking.manifest = NULL;
    look();
    cr_assert_not_null(unpacking_found(GBN_FINDING_PRODUCT, NULL));
}

Test(unpack_damage, bytes_behind_a_product_are_found)
{
    make_tree();
    unpacking_archive("zlib");
    RUN(NULL, "sh", "-c", "echo more >>p.tar.gz");
    look();
    cr_assert(all(eq(u64, unpacking_damages(), 1), eq(u64, unpacking_result.files, 4)));
    cr_assert(eq(str, unpacking_found(GBN_FINDING_PRODUCT, NULL)->reason,
                 "its size is not what the manifest says"));
    cr_assert_not(unpacking_result.hashed);
    expect_refusal("read p.tar.gz", "its size is not what the manifest says");
}

Test(unpack_damage, without_a_manifest_cuts_and_flips_are_found_all_the_same)
{
    uint64_t size;

    make_tree();
    unpacking_foreign("foreign.tar.gz", "tar -czf $P -C r .");
    size = scratch_size("foreign.tar.gz");
    for (uint64_t i = 10; i < 40; i++) {
        scratch_flip("foreign.tar.gz", i * size / 40, i % 8);
        look();
        cr_assert(eq(u64, unpacking_damages(), 1));
        expect_sum();
        scratch_flip("foreign.tar.gz", i * size / 40, i % 8);
    }
    for (uint64_t i = 19; i > 0; i--) {
        cr_assert(eq(int, truncate("foreign.tar.gz", (off_t)(size * i / 20)), 0));
        look();
        cr_assert_not_null(unpacking_found(GBN_FINDING_PRODUCT, NULL));
        expect_sum();
    }
    expect_refusal("read foreign.tar.gz: inflate at byte ", "the file ends too early");
    RUN(NULL, "sh", "-c", "tar -cf - r | head -c 1000000 | gzip >foreign.tar.gz");
    expect_refusal("read foreign.tar.gz: read tar member at offset ", "Truncated");
}

/* ---- wrong manifests ---- */

/* Write "m" anew with the entry called `path` as `change` makes it; NULL leaves it out. */
static void
rewrite(const char *path, void (*change)(gbn_manifest_entry *entry))
{
    const gbn_manifest_record *record;
    gbn_manifest_trailer trailer;
    gbn_bytes out = GBN_BYTES_INIT;
    gbn_index *index;
    size_t length;

    cr_assert(eq(int, gbn_index_open("m", &index, NULL), GBN_OK));
    while (gbn_index_next(index, &record, NULL) == GBN_OK) {
        const uint8_t *data = gbn_index_bytes(index, &length);
        bool hit = record->kind == GBN_RECORD_ENTRY && strcmp(record->entry.path, path) == 0;
        gbn_manifest_entry entry;

        if (record->kind == GBN_RECORD_TRAILER) {
            trailer = record->trailer;
            trailer.entries -= change == NULL;
            gbn_manifest_put_trailer(&out, &trailer, NULL);
        } else if (hit && change != NULL) {
            entry = record->entry;
            change(&entry);
            gbn_manifest_put_entry(&out, &entry, NULL);
        } else if (!hit) {
            gbn_bytes_append(&out, data, length, NULL);
        }
    }
    gbn_index_close(index);
    scratch_write("m", out.data, out.length);
    gbn_bytes_free(&out);
}

static void
change_name(gbn_manifest_entry *entry)
{
    entry->path = "another";
}

static void
change_mode(gbn_manifest_entry *entry)
{
    entry->mode ^= 1;
}

static void
change_type(gbn_manifest_entry *entry)
{
    *entry = (gbn_manifest_entry){.path = entry->path,
                                  .mode = S_IFDIR | 0644,
                                  .mtime_ns = entry->mtime_ns,
                                  .block = entry->block,
                                  .block_offset = entry->block_offset};
}

static void
change_size(gbn_manifest_entry *entry)
{
    entry->size++;
}

static void
change_time(gbn_manifest_entry *entry)
{
    entry->mtime_ns += 1000000000;
}

static void
change_owner(gbn_manifest_entry *entry)
{
    entry->uid++;
}

static void
change_hash(gbn_manifest_entry *entry)
{
    entry->sha256[31] ^= 1;
}

Test(unpack_damage, whatever_a_manifest_says_otherwise_of_a_file_is_found)
{
    static void (*const changes[])(gbn_manifest_entry *) = {change_name, change_mode, change_type,
                                                            change_size, change_time, change_owner,
                                                            change_hash, NULL};
    static const char *const paths[] = {"b", "large"};

    make_tree();
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof changes / sizeof changes[0]; j++) {
            unpacking_archive("zlib");
            rewrite(paths[i], changes[j]);
            look();
            cr_assert(ge(u64, unpacking_damages(), 1), "%s %zu", paths[i], j);
            if (changes[j] != NULL) /* a block without entries looks like a part of a large file */
                cr_assert(eq(u64, unpacking_result.files, 3), "%s %zu", paths[i], j);
            expect_refusal(j == 0 ? "another" : j < 7 ? paths[i] : "", "from p.tar.gz: ");
        }
    }
}

Test(unpack_damage, links_a_manifest_knows_otherwise_are_found)
{
    tree_text("r/f", "");
    tree_symlink("f", "r/s");
    tree_hard_link("r/f", "r/h");
    unpacking_archive("zlib");
    unpacking_succeed();
    rewrite("s", NULL);
    look();
    cr_assert(
        eq(str, unpacking_found(GBN_FINDING_HEADER, "s")->reason, "the manifest does not know it"));
}

Test(unpack_damage, a_manifest_of_another_archive_is_found_and_nothing_is_written)
{
    make_tree();
    unpacking_archive("zlib");
    RUN(NULL, "sh", "-c", "mv m other; echo >r/0");
    unpacking_archive("zlib");
    unpacking.manifest = "other";
    look();
    cr_assert_not_null(unpacking_found(GBN_FINDING_BLOCK, NULL));
    cr_assert_not_null(unpacking_found(GBN_FINDING_PRODUCT, NULL));
    expect_refusal("p.tar.gz: its ", "");
    unpacking_expect("find x -type f", "");
}

Test(unpack_damage, a_manifest_cut_anywhere_is_found_and_named)
{
    uint64_t size;

    unpacking_odd_tree();
    unpacking_archive("zlib");
    size = scratch_size("m");
    for (uint64_t i = 19; i > 0; i--) {
        cr_assert(eq(int, truncate("m", (off_t)(size * i / 20)), 0));
        look();
        cr_assert_not_null(unpacking_found(GBN_FINDING_MANIFEST, NULL));
        cr_assert(eq(u64, unpacking_result.counts[GBN_FINDING_MANIFEST], 1));
    }
    expect_refusal("read p.tar.gz: read the manifest m at byte ", ": it ends");
    tree_text("m", "");
    look();
    cr_assert(eq(u64, unpacking_result.counts[GBN_FINDING_MANIFEST], 1));
}

Test(unpack_damage, a_manifest_with_more_entries_than_a_block_has_room_for_is_refused)
{
    gbn_manifest_entry entry = {.path = "x", .mode = S_IFREG | 0644, .has_sha256 = true};
    gbn_bytes out = GBN_BYTES_INIT;
    char name[60001];

    unpacking_archive("none");
    memset(name, 'n', sizeof name);
    name[60000] = '\0';
    entry.path = name;
    gbn_manifest_put_header(
        &out, &(gbn_manifest_header){.backup_id = "1", .product = "p", .codec = "none"}, NULL);
    gbn_manifest_put_block(&out, &(gbn_manifest_block){.raw_size = 10240, .stored_size = 10240},
                           NULL);
    for (int i = 0; i < 80; i++)
        gbn_manifest_put_entry(&out, &entry, NULL);
    scratch_write("m", out.data, out.length);
    gbn_bytes_free(&out);
    look();
    cr_assert(eq(str, unpacking_found(GBN_FINDING_MANIFEST, NULL)->reason,
                 "read the manifest m: it puts more into a block than fits"));
}

/* ---- hostile archives ---- */

Test(unpack_damage, bad_names_are_findings_of_small_and_large_files)
{
    tree_file("r/large", 2000000);
    tree_text("r/small", "");
    unpacking_foreign("foreign.tar", "tar -cf $P -C r --transform='s,^,../,' -P small large");
    look();
    cr_assert_not_null(unpacking_found(GBN_FINDING_HEADER, "../small"));
    cr_assert_not_null(unpacking_found(GBN_FINDING_HEADER, "../large"));
    cr_assert(all(eq(u64, unpacking_damages(), 2), eq(u64, unpacking_result.files, 0)));
    expect_refusal("extract ../", "from foreign.tar: no name that can be extracted");
    unpacking_expect("ls", "foreign.tar\nr\nx\n");
}

/* Each of these names takes 1 MB, and some KB of gzip. */
Test(unpack_damage, endless_names_do_not_take_endless_memory)
{
    struct rusage before, after;

    unpacking_foreign("foreign.tar.gz",
                      "head -c 900000 /dev/zero | tr '\\0' n >n; python3 -c 'import tarfile, sys\n"
                      "t = tarfile.TarInfo(open(\"n\").read())\n"
                      "sys.stdout.buffer.write(t.tobuf(tarfile.GNU_FORMAT))' >h; (for i in $(seq "
                      "150); do cat h; done; head -c 10240 /dev/zero) | gzip -1 >$P");
    getrusage(RUSAGE_SELF, &before);
    look();
    getrusage(RUSAGE_SELF, &after);
    cr_assert(all(eq(u64, unpacking_damages(), 150), eq(u64, unpacking_result.files, 0)));
#ifndef __SANITIZE_ADDRESS__
    cr_assert(lt(i64, after.ru_maxrss - before.ru_maxrss, 90000)); /* KiB */
#endif
}

static void
put_octal(uint8_t *field, int digits, unsigned long value)
{
    char text[16];

    snprintf(text, sizeof text, "%0*lo", digits, value);
    memcpy(field, text, (size_t)digits + 1);
}

/* An old GNU sparse header of a file of `size` bytes whose map goes on in the next block. */
static void
put_sparse_header(uint8_t *header, unsigned long size)
{
    unsigned sum = 0;

    memset(header, 0, 512);
    memcpy(header, "./s", 3);
    put_octal(header + 100, 7, 0644);
    put_octal(header + 108, 7, 0);
    put_octal(header + 116, 7, 0);
    put_octal(header + 124, 11, size);
    put_octal(header + 136, 11, 0);
    memset(header + 148, ' ', 8);
    header[156] = 'S';
    memcpy(header + 257, "ustar  ", 7);
    put_octal(header + 386, 11, 0); /* the map's first part: all of it */
    put_octal(header + 398, 11, size);
    header[482] = 1;
    put_octal(header + 483, 11, size);
    for (int i = 0; i < 512; i++)
        sum += header[i];
    put_octal(header + 148, 6, sum);
}

/* A block that is nothing but that header, and perhaps another one of zeros. */
static void
make_product_of_a_header(bool followed)
{
    static uint8_t raw[512 + 4096];
    const gbn_manifest_entry entry = {
        .path = "s", .mode = S_IFREG | 0644, .size = 3000000, .has_sha256 = true};
    const gbn_gzip_codec *codec = gbn_gzip_codec_find(NULL);
    const size_t size = followed ? sizeof raw : 512;
    gbn_manifest_block block = {.raw_size = 512, .stored_size = 512};
    gbn_manifest_trailer trailer = {
        .blocks = followed ? 2 : 1, .entries = 1, .raw_size = size, .stored_size = size};
    gbn_bytes out = GBN_BYTES_INIT;

    put_sparse_header(raw, 3000000);
    trailer.raw_crc32 = gbn_gzip_crc32(codec, 0, raw, size);
    block.raw_crc32 = block.stored_crc32 = gbn_gzip_crc32(codec, 0, raw, 512);
    gbn_manifest_put_header(
        &out, &(gbn_manifest_header){.backup_id = "1", .product = "p", .codec = "none"}, NULL);
    gbn_manifest_put_block(&out, &block, NULL);
    if (followed) {
        block = (gbn_manifest_block){.number = 1,
                                     .raw_offset = 512,
                                     .stored_offset = 512,
                                     .raw_size = 4096,
                                     .stored_size = 4096};
        block.raw_crc32 = block.stored_crc32 = gbn_gzip_crc32(codec, 0, raw + 512, 4096);
        gbn_manifest_put_block(&out, &block, NULL);
    }
    gbn_manifest_put_entry(&out, &entry, NULL);
    gbn_manifest_put_trailer(&out, &trailer, NULL);
    scratch_write("m", out.data, out.length);
    scratch_write("p.tar", raw, size);
    unpacking.source.path = "p.tar";
    gbn_bytes_free(&out);
}

Test(unpack_damage, content_that_would_begin_behind_its_block_is_not_read)
{
    make_product_of_a_header(true);
    look();
    cr_assert(eq(str, unpacking_found(GBN_FINDING_HEADER, NULL)->reason,
                 "it should begin with a large file"));
    cr_assert(eq(u64, unpacking_result.files, 0));
    make_product_of_a_header(false);
    look();
    cr_assert(
        eq(str, unpacking_found(GBN_FINDING_HEADER, "s")->reason, "it ends behind its block"));
    cr_assert(all(eq(u64, unpacking_result.files, 0), ge(u64, unpacking_damages(), 1)));
}

Test(unpack_damage, a_file_of_8_eib_of_holes_is_refused_or_survived)
{
    unpacking_foreign("foreign.tar",
                      "truncate -s 8000000000000 s; tar -cf $P --sparse s; rm s"); /* 8 TB */
    look();
    cr_assert(eq(u64, unpacking_damages(), 0));
    unpacking.target = "x";
    if (unpacking_run() != GBN_OK)
        cr_assert(eq(str, unpacking_err.message, "write s"));
}

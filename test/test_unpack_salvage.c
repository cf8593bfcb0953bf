#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_index.h"
#include "scratch.h"
#include "tree.h"
#include "unpacking.h"

/* What gbn_unpack makes of an archive that is not what it was when it is to save what it can. */

static const char *const names[] = {"a", "b", "dir/large", "dir/other", "z"};
enum { NAMES = sizeof names / sizeof names[0] };

static void
begin(void)
{
    unpacking_begin();
    unpacking.salvage = true;
    mkdir("r/dir", 0755);
    tree_file("r/a", 600000);
    tree_file("r/b", 600000);
    tree_file("r/dir/large", 3500000);
    tree_hard_link("r/dir/large", "r/dir/other");
    tree_file("r/z", 600000);
}

TestSuite(unpack_salvage, .init = begin, .fini = unpacking_end, .timeout = 120);

static size_t
read_blocks(gbn_manifest_block blocks[64])
{
    const gbn_manifest_record *record;
    gbn_index *index;
    size_t count = 0;

    cr_assert(eq(int, gbn_index_open("m", &index, NULL), GBN_OK));
    while (gbn_index_next(index, &record, NULL) == GBN_OK)
        if (record->kind == GBN_RECORD_BLOCK)
            blocks[count++] = record->block;
    gbn_index_close(index);
    return count;
}

/* Each file is there, and what it was, or has a finding. Returns how many have one. */
static size_t
expect_whole_or_named(void)
{
    char here[64], there[64];
    size_t lost = 0;

    for (size_t i = 0; i < NAMES; i++) {
        snprintf(here, sizeof here, "x/%s", names[i]);
        snprintf(there, sizeof there, "r/%s", names[i]);
        if (access(here, F_OK) == 0) {
            cr_assert(eq(int, RUN(NULL, "cmp", here, there), 0), "%s", here);
            continue;
        }
        cr_assert_not_null(unpacking_found(GBN_FINDING_FILE, names[i]), "%s", names[i]);
        lost++;
    }
    return lost;
}

static void
salvage(void)
{
    unpacking_clear();
    cr_assert(eq(int, unpacking_run(), GBN_OK), "%s", unpacking_err.message);
}

static void
expect_blocks_salvaged(const char *codec)
{
    gbn_manifest_block blocks[64];
    uint64_t middle;
    size_t count;

    unpacking_archive(codec);
    count = read_blocks(blocks);
    cr_assert(gt(sz, count, 5));
    for (size_t i = 0; i < count; i++) {
        middle = blocks[i].stored_offset + blocks[i].stored_size / 2;
        scratch_flip(unpacking.source.path, middle, 4);
        salvage();
        cr_assert(gt(u64, unpacking_damages(), 0), "block %zu", i);
        cr_assert(le(sz, expect_whole_or_named(), 2), "block %zu", i);
        cr_assert(eq(u64, unpacking_result.counts[GBN_FINDING_BLOCK], 1));
        scratch_flip(unpacking.source.path, middle, 4);
    }
    unpacking_clear();
    unpacking_succeed();
    unpacking_compare("r", "x", true);
    cr_assert(eq(u64, unpacking_result.files, NAMES));
}

Test(unpack_salvage, whatever_block_is_damaged_what_has_nothing_of_it_is_there)
{
    for (unpacking.workers = 1; unpacking.workers < 10; unpacking.workers += 7) {
        expect_blocks_salvaged("zlib");
        expect_blocks_salvaged("none");
    }
}

Test(unpack_salvage, a_large_file_takes_its_other_name_with_it)
{
    gbn_manifest_block blocks[64];
    uint64_t middle;

    unpacking_archive("zlib");
    cr_assert(gt(sz, read_blocks(blocks), 4));
    middle = blocks[3].stored_offset + blocks[3].stored_size / 2;
    scratch_flip(unpacking.source.path, middle, 4);
    salvage();
    cr_assert(eq(sz, expect_whole_or_named(), 2));
    cr_assert(eq(u64, unpacking_result.files, 3));
    cr_assert_not_null(unpacking_found(GBN_FINDING_FILE, "dir/large"));
    cr_assert(eq(str, unpacking_found(GBN_FINDING_FILE, "dir/other")->reason,
                 "make hard link dir/other (there is no dir/large)"));
}

Test(unpack_salvage, where_the_product_ends_too_early_the_files_before_are_there)
{
    gbn_manifest_block blocks[64];
    size_t count;

    unpacking_archive("zlib");
    count = read_blocks(blocks);
    for (size_t i = count; i-- > 0;) {
        cr_assert(eq(int,
                     truncate(unpacking.source.path,
                              (off_t)(blocks[i].stored_offset + blocks[i].stored_size / 2)),
                     0));
        salvage();
        cr_assert(gt(u64, unpacking_damages(), 0));
        expect_whole_or_named();
    }
    unpacking_expect("find x -type f", "");
}

Test(unpack_salvage, without_a_salvage_the_first_damage_ends_it)
{
    gbn_manifest_block blocks[64];

    unpacking_archive("zlib");
    cr_assert(gt(sz, read_blocks(blocks), 4));
    scratch_flip(unpacking.source.path, blocks[3].stored_offset + blocks[3].stored_size / 2, 4);
    unpacking.salvage = false;
    unpacking_clear();
    cr_assert(eq(int, unpacking_run(), GBN_ERR_FORMAT));
    cr_assert(ne(int, access("x/dir/large", F_OK), 0)); /* nor is a part of it left */
}

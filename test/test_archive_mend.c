#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "again.h"
#include "faults.h"
#include "output.h"
#include "scratch.h"
#include "tree.h"

TestSuite(mend, .init = again_begin, .fini = again_end, .timeout = 120);

static const char *const codecs[] = {"zlib", "isal", "none"};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

/* An earlier archive whose unharmed copy is "good": what an archive of the same tree is, however it is made. */
static void
first(const char *codec)
{
    again_first(codec);
    cr_assert(eq(int, RUN(NULL, "cp", "p0", "good"), 0));
}

static void
expect_good(uint64_t damaged)
{
    again_succeed();
    cr_assert(eq(u64, again_result.damaged_blocks, damaged));
    cr_assert_null(again_result.previous_trouble);
    cr_assert(output_same("p", "good"));
}

/* Small members, the first, a middle and the last block of a large one: each is some block. */
Test(mend, whichever_block_is_damaged_is_made_anew)
{
    again_tree();
    for (size_t i = 0; i < CODECS; i++) {
        uint64_t count;

        first(codecs[i]);
        count = again_blocks("m0");
        for (uint64_t number = 0; number < count; number++) {
            const gbn_manifest_block block = again_block("m0", number);
            const uint64_t at = block.stored_offset + number * 7919 % block.stored_size;

            scratch_flip("p0", at, 4);
            expect_good(number + 1 < count); /* the last one is not looked at */
            cr_assert(eq(u64, again_result.reused_blocks, count - 1 - (number + 1 < count)));
            scratch_flip("p0", at, 4);
        }
        again_expect_tree();
    }
}

Test(mend, the_first_and_the_last_byte_of_a_block_count)
{
    gbn_manifest_block block;

    again_tree();
    first("zlib");
    block = again_block("m0", 2);
    scratch_flip("p0", block.stored_offset, 4);
    expect_good(1);
    scratch_flip("p0", block.stored_offset, 4);
    scratch_flip("p0", block.stored_offset + block.stored_size - 1, 4);
    expect_good(1);
}

Test(mend, damage_outside_of_the_blocks_does_no_harm)
{
    again_tree();
    first("zlib");
    scratch_flip("p0", 3, 4);
    scratch_flip("p0", scratch_size("p0") - 1, 4);
    expect_good(0);
}

Test(mend, all_of_them_can_be_damaged)
{
    again_tree();
    for (size_t i = 0; i < CODECS; i++) {
        first(codecs[i]);
        RUN(NULL, "sh", "-c", "truncate -r p0 zeros; mv zeros p0");
        expect_good(again_blocks("m0") - 1);
        cr_assert(eq(u64, again_result.reused_blocks, 0));
    }
}

Test(mend, the_archive_after_a_mended_one_has_nothing_to_mend)
{
    again_tree();
    first("zlib");
    RUN(NULL, "sh", "-c", "truncate -r p0 zeros; mv zeros p0");
    again_succeed();
    again_go_on();
    expect_good(0);
    cr_assert(eq(u64, again_result.reused_blocks, again_blocks("m0") - 1));
}

/* ---- meanwhile ---- */

/* What happens at the `left`th read from now on. */
static atomic_int left;
static const char *happening;

static void
happen(void)
{
    if (atomic_fetch_sub(&left, 1) != 0)
        return;
    if (strcmp(happening, "cut") == 0)
        cr_assert_eq(truncate("p0", 100000), 0);
    else if (strcmp(happening, "delete") == 0)
        cr_assert_eq(unlink("p0"), 0);
    else if (strcmp(happening, "cut manifest") == 0)
        cr_assert_eq(truncate("m0", 1000), 0);
    else if (strcmp(happening, "delete manifest") == 0)
        cr_assert_eq(unlink("m0"), 0);
    else if (strcmp(happening, "grow") == 0)
        scratch_write("r/large", "no longer large", 15);
    else if (strcmp(happening, "remove") == 0)
        cr_assert_eq(unlink("r/large"), 0);
    else if (strcmp(happening, "small") == 0)
        scratch_write("r/forest/00/1/1", "other", 5);
    else
        cr_assert(false);
}

static gbn_status
run_while(const char *what, int reads)
{
    gbn_status rc;

    happening = what;
    atomic_store(&left, reads);
    faults.reading = happen;
    rc = again_run();
    faults.reading = NULL;
    return rc;
}

static void
restore(void)
{
    RUN(NULL, "sh", "-c", "cp good p0; cp manifest m0");
}

Test(mend, a_product_that_is_cut_off_while_it_is_used_is_made_good)
{
    uint64_t damaged = 0;

    again_tree();
    first("zlib");
    RUN(NULL, "cp", "m0", "manifest");
    for (int reads = 0; reads < 40; reads++) {
        cr_assert(eq(int, run_while("cut", reads), GBN_OK), "%s", again_err.message);
        cr_assert(output_same("p", "good"));
        damaged += again_result.damaged_blocks > 1;
        restore();
    }
    cr_assert(gt(u64, damaged, 5));
}

Test(mend, a_product_that_is_deleted_while_it_is_used_serves_on)
{
    again_tree();
    first("zlib");
    RUN(NULL, "cp", "m0", "manifest");
    for (int reads = 0; reads < 30; reads += 3) {
        cr_assert(eq(int, run_while("delete", reads), GBN_OK), "%s", again_err.message);
        cr_assert(output_same("p", "good"));
        cr_assert(eq(u64, again_result.damaged_blocks, 0));
        restore();
    }
}

Test(mend, a_manifest_that_shrinks_or_goes_while_it_is_used_leaves_nothing_half)
{
    static const char *const what[] = {"cut manifest", "delete manifest"};

    again_tree();
    first("zlib");
    RUN(NULL, "cp", "m0", "manifest");
    for (int i = 0; i < 60; i++) {
        const gbn_status rc = run_while(what[i % 2], i / 2);

        if (rc == GBN_OK)
            cr_assert(output_same("p", "good"));
        else
            cr_assert(output_is_absent());
        restore();
    }
}

/* ---- files that are no longer what they were when all were looked at ---- */

/* Some of its blocks may be in the archive already, so what is missing cannot be made of what it is now. */
Test(mend, a_large_file_that_changed_since_ends_the_archive)
{
    static const char *const what[] = {"grow", "remove"};

    for (size_t i = 0; i < 2; i++) {
        RUN(NULL, "sh", "-c", "rm -rf r; mkdir r");
        again_tree();
        first("zlib");
        for (uint64_t number = 0;; number++) {
            const gbn_manifest_block block = again_block("m0", number);

            if (block.raw_size < 1000000 || block.raw_size % 1024 != 0)
                continue;
            scratch_flip("p0", block.stored_offset + 100, 4); /* the first block of r/large */
            break;
        }
        cr_assert(eq(int, run_while(what[i], 0), GBN_ERR_FORMAT), "%s", what[i]);
        cr_assert_not_null(strstr(again_err.message, "the file has changed by now: large"), "%s",
                           again_err.message);
        cr_assert(output_is_absent());
    }
}

Test(mend, a_large_file_that_changed_since_is_what_it_was_where_nothing_is_damaged)
{
    again_tree();
    first("zlib");
    cr_assert(eq(int, run_while("grow", 0), GBN_OK), "%s", again_err.message);
    cr_assert(output_same("p", "good"));
}

Test(mend, a_small_file_that_changed_since_is_what_it_is_now)
{
    again_tree();
    first("zlib");
    scratch_flip("p0", again_block("m0", 0).stored_offset + 50, 4);
    cr_assert(eq(int, run_while("small", 0), GBN_OK), "%s", again_err.message);
    cr_assert(eq(u64, again_result.damaged_blocks, 1));
    again_expect_tree();
}

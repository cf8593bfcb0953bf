#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "former.h"
#include "gbn_plan.h"
#include "gbn_tar.h"
#include "process.h"
#include "scratch.h"
#include "surveying.h"
#include "tree.h"

enum { FULL = 128 * 1024, SMALL = 30 * 1024, LARGE = 1024 * 1024 };

static gbn_plan *plan;
static gbn_error err;

static void
end(void)
{
    gbn_plan_free(plan);
    surveying_end();
}

TestSuite(plan, .init = surveying_begin, .fini = end, .timeout = 60);

static void
survey_it(void)
{
    gbn_plan_free(plan);
    plan = NULL;
    cr_assert(eq(int, surveying_run(), GBN_OK), "%s", surveying_err.message);
}

/* "copy 0" or "read 1: a b/c!" for each step: "!" stands behind what has changed. */
static void
expect_plan(const char *expected)
{
    gbn_bytes found = GBN_BYTES_INIT;
    gbn_plan_step step;
    gbn_plan_path path;
    const uint8_t *record;
    char text[300];
    size_t length;

    survey_it();
    cr_assert(eq(int, gbn_plan_new(surveyed, "m0", ".", &plan, &err), GBN_OK), "%s", err.message);
    while (gbn_plan_next(plan, &step, &err) == GBN_OK) {
        snprintf(text, sizeof text, "%s %d", step.copy ? "copy" : "read",
                 (int)step.row.block.number);
        gbn_bytes_append(&found, text, strlen(text), NULL);
        for (uint32_t i = 0; i < step.reads; i++) {
            cr_assert(eq(int, gbn_spool_next(gbn_plan_paths(plan), &record, &length, &err), 0));
            memcpy(&path, record, sizeof path);
            snprintf(text, sizeof text, " %s%s", (const char *)record + sizeof path,
                     path.verdict == GBN_VERDICT_SAME ? "" : "!");
            gbn_bytes_append(&found, text, strlen(text), NULL);
        }
        gbn_bytes_append(&found, "\n", 1, NULL);
    }
    cr_assert(eq(int, gbn_spool_next(gbn_plan_paths(plan), &record, &length, &err), GBN_END));
    gbn_bytes_append(&found, "", 1, NULL);
    cr_assert(eq(str, (char *)found.data, (char *)expected));
    gbn_bytes_free(&found);
}

/* Blocks of these raw sizes, each with a file called like its number; "" is in the first. */
static void
make(const uint64_t *sizes, size_t count)
{
    char path[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "r/%zu", i);
        tree_text(path, "");
    }
    former_begin(0);
    for (size_t i = 0; i < count; i++) {
        former_block(sizes[i]);
        if (i == 0)
            former_member("");
        snprintf(path, sizeof path, "%zu", i);
        former_member(path);
    }
    surveying.stored_size = former_end();
}

#define MAKE(...)                                                                                  \
    make((const uint64_t[]){__VA_ARGS__},                                                          \
         sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

Test(plan, the_last_block_is_made_anew_and_the_others_are_copied)
{
    MAKE(FULL, FULL, FULL, FULL);
    expect_plan("copy 0\ncopy 1\ncopy 2\nread 3 3\n");
}

Test(plan, an_archive_of_one_block_is_made_anew)
{
    MAKE(FULL);
    expect_plan("read 0  0\n");
}

Test(plan, what_has_changed_is_made_anew_with_all_that_is_in_its_block)
{
    tree_text("r/a", "");
    tree_text("r/b", "");
    tree_text("r/c", "");
    tree_text("r/d", "");
    former_begin(0);
    former_block(FULL);
    former_member("");
    former_block(FULL);
    former_member("a");
    former_member("b");
    former_member("c");
    former_block(FULL);
    former_member("d");
    former_block(GBN_TAR_END_MAX);
    surveying.stored_size = former_end();
    former_later("echo >>r/b");
    expect_plan("copy 0\nread 1 a b! c\ncopy 2\n");
    former_later("rm r/a; echo >>r/d"); /* the root has changed then */
    expect_plan("read 0 !\nread 1 b! c\nread 2 d!\n");
    former_later("rm r/b r/c"); /* nothing is left of a block */
    expect_plan("read 0 !\nread 2 d!\n");
}

/* Two zero blocks end an archive for tar, wherever they stand; they may have begun in the block before the last. */
Test(plan, what_the_end_may_begin_in_is_made_anew)
{
    tree_text("r/a", "");
    tree_text("r/b", "");
    former_begin(0);
    former_block(FULL);
    former_member("");
    former_member("a");
    former_block(FULL);
    former_member("b");
    former_block(GBN_TAR_END_MAX - 512);
    surveying.stored_size = former_end();
    expect_plan("copy 0\nread 1 b\n");
}

Test(plan, a_small_block_is_put_together_with_the_next_one)
{
    MAKE(FULL, SMALL, FULL, FULL, FULL);
    expect_plan("copy 0\nread 1 1\nread 2 2\ncopy 3\nread 4 4\n");
}

Test(plan, small_blocks_in_a_row_are_put_together)
{
    MAKE(SMALL, SMALL, SMALL, FULL, FULL);
    expect_plan("read 0  0\nread 1 1\nread 2 2\nread 3 3\nread 4 4\n");
}

Test(plan, a_small_block_stays_when_the_next_one_is_too_large_for_both)
{
    MAKE(FULL, SMALL, 2 * FULL - SMALL + 512, FULL, FULL);
    expect_plan("copy 0\ncopy 1\ncopy 2\ncopy 3\nread 4 4\n");
    RUN(NULL, "sh", "-c", "rm -f r/*");
    MAKE(FULL, SMALL, 2 * FULL - SMALL, FULL, FULL);
    expect_plan("copy 0\nread 1 1\nread 2 2\ncopy 3\nread 4 4\n");
    RUN(NULL, "sh", "-c", "rm -f r/*");
    MAKE(FULL, FULL / 2, FULL, FULL);
    expect_plan("copy 0\ncopy 1\ncopy 2\nread 3 3\n");
}

/* A file of three blocks between others, and one behind it that is small. */
static void
make_large(void)
{
    RUN(NULL, "sh", "-c", "cd r; touch a large z z1 z2");
    former_begin(0);
    former_block(SMALL);
    former_member("");
    former_member("a");
    former_block(LARGE);
    former_block(LARGE);
    former_block(512);
    former_member_from("large", 1);
    former_block(FULL);
    former_member("z");
    former_block(FULL);
    former_member("z1");
    former_block(FULL);
    former_member("z2");
    surveying.stored_size = former_end();
}

Test(plan, the_blocks_of_a_large_file_are_copied_together_however_short_the_last_is)
{
    make_large();
    expect_plan("copy 0\ncopy 1\ncopy 2\ncopy 3\ncopy 4\ncopy 5\nread 6 z2\n");
}

Test(plan, the_blocks_of_a_large_file_are_made_anew_together)
{
    make_large();
    former_later("echo >>r/large");
    expect_plan("copy 0\nread 3 large!\ncopy 4\ncopy 5\nread 6 z2\n");
    former_later("rm r/large; touch r/large2");
    expect_plan("read 0 ! a\ncopy 4\ncopy 5\nread 6 z2\n");
}

/* What follows the archive's last member is zeros, in a block of its own when that is a large one. */
Test(plan, a_large_file_at_the_end_is_copied)
{
    RUN(NULL, "sh", "-c", "cd r; touch a large");
    former_begin(0);
    former_block(FULL);
    former_member("");
    former_member("a");
    former_block(LARGE);
    former_block(1024);
    former_member_from("large", 1);
    former_block(10240);
    surveying.stored_size = former_end();
    expect_plan("copy 0\ncopy 1\ncopy 2\n");
}

Test(plan, what_directories_were_is_kept_for_whoever_writes_them)
{
    const uint8_t *record;
    gbn_plan_path path;
    struct stat status;
    size_t length;

    tree_directory("r/d");
    chmod("r/d", 01750);
    stat("r/d", &status);
    former_begin(0);
    former_block(FULL);
    former_member("");
    former_member("d");
    surveying.stored_size = former_end();
    survey_it();
    cr_assert(eq(int, gbn_plan_new(surveyed, "m0", ".", &plan, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_next(gbn_plan_paths(plan), &record, &length, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_next(gbn_plan_paths(plan), &record, &length, &err), GBN_OK));
    memcpy(&path, record, sizeof path);
    cr_assert(all(eq(u32, path.mode, status.st_mode), eq(u64, path.uid, status.st_uid),
                  eq(u64, path.gid, status.st_gid), eq(u64, path.inode, status.st_ino),
                  eq(u64, path.device, status.st_dev)));
    cr_assert(eq(i64, path.mtime_ns,
                 (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec));
    cr_assert(eq(i64, path.ctime_ns,
                 (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec));
}

Test(plan, a_manifest_that_shrinks_after_the_survey_is_refused)
{
    MAKE(FULL, FULL, FULL);
    survey_it();
    cr_assert(eq(int, truncate("m0", 200), 0));
    cr_assert(eq(int, gbn_plan_new(surveyed, "m0", ".", &plan, &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, unlink("m0"), 0));
    cr_assert(eq(int, gbn_plan_new(surveyed, "m0", ".", &plan, &err), GBN_ERR_SYSTEM));
    cr_assert_null(plan);
}

Test(plan, nothing_is_freed_without_harm)
{
    gbn_plan_free(NULL);
}

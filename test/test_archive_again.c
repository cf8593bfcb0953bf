#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "again.h"
#include "faults.h"
#include "former.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

TestSuite(again, .init = again_begin, .fini = again_end, .timeout = 120);

static const char *const codecs[] = {"zlib", "isal", "none"};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

/* ---- what is taken over ---- */

Test(again, a_tree_nobody_touched_gives_the_same_bytes)
{
    again_tree();
    for (size_t i = 0; i < CODECS; i++) {
        again_first(codecs[i]);
        again_succeed();
        cr_assert(output_same("p", "p0"), "%s", codecs[i]);
        cr_assert(gt(u64, again_blocks("m0"), 8));
        cr_assert(all(eq(u64, again_result.reused_blocks, again_blocks("m0") - 1),
                      eq(u64, again_result.damaged_blocks, 0)));
        cr_assert(eq(u64, again_result.generation, 1));
        cr_assert_null(again_result.previous_trouble);
        again_expect_tree();
    }
}

Test(again, figures_are_those_of_an_archive_in_full)
{
    gbn_progress progress;
    gbn_job *job;
    uint64_t files, directories, entries;

    again_tree();
    again_first("zlib");
    files = again_result.files;
    directories = again_result.directories;
    entries = again_result.entries;
    job = again_start();
    while (gbn_job_wait(job, 1000) == GBN_AGAIN)
        continue;
    progress = gbn_job_progress(job);
    cr_assert(eq(int, gbn_job_finish(job, &again_err), GBN_OK));
    cr_assert(all(eq(u64, again_result.files, files), eq(u64, again_result.entries, entries)));
    cr_assert(eq(u64, again_result.directories, directories));
    cr_assert(all(eq(u64, progress.raw, again_result.raw), eq(u64, progress.entries, entries)));
}

Test(again, blocks_of_what_did_not_change_are_those_of_before)
{
    again_tree();
    for (size_t i = 0; i < CODECS; i++) {
        again_first(codecs[i]);
        former_later(
            "echo more >>r/forest/00/3/5; rm -f r/trees/01/2/3; echo new >r/forest/01/3/00; "
            "mkdir r/a r/a/b; cp r/medium r/a/b; ln r/a/b/medium r/z");
        again_succeed();
        again_expect_tree();
        cr_assert(gt(u64, again_result.reused_blocks, 5), "%s", codecs[i]);
        cr_assert(lt(u64, again_result.reused_blocks, again_blocks("m0") - 2), "%s", codecs[i]);
        cr_assert(eq(int, RUN(NULL, "rm", "-r", "r/a", "r/z"), 0));
    }
}

Test(again, generations_are_counted_and_know_the_one_before)
{
    gbn_bytes manifest = GBN_BYTES_INIT;
    char id[16];

    again_tree();
    again_first("zlib");
    for (unsigned i = 1; i < 6; i++) {
        snprintf(id, sizeof id, "backup %u", i);
        again.product.backup_id = id;
        former_later(
            "echo x >>r/medium; mv r/large r/large2; mv r/large2 r/large; echo >r/forest/x$$");
        again_succeed();
        again_expect_tree();
        cr_assert(eq(u64, again_result.generation, i));
        gbn_bytes_clear(&manifest);
        scratch_read("m", &manifest);
        snprintf(id, sizeof id, i == 1 ? "1_2_3" : "backup %u", i - 1);
        cr_assert_not_null(memmem(manifest.data, 100, id, strlen(id)), "%s", id);
        again_go_on();
    }
    gbn_bytes_free(&manifest);
}

/* A new large file behind the others, whose number of blocks shifts those of the next archive. */
Test(again, numbers_of_blocks_may_shift)
{
    again_tree();
    again_first("zlib");
    former_later("rm r/forest/00/0/*; cp r/large r/forest/00/0/large; mv r/trees r/x");
    again_succeed();
    again_expect_tree();
    again_go_on();
    again_succeed();
    again_expect_tree();
    cr_assert(eq(u64, again_result.reused_blocks, again_blocks("m0") - 1));
    again_go_on();
    former_later("rm -r r/forest/01");
    again_succeed();
    again_expect_tree();
    cr_assert(eq(u64, again_result.generation, 3));
}

Test(again, any_number_of_workers_makes_the_same_bytes)
{
    again_tree();
    again_first("zlib");
    former_later("echo more >>r/forest/00/3/5; cp r/medium r/forest/00/4; echo more >>r/large");
    again.product.workers = 1;
    again_succeed();
    cr_assert(all(eq(int, rename("p", "p1"), 0), eq(int, rename("m", "m1"), 0)));
    again_calm("m1");
    for (unsigned workers = 2; workers < 9; workers += 2) {
        again.product.workers = workers;
        again_succeed();
        again_calm("m");
        cr_assert(output_same("p", "p1") && output_same("m", "m1"));
    }
}

/* By the file system's clock, and not by what this test says of a manifest. */
Test(again, what_has_settled_is_taken_over)
{
    again_tree();
    former_settle();
    again_succeed();
    cr_assert(all(eq(int, rename("p", "p0"), 0), eq(int, rename("m", "m0"), 0)));
    again.previous_manifest = "m0";
    again.previous.path = "p0";
    again_succeed();
    cr_assert(eq(u64, again_result.reused_blocks, again_blocks("m0") - 1));
    cr_assert(output_same("p", "p0"));
}

Test(again, the_earlier_one_may_be_a_section_of_another_file)
{
    again_tree();
    again_first("zlib");
    RUN(NULL, "sh", "-c", "(head -c 12345 /dev/zero; cat p0; head -c 777 /dev/zero) >outer");
    again.previous = (gbn_place){
        .path = "outer", .section = true, .offset = 12345, .length = scratch_size("p0")};
    again_succeed();
    cr_assert(output_same("p", "p0"));
    cr_assert(eq(u64, again_result.reused_blocks, again_blocks("m0") - 1));
}

/* Which of its names has the content is not known before all are read. */
Test(again, a_file_of_several_names_is_read_again_and_keeps_them)
{
    again_tree();
    tree_hard_link("r/medium", "r/a name before");
    tree_hard_link("r/medium", "r/trees/last");
    again_first("zlib");
    again_succeed();
    again_expect_tree();
    cr_assert(lt(u64, again_result.reused_blocks, again_blocks("m0") - 1));
    again_go_on();
    former_later("ln r/large r/trees/large; rm 'r/a name before'");
    again_succeed();
    again_expect_tree();
    again_go_on();
    former_later("rm r/large r/trees/last");
    again_succeed();
    again_expect_tree();
}

Test(again, names_that_are_left_out_now_are_left_out)
{
    static const char *const exclude[] = {"forest", "new"};

    again_tree();
    again_first("zlib");
    former_later("touch r/new");
    again.exclude = exclude;
    again.exclude_count = 2;
    again_succeed();
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "! tar -tzf p | grep -e forest -e new"), 0));
    cr_assert(gt(u64, again_result.reused_blocks, 2));
}

/* ---- of no use ---- */

static void
expect_full(const char *trouble)
{
    again_succeed();
    cr_assert_not_null(again_result.previous_trouble, "%s", trouble);
    cr_assert_not_null(strstr(again_result.previous_trouble, trouble), "%s instead of %s",
                       again_result.previous_trouble, trouble);
    cr_assert(all(eq(u64, again_result.generation, 0), eq(u64, again_result.reused_blocks, 0)));
    cr_assert(output_same("p", "good"));
}

Test(again, one_of_no_use_is_told_of_and_the_archive_made_in_full)
{
    again_tree();
    again_first("zlib");
    RUN(NULL, "sh", "-c", "cp p0 good; cp m0 manifest");
    again.previous_manifest = "missing";
    expect_full("open missing: No such file or directory");
    again.previous_manifest = "r";
    expect_full("read r: not a regular file");
    again.previous_manifest = "p0";
    expect_full("read the manifest p0 at byte 0");
    again.previous_manifest = "m0";
    again.previous.path = "missing";
    expect_full("open missing: No such file or directory");
    again.previous.path = "r";
    expect_full("r");
    again.previous.path = "p0";
    RUN(NULL, "sh", "-c", "echo >>p0");
    expect_full("the archive is not of the size it tells");
    RUN(NULL, "sh", "-c", "cp good p0; head -c 5000 manifest >m0");
    expect_full("ends amid a record");
}

Test(again, a_plain_one_is_of_no_use_for_a_compressed_one_nor_the_other_way_round)
{
    again_tree();
    again_first("none");
    rename("p0", "good");
    rename("m0", "plain");
    again_first("zlib");
    rename("good", "plain.tar");
    RUN(NULL, "cp", "p0", "good");
    again.previous_manifest = "plain";
    again.previous.path = "plain.tar";
    expect_full("this one is compressed and the other is not");
    again.previous_manifest = "m0";
    again.previous.path = "p0";
    again.product.codec = NULL;
    rename("plain.tar", "good");
    expect_full("the earlier one is compressed and the other is not");
}

/* Blocks of one codec serve an archive of the other. */
Test(again, the_codecs_take_over_from_each_other)
{
    again_tree();
    again_first("zlib");
    again.product.codec = gbn_gzip_codec_find("isal");
    former_later("echo more >>r/medium");
    again_succeed();
    again_expect_tree();
    cr_assert(gt(u64, again_result.reused_blocks, 5));
}

/* ---- whatever happens meanwhile ---- */

static const char MUTATIONS[] =
    "for i in 1 2 3; do echo x >>r/busy/grows$i; "
    "head -c 2000000 /dev/zero >r/busy/shrinks$i; : >r/busy/shrinks$i; "
    "rm -f r/busy/comes$i; echo y >r/busy/comes$i; "
    "rm -rf r/busy/turns$i; mkdir r/busy/turns$i; touch r/busy/turns$i/f; "
    "rm -rf r/busy/turns$i; ln -s x r/busy/turns$i; "
    "mv r/busy/to r/busy/fro; mv r/busy/fro r/busy/to; "
    "done 2>/dev/null";

Test(again, whatever_others_do_meanwhile_it_is_whole_and_the_one_after_is_the_tree)
{
    pid_t pid;

    again_tree();
    tree_forest("r/busy", 3, 3);
    tree_forest("r/busy/to", 3, 3);
    again_first("zlib");
    pid = scratch_repeat(MUTATIONS);
    for (int i = 0; i < 15; i++) {
        again_succeed();
        cr_assert(eq(u64, again_result.generation, (uint64_t)i + 1));
        cr_assert(eq(int, RUN(NULL, "sh", "-c", "tar -tzf p >list && gzip -t <p"), 0));
        cr_assert(
            eq(int, RUN(NULL, "sh", "-c", "test $(grep -cE '^./(forest|trees)/' list) = 728"), 0));
        cr_assert(all(eq(int, rename("p", "p0"), 0), eq(int, rename("m", "m0"), 0)));
    }
    scratch_stop(pid);
    former_tick();
    again_succeed();
    again_expect_tree();
}

Test(again, finishing_it_at_any_moment_leaves_nothing)
{
    again_tree();
    again_first("zlib");
    former_later(
        "echo more >>r/forest/00/3/5; cp r/medium r/forest/00/4; echo more >>r/trees/01/1/1");
    for (long i = 0; i < 80; i++) {
        gbn_status rc;

        again.product.workers = 1 + (unsigned)i % 8;
        rc = output_break_off(again_start(), i * 300 * 1000, &again_err);
        cr_assert(eq(int, output_is_absent(), rc == GBN_ERR_CANCELLED));
    }
}

Test(again, a_full_disk_at_any_write_leaves_nothing)
{
    again_tree();
    again_first("zlib");
    output_expect_full_disk(again_run, 25, &again_err);
}

Test(again, a_process_without_descriptors_leaves_nothing)
{
    gbn_job *job;
    gbn_status rc;

    process_skip_under_valgrind("a file is made before its descriptor is refused");
    again_tree();
    again_first("zlib");
    for (size_t left = 0; left < 12; left++) {
        process_leave_descriptors(left);
        rc = gbn_archive_start(&again, &again_result, &job, &again_err);
        if (rc == GBN_OK)
            rc = output_finish(job, &again_err);
        process_allow_descriptors();
        cr_assert(eq(int, rc, GBN_ERR_SYSTEM), "%zu", left);
        cr_assert(eq(int, again_err.errnum, EMFILE));
        cr_assert(output_is_absent(), "%zu", left);
        output_remove(&again_result);
    }
}

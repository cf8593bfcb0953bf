#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "former.h"
#include "process.h"
#include "scratch.h"
#include "surveying.h"
#include "tree.h"

TestSuite(survey, .init = surveying_begin, .fini = surveying_end, .timeout = 120);

/* "=" same, "!" changed, "-" gone: of each member in the order of the file. */
static void
expect_verdicts(const char *expected)
{
    char found[64] = "";

    cr_assert(eq(int, surveying_run(), GBN_OK), "%s", surveying_err.message);
    for (size_t i = 0; i < strlen(expected); i++)
        found[i] = "-!="[gbn_survey_verdict(surveyed, i)];
    cr_assert(eq(str, found, (char *)expected));
}

/* Each followed by a newline. */
static void
expect_news(const char *expected)
{
    gbn_bytes found = GBN_BYTES_INIT;
    const uint8_t *path;
    size_t length;

    gbn_spool_rewind(gbn_survey_news(surveyed));
    while (gbn_spool_next(gbn_survey_news(surveyed), &path, &length, &surveying_err) == GBN_OK) {
        gbn_bytes_append(&found, path, length - 1, NULL);
        gbn_bytes_append(&found, "\n", 1, NULL);
    }
    gbn_bytes_append(&found, "", 1, NULL);
    cr_assert(eq(str, (char *)found.data, (char *)expected));
    gbn_bytes_free(&found);
}

static void
expect_refused(const char *why)
{
    cr_assert(eq(int, surveying_run(), GBN_SKIPPED), "%s", why);
    cr_assert(strstr(surveying_err.message, why) != NULL, "%s instead of %s", surveying_err.message,
              why);
}

/* ---- members ---- */

Test(survey, nothing_has_changed_in_a_tree_nobody_touched)
{
    tree_forest("r/t", 40, 8);
    tree_symlink("x", "r/link");
    cr_assert(eq(int, mkfifo("r/fifo", 0640), 0));
    surveying.stored_size = former_tree(0, 7);
    cr_assert(eq(int, surveying_run(), GBN_OK), "%s", surveying_err.message);
    for (uint64_t i = 0; i < 1 + 1 + 3 + 40 + 320 + 2; i++)
        cr_assert(eq(int, gbn_survey_verdict(surveyed, i), GBN_VERDICT_SAME), "%d", (int)i);
    for (uint64_t i = 0; i < 60; i++)
        cr_assert_not(gbn_survey_touched(surveyed, i));
    expect_news("");
    cr_assert(eq(str, (char *)gbn_survey_backup_id(surveyed), "before"));
    cr_assert(all(eq(u64, gbn_survey_generation(surveyed), 0), not(gbn_survey_plain(surveyed))));
}

Test(survey, each_change_of_a_file_is_seen)
{
    static const char *const changes[] = {
        "echo more >>r/f",
        "echo Text >r/f",
        "touch r/f",
        "touch -d 2001-01-01 r/f",
        "chmod 600 r/f",
        "chmod 600 r/f; chmod 644 r/f",
        "touch -r r/f old; echo Text >r/f; touch -r old r/f",
        "touch -r r/f old; echo Text >new; touch -r old new; mv new r/f",
        "cp -p r/f new; mv new r/f",
        "ln r/f other",
        "ln r/f other; rm other",
        "mv r/f x; mv x r/f",
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        unlink("r/f");
        tree_text("r/f", "text\n");
        surveying.stored_size = former_tree(0, 10);
        former_tick();
        expect_verdicts("==");
        former_later(changes[i]);
        cr_assert(eq(int, surveying_run(), GBN_OK));
        cr_assert(eq(int, gbn_survey_verdict(surveyed, 1), GBN_VERDICT_CHANGED), "%s", changes[i]);
        cr_assert(gbn_survey_touched(surveyed, 0), "%s", changes[i]);
        expect_news("");
        unlink("other");
    }
}

Test(survey, a_time_before_1970_is_compared_as_any_other)
{
    cr_assert(eq(int, RUN(NULL, "touch", "-d", "1969-06-01T12:00:00.5Z", "r/f"), 0));
    surveying.stored_size = former_tree(0, 10);
    expect_verdicts("==");
    cr_assert(eq(int, RUN(NULL, "touch", "-d", "1969-06-01T12:00:01.5Z", "r/f"), 0));
    expect_verdicts("=!");
}

Test(survey, what_has_become_something_else_is_gone_and_new)
{
    static const char *const changes[] = {
        "rm r/f; mkdir r/f; echo >r/f/x",
        "rm r/f; ln -s x r/f",
        "rm r/f; mkfifo r/f",
        "rm r/f; ln -s . r/f",
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        RUN(NULL, "rm", "-rf", "r/f");
        tree_text("r/f", "text");
        surveying.stored_size = former_tree(0, 10);
        former_later(changes[i]);
        expect_verdicts("!-");
        expect_news("f\n");
    }
}

Test(survey, links_fifos_and_what_comes_and_goes_are_told_apart)
{
    tree_text("r/b", "");
    cr_assert(eq(int, mkfifo("r/fifo", 0640), 0));
    tree_text("r/gone", "");
    tree_symlink("x", "r/link");
    tree_symlink("x", "r/link2");
    surveying.stored_size = former_tree(0, 10);
    former_later(
        "rm r/gone; rm r/link2; ln -s y r/link2; chmod 600 r/fifo; echo >r/a; echo >r/c; echo "
        ">r/z");
    expect_verdicts("!=!-=!");
    expect_news("a\nc\nz\n");
}

Test(survey, what_had_not_settled_and_further_names_of_a_file_count_as_changed)
{
    gbn_manifest_entry entry;

    tree_text("r/a", "");
    tree_text("r/b", "");
    former_begin(0);
    former_block(FORMER_BLOCK);
    former_member("");
    entry = former_entry("a");
    entry.settled = false;
    former_put(&entry);
    entry = former_entry("b");
    entry.hardlink = true;
    entry.has_sha256 = false;
    entry.size = 0;
    entry.link = "a";
    former_put(&entry);
    surveying.stored_size = former_end();
    expect_verdicts("=!!");
    expect_news("");
}

/* ---- directories ---- */

Test(survey, a_directory_that_is_as_it_was_is_not_listed_and_another_is)
{
    tree_directory("r/a");
    tree_text("r/a/x", "");
    tree_text("r/a/y", "");
    tree_text("r/b", "");
    former_begin(0);
    former_block(FORMER_BLOCK);
    former_member("");
    former_member("a");
    former_member("a/x"); /* y is kept quiet about: whoever looks finds it */
    surveying.stored_size = former_end();
    expect_verdicts("===");
    expect_news("b\n"); /* the root is looked at always */
    former_later("touch r/a");
    expect_verdicts("=!=");
    expect_news("a/y\nb\n");
}

Test(survey, of_a_directory_that_is_gone_all_is_gone)
{
    static const char *const changes[] = {
        "rm -r r/d",
        "mv r/d out",
        "mv r/d r/.gbn-aside",
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        RUN(NULL, "sh", "-c", "rm -rf r/* r/.gbn* out; mkdir -p r/d/e; touch r/d/e/f r/d/g r/h");
        surveying.stored_size = former_tree(0, 10);
        former_later(changes[i]);
        expect_verdicts("!----=");
        expect_news("");
    }
}

/* lstat of "d/f" says what it said before, and yet it is no longer there. */
Test(survey, a_link_in_the_place_of_a_directory_is_not_followed)
{
    RUN(NULL, "sh", "-c", "mkdir -p r/d/e; touch r/d/e/f r/d/g r/h");
    surveying.stored_size = former_tree(0, 10);
    former_later("mv r/d r/moved; ln -s moved r/d");
    expect_verdicts("!----=");
    expect_news("d\nmoved\n");
    former_later("rm r/d; mv r/moved out; ln -s ../out r/d");
    expect_verdicts("!----=");
    expect_news("d\n");
}

Test(survey, a_directory_of_the_same_name_is_looked_into)
{
    RUN(NULL, "sh", "-c", "mkdir -p r/d; echo 1 >r/d/f; echo 2 >r/d/g");
    surveying.stored_size = former_tree(0, 10);
    former_later("mv r/d out; mkdir r/d; mv out/f r/d; touch r/d/e r/d/g");
    expect_verdicts("!!!!");
    expect_news("d/e\n");
}

Test(survey, new_names_come_in_walk_order_and_new_directories_alone)
{
    RUN(NULL, "sh", "-c", "mkdir -p r/b/c r/b-d; touch r/b/c/5 r/b/x r/b-d/f");
    surveying.stored_size = former_tree(0, 10);
    former_later(
        "mkdir r/new; touch r/new/x r/b.x r/a r/z r/b/c/1 r/b/c/9 r/b/c-x r/b/0 r/b/z r/b-d/0");
    cr_assert(eq(int, surveying_run(), GBN_OK));
    expect_news("a\nb/0\nb/c/1\nb/c/9\nb/c-x\nb/z\nb-d/0\nb.x\nnew\nz\n");
}

Test(survey, a_directory_we_may_not_list_is_left_to_whoever_reads_it)
{
    process_become_nobody();
    RUN(NULL, "sh", "-c", "mkdir -p r/d; touch r/d/f r/h");
    surveying.stored_size = former_tree(0, 10);
    former_later("chmod 0 r/d");
    expect_verdicts("=--=");
    expect_news("d\n");
    chmod("r/d", 0755);
}

Test(survey, a_folder_that_cannot_be_listed_itself_is_named_with_the_cause)
{
    surveying.stored_size = former_tree(0, 10);
    surveying_new();
    cr_assert(eq(int, RUN(NULL, "rm", "-r", "r"), 0)); /* its handle stays good, without names */
    cr_assert(eq(int, gbn_survey_run(surveyed, &surveying_err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, surveying_err.errnum, ENOENT));
    cr_assert(eq(str, surveying_err.message, "read directory r"));
}

Test(survey, names_that_are_left_out_are_neither_new_nor_kept)
{
    static const char *const exclude[] = {"tmp", "cache"};

    RUN(NULL, "sh", "-c", "mkdir -p r/a/tmp r/tmp; touch r/a/tmp/f r/tmp/f r/x");
    surveying.stored_size = former_tree(0, 20);
    former_later(
        "mkdir r/cache r/a/cache r/lost+found r/a/lost+found r/.gbn-aside; touch r/cache/f");
    surveying.exclude = exclude;
    surveying.exclude_count = 2;
    expect_verdicts("!!==--=");
    expect_news("a/cache\n");
}

Test(survey, a_path_beyond_what_the_system_takes_is_gone_step_by_step)
{
    gbn_manifest_entry entry;
    char name[201];
    char *path = calloc(1, 40 * 201 + 4);

    memset(name, 'n', 200);
    name[200] = '\0';
    tree_chain("r/t", name, 40);
    former_begin(0);
    former_block(FORMER_BLOCK);
    former_member("");
    former_member("t");
    entry = former_entry("t");
    strcpy(path, "t");
    for (int i = 0; i < 40; i++) {
        strcat(strcat(path, "/"), name);
        entry.path = path;
        entry.inode = 1;
        former_put(&entry);
    }
    entry.mode = S_IFREG | 0644;
    entry.has_sha256 = true;
    entry.path = strcat(path, "/f");
    former_put(&entry);
    surveying.stored_size = former_end();
    expect_verdicts("==!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!");
    expect_news("");
    free(path);
}

/* ---- notes ---- */

Test(survey, names_that_were_left_out_are_tried_again_if_they_are_there)
{
    RUN(NULL, "sh", "-c", "mkdir r/d; touch r/d/a r/d/m r/d/z r/f");
    former_begin(0);
    former_block(FORMER_BLOCK);
    former_member("");
    former_member("d");
    former_note("d/a");
    former_note("d/gone");
    former_member("d/m");
    former_note("d/m"); /* about a member: it has its own verdict */
    former_note("d/z");
    former_member("f");
    surveying.stored_size = former_end();
    expect_verdicts("====");
    expect_news("d/a\nd/z\n");
    former_later("rm r/d/a; touch r/d/gone"); /* now it is listed */
    expect_verdicts("=!==");
    expect_news("d/gone\nd/z\n");
    former_later("rm -r r/d");
    expect_verdicts("!--=");
    expect_news("");
}

/* ---- orders ---- */

Test(survey, members_of_a_later_generation_may_come_in_any_order)
{
    RUN(NULL, "sh", "-c", "mkdir -p r/a/b r/c; touch r/a/b/1 r/a/b/2 r/a/3 r/c/4 r/5");
    former_begin(3);
    former_block(FORMER_BLOCK);
    former_member("");
    former_member("c");
    former_member("a");
    former_member("5");
    former_block(FORMER_BLOCK);
    former_note("c/noted");
    former_member("a/b");
    former_member("a/b/2");
    former_member("c/4");
    former_note("a/3");
    former_block(FORMER_BLOCK);
    former_member("a/3");
    former_member("a/b/1");
    surveying.stored_size = former_end();
    expect_verdicts("=========");
    expect_news("");
    cr_assert(eq(u64, gbn_survey_generation(surveyed), 3));
    former_later("echo x >>r/a/b/1; rm r/5; touch r/c/noted r/a/0");
    expect_verdicts("!!!-====!");
    expect_news("a/0\nc/noted\n");
    cr_assert(all(gbn_survey_touched(surveyed, 0), not(gbn_survey_touched(surveyed, 1)),
                  gbn_survey_touched(surveyed, 2)));
}

Test(survey, a_tree_of_many_members_is_the_same_in_any_order)
{
    int changed = 0;

    tree_forest("r/t", 200, 20);
    surveying.stored_size = former_tree(1, 30);
    former_later("echo x >>r/t/07/3/11; rm r/t/03/5/6; touch r/t/00/0/new");
    cr_assert(eq(int, surveying_run(), GBN_OK), "%s", surveying_err.message);
    for (uint64_t i = 0; i < 1 + 1 + 13 + 200 + 4000; i++)
        changed += gbn_survey_verdict(surveyed, i) != GBN_VERDICT_SAME;
    cr_assert(eq(int, changed, 4)); /* two files and two of their directories */
    expect_news("t/00/0/new\n");
}

/* ---- blocks ---- */

Test(survey, rows_tell_what_is_in_each_block)
{
    static const gbn_survey_row expected[] = {
        {.first_entry = 0, .entries = 2, .files = 1, .directories = 1},
        {.first_entry = 2, .entries = 0, .continues = true},
        {.first_entry = 2, .entries = 0, .continues = true},
        {.first_entry = 2, .entries = 1, .files = 1},
        {.first_entry = 3, .entries = 2, .files = 1, .directories = 1, .notes = true},
        {.first_entry = 5},
    };
    const uint8_t *data;
    gbn_survey_row row;
    uint64_t at = 0;
    size_t length;

    RUN(NULL, "sh", "-c", "mkdir r/c; touch r/a r/b r/c/d");
    former_begin(0);
    former_block(1000);
    former_member("");
    former_member("a");
    former_block(1048576);
    former_block(1048576);
    former_block(500);
    former_member_from("b", 1);
    former_block(3000);
    former_member("c");
    former_note("c/a");
    former_member("c/d");
    former_block(1024);
    surveying.stored_size = former_end();
    expect_verdicts("=====");
    gbn_spool_rewind(gbn_survey_rows(surveyed));
    for (size_t i = 0; i < 6; i++) {
        cr_assert(eq(int, gbn_spool_next(gbn_survey_rows(surveyed), &data, &length, &surveying_err),
                     GBN_OK));
        memcpy(&row, data, sizeof row);
        cr_assert(all(eq(sz, length, sizeof row), eq(u64, row.block.number, i)));
        cr_assert(all(eq(u64, row.first_entry, expected[i].first_entry),
                      eq(u32, row.entries, expected[i].entries)),
                  "%zu", i);
        cr_assert(all(eq(u32, row.files, expected[i].files),
                      eq(u32, row.directories, expected[i].directories)),
                  "%zu", i);
        cr_assert(all(eq(int, row.continues, expected[i].continues),
                      eq(int, row.notes, expected[i].notes)),
                  "%zu", i);
        cr_assert(gt(u64, row.records_at, at));
        at = row.records_at + row.records_length;
    }
    cr_assert(eq(int, gbn_spool_next(gbn_survey_rows(surveyed), &data, &length, &surveying_err),
                 GBN_END));
}

/* A change counts where the member begins: its other blocks go with that one. */
Test(survey, a_large_file_touches_the_block_it_begins_in)
{
    RUN(NULL, "sh", "-c", "touch r/a r/b");
    former_begin(0);
    former_block(1000);
    former_member("");
    former_block(1048576);
    former_block(1048576);
    former_member_from("a", 1);
    former_block(1000);
    former_member("b");
    surveying.stored_size = former_end();
    former_later("echo >>r/a");
    expect_verdicts("=!=");
    for (uint64_t i = 0; i < 4; i++)
        cr_assert(eq(int, gbn_survey_touched(surveyed, i), i == 1), "%d", (int)i);
}

/* ---- manifests of no use ---- */

Test(survey, a_manifest_of_another_product_is_of_no_use)
{
    surveying.stored_size = former_tree(0, 1) + 1;
    expect_refused("the archive is not of the size it tells");
    surveying.manifest = "missing";
    expect_refused("open missing");
    cr_assert(eq(int, surveying_err.errnum, ENOENT));
    surveying.manifest = "r";
    expect_refused("read r: not a regular file");
}

static void
expect_order_refused(uint64_t generation, const char *const *paths, size_t count, const char *why)
{
    former_begin(generation);
    former_block(FORMER_BLOCK);
    for (size_t i = 0; i < count; i++)
        former_member(paths[i]);
    surveying.stored_size = former_end();
    expect_refused(why);
}

#define ORDER(generation, why, ...)                                                                \
    expect_order_refused(generation, (const char *const[]){__VA_ARGS__},                           \
                         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), why)

Test(survey, members_that_contradict_one_another_are_of_no_use)
{
    RUN(NULL, "sh", "-c", "mkdir r/a r/a/b; touch r/a/b/c r/a/d r/f");
    ORDER(0, "not in walk order", "", "f", "a");
    ORDER(0, "not in walk order", "", "a", "a");
    ORDER(0, "not in walk order", "", "a", "a/d", "a/b");
    ORDER(0, "not in walk order", "", "");
    ORDER(1, "not in walk order", "", "a", "f", "a");
    ORDER(0, "does not begin with the folder itself", "a");
    ORDER(5, "does not begin with the folder itself", "f", "a");
    ORDER(0, "whose folder it does not have", "", "a/b");
    ORDER(0, "whose folder it does not have", "", "a", "a/b/c");
    ORDER(2, "whose folder it does not have", "", "a/b/c", "a");
}

Test(survey, a_root_that_was_no_directory_is_of_no_use)
{
    gbn_manifest_entry entry;

    former_begin(0);
    former_block(FORMER_BLOCK);
    entry = former_entry("");
    entry.mode = S_IFREG | 0644;
    entry.has_sha256 = true;
    former_put(&entry);
    surveying.stored_size = former_end();
    expect_refused("does not begin with the folder itself");
}

static void
expect_harmless(const uint8_t *data, size_t length)
{
    gbn_status rc;

    scratch_write("m0", data, length);
    rc = surveying_run();
    cr_assert(rc == GBN_OK || rc == GBN_SKIPPED, "%s", surveying_err.message);
}

Test(survey, a_manifest_that_is_cut_off_is_of_no_use_wherever_it_ends)
{
    gbn_bytes manifest = GBN_BYTES_INIT;

    RUN(NULL, "sh", "-c", "mkdir r/a; touch r/a/x r/b");
    surveying.stored_size = former_tree(1, 2);
    scratch_read("m0", &manifest);
    for (size_t length = 0; length < manifest.length; length += 3) {
        scratch_write("m0", manifest.data, length);
        cr_assert(eq(int, surveying_run(), GBN_SKIPPED), "%zu", length);
    }
    gbn_bytes_free(&manifest);
}

Test(survey, a_manifest_with_a_wrong_bit_does_no_harm)
{
    gbn_bytes manifest = GBN_BYTES_INIT;

    RUN(NULL, "sh", "-c", "mkdir r/a; touch r/a/x r/b");
    surveying.stored_size = former_tree(0, 2);
    scratch_read("m0", &manifest);
    for (size_t i = 0; i < manifest.length; i++) {
        manifest.data[i] ^= (uint8_t)(1U << i % 8);
        expect_harmless(manifest.data, manifest.length);
        manifest.data[i] ^= (uint8_t)(1U << i % 8);
    }
    gbn_bytes_free(&manifest);
}

/* ---- its end ---- */

static void *
abort_later(void *pause)
{
    nanosleep(pause, NULL);
    gbn_survey_abort(surveyed);
    return NULL;
}

Test(survey, it_can_be_called_off_at_any_time)
{
    pthread_t thread;

    tree_forest("r/t", 100, 20);
    surveying.stored_size = former_tree(1, 30);
    for (long i = 0; i < 30; i++) {
        struct timespec pause = {.tv_nsec = i * 200000};
        gbn_status rc;

        surveying_new();
        pthread_create(&thread, NULL, abort_later, &pause);
        rc = gbn_survey_run(surveyed, &surveying_err);
        pthread_join(thread, NULL);
        cr_assert(rc == GBN_OK || rc == GBN_ERR_CANCELLED, "%s", surveying_err.message);
    }
}

Test(survey, one_that_never_ran_and_nothing_are_freed_without_harm)
{
    surveying_new();
    gbn_survey_free(NULL);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_walk.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

enum { AHEAD_THREADS = 6 };

static gbn_error err;
static gbn_root *root;
static gbn_walk *walk;
static gbn_bytes order; /* "./a/b" and a newline for each step */

static void
begin(void)
{
    scratch_enter();
    process_remember();
}

static void
end(void)
{
    gbn_bytes_free(&order);
    process_expect_same();
    scratch_leave();
}

TestSuite(walk, .init = begin, .fini = end, .timeout = 120);

static void
start(const char *path, gbn_walk_options options)
{
    cr_assert(eq(int, gbn_root_open(path, 32, &root, &err), GBN_OK), "%s", err.message);
    options.root = root;
    cr_assert(eq(int, gbn_walk_new(&options, &walk, &err), GBN_OK));
}

static void
stop(void)
{
    gbn_walk_free(walk);
    gbn_root_close(root);
}

static void
write_down(const gbn_walk_item *item)
{
    gbn_bytes_append(&order, item->name[0] == '\0' ? "." : "./", item->name[0] == '\0' ? 1 : 2,
                     NULL);
    if (item->parent != NULL)
        gbn_dir_path(item->parent, &order, NULL);
    gbn_bytes_append(&order, item->name, strlen(item->name), NULL);
    gbn_bytes_append(&order, "\n", 1, NULL);
}

static atomic_bool over;

static void *
list_ahead(void *unused)
{
    gbn_error error;

    (void)unused;
    while (!atomic_load(&over)) {
        if (gbn_walk_ahead(walk, &error) == GBN_SKIPPED)
            sched_yield();
    }
    return NULL;
}

/* The whole walk with so many threads ahead of it. */
static const char *
walk_all(const char *path, gbn_walk_options options, int threads)
{
    pthread_t ahead[AHEAD_THREADS];
    gbn_walk_item item;
    gbn_status rc;

    start(path, options);
    gbn_bytes_clear(&order);
    atomic_store(&over, false);
    for (int i = 0; i < threads; i++)
        pthread_create(&ahead[i], NULL, list_ahead, NULL);
    while ((rc = gbn_walk_next(walk, &item, &err)) == GBN_OK) {
        write_down(&item);
        gbn_dir_release(item.parent);
    }
    atomic_store(&over, true);
    for (int i = 0; i < threads; i++)
        pthread_join(ahead[i], NULL);
    cr_assert(eq(int, rc, GBN_END), "%s", err.message);
    cr_assert(eq(int, gbn_walk_next(walk, &item, &err), GBN_END));
    stop();
    gbn_bytes_append(&order, "", 1, NULL);
    return (const char *)order.data;
}

#define NONE ((gbn_walk_options){0})

/* In walk order a directory's content comes before a sibling whose name goes on: "a/x", "a-b". */
static void
expect_finds_order(const char *path, int threads)
{
    gbn_bytes expected = GBN_BYTES_INIT;

    RUN(&expected, "sh", "-c", "cd \"$1\"; find . | tr / '\\001' | sort | tr '\\001' /", "sh",
        path);
    cr_assert(eq(str, (char *)walk_all(path, NONE, threads), (char *)expected.data));
    gbn_bytes_free(&expected);
}

Test(walk, names_come_by_byte_and_each_directory_is_followed_by_its_content)
{
    tree_directory("r");
    tree_directory("r/a");
    tree_text("r/a/z", "");
    tree_text("r/a-b", "");
    tree_text("r/a.b", "");
    tree_text("r/ab", "");
    tree_directory("r/B");
    tree_text("r/B/\xff", "");
    cr_assert(eq(str, (char *)walk_all("r", NONE, 0),
                 ".\n./B\n./B/\xff\n./a\n./a/z\n./a-b\n./a.b\n./ab\n"));
}

Test(walk, the_order_is_the_same_whoever_lists_ahead)
{
    tree_forest("r", 200, 4);
    for (int threads = 0; threads <= AHEAD_THREADS; threads += 2)
        expect_finds_order("r", threads);
}

Test(walk, listing_ahead_of_a_deep_tree_changes_nothing)
{
    tree_chain("r", "n", 300);
    expect_finds_order("r", 0);
    expect_finds_order("r", AHEAD_THREADS);
}

Test(walk, a_directory_of_many_names_is_left_to_the_walk_itself)
{
    char path[300];

    tree_directory("r");
    tree_directory("r/a");
    tree_directory("r/b");
    for (int i = 0; i < 4500; i++) { /* more than a MiB of names */
        snprintf(path, sizeof path, "r/b/%0240d", i);
        tree_symlink("t", path);
    }
    expect_finds_order("r", AHEAD_THREADS);
}

Test(walk, an_empty_tree_is_its_root)
{
    tree_directory("r");
    cr_assert(eq(str, (char *)walk_all("r", NONE, 2), ".\n"));
}

Test(walk, excludes_hold_at_the_top_only)
{
    static const char *const exclude[] = {"tmp", "no-such", "@pages.tmp"};

    tree_directory("r");
    tree_directory("r/tmp");
    tree_text("r/tmp/x", "");
    tree_text("r/tmpx", "");
    tree_text("r/@pages.tmp", "");
    tree_directory("r/a");
    tree_directory("r/a/tmp");
    tree_text("r/a/tmp/x", "");
    cr_assert(eq(
        str, (char *)walk_all("r", (gbn_walk_options){.exclude = exclude, .exclude_count = 3}, 0),
        ".\n./a\n./a/tmp\n./a/tmp/x\n./tmpx\n"));
}

Test(walk, lost_and_found_is_left_out_everywhere_our_own_leftovers_at_the_top)
{
    tree_directory("r");
    tree_directory("r/lost+found");
    tree_text("r/lost+found/x", "");
    tree_directory("r/.gbn-aside-1");
    tree_text("r/.gbn-aside-1/x", "");
    tree_text("r/.gbn-", "");
    tree_text("r/.gbn", "");
    tree_directory("r/a");
    tree_directory("r/a/lost+found");
    tree_directory("r/a/.gbn-aside-1");
    cr_assert(eq(str, (char *)walk_all("r", NONE, 0), ".\n./.gbn\n./a\n./a/.gbn-aside-1\n"));
}

Test(walk, members_come_as_they_were_asked_for_and_without_the_root)
{
    static const char *const members[] = {"z", "missing", "b", ".gbn-x", "tmp"};
    static const char *const exclude[] = {"tmp"};
    const gbn_walk_options options = {
        .members = members, .member_count = 5, .exclude = exclude, .exclude_count = 1};

    tree_directory("r");
    tree_text("r/a", "");
    tree_directory("r/b");
    tree_text("r/b/2", "");
    tree_text("r/b/1", "");
    tree_directory("r/tmp");
    tree_text("r/.gbn-x", "");
    tree_text("r/z", "");
    cr_assert(eq(str, (char *)walk_all("r", options, 2),
                 "./z\n./missing\n./b\n./b/1\n./b/2\n./.gbn-x\n./tmp\n"));
}

Test(walk, no_members_are_no_steps)
{
    static const char *const members[] = {NULL};

    tree_directory("r");
    tree_text("r/a", "");
    cr_assert(eq(str, (char *)walk_all("r", (gbn_walk_options){.members = members}, 0), ""));
}

Test(walk, names_that_are_no_text_come_as_they_are)
{
    char name[256], expected[512];

    tree_directory("r");
    memset(name, 0xfe, 255);
    name[255] = '\0';
    snprintf(expected, sizeof expected, "r/%s", name);
    tree_text(expected, "");
    tree_text("r/\xfd\n\"'\\", "");
    snprintf(expected, sizeof expected, ".\n./\xfd\n\"'\\\n./%s\n", name);
    cr_assert(eq(str, (char *)walk_all("r", NONE, 0), expected));
}

static gbn_walk_item
next(void)
{
    gbn_walk_item item;

    cr_assert(eq(int, gbn_walk_next(walk, &item, &err), GBN_OK));
    gbn_dir_release(item.parent);
    return item;
}

Test(walk, a_directory_tells_its_own_status_as_it_was_before_its_names)
{
    struct stat status;
    gbn_walk_item item;

    tree_directory("r");
    tree_directory("r/d");
    stat("r/d", &status);
    start("r", NONE);
    item = next();
    cr_assert(item.listed);
    item = next();
    cr_assert(all(eq(str, item.name, "d"), eq(u32, item.type, S_IFDIR)));
    cr_assert(item.listed);
    cr_assert(eq(u64, item.status.st_ino, status.st_ino));
    stop();
}

Test(walk, a_directory_that_cannot_be_listed_is_a_step_that_says_why)
{
    gbn_walk_item item;

    process_become_nobody();
    tree_directory("r");
    tree_directory("r/a");
    tree_text("r/a/x", "");
    tree_text("r/b", "");
    cr_assert(eq(int, chmod("r/a", 0), 0));
    start("r", NONE);
    next();
    item = next();
    cr_assert(all(eq(str, item.name, "a"), eq(int, item.errnum, EACCES)));
    cr_assert_not(item.listed);
    cr_assert(eq(str, next().name, "b"));
    stop();
    chmod("r/a", 0700);
}

/* Whatever happens to a directory between the listing of its parent and its own. */
static gbn_walk_item
step_after(void (*change)(void))
{
    gbn_walk_item item;

    tree_directory("r");
    tree_directory("r/d");
    tree_text("r/d/x", "");
    tree_directory("r/other");
    tree_text("r/other/impostor", "");
    start("r", NONE);
    next(); /* lists r */
    change();
    item = next();
    cr_assert(eq(str, item.name, "d"));
    return item;
}

static void
remove_directory(void)
{
    cr_assert(eq(int, rename("r/d", "gone"), 0));
}

static void
put_link(void)
{
    remove_directory();
    tree_symlink("other", "r/d");
}

static void
put_file(void)
{
    remove_directory();
    tree_text("r/d", "");
}

static void
put_directory(void)
{
    remove_directory();
    cr_assert(eq(int, rename("r/other", "r/d"), 0));
}

Test(walk, a_directory_that_vanished_has_no_content)
{
    gbn_walk_item item = step_after(remove_directory);

    cr_assert(eq(int, item.errnum, ENOENT));
    cr_assert_not(item.listed);
    cr_assert(eq(str, next().name, "other"));
    stop();
}

Test(walk, a_directory_that_became_a_link_is_not_entered)
{
    gbn_walk_item item = step_after(put_link);

    cr_assert(item.errnum == ENOTDIR || item.errnum == ELOOP);
    cr_assert_not(item.listed);
    cr_assert(eq(str, next().name, "other"));
    stop();
}

Test(walk, a_directory_that_became_a_file_is_not_entered)
{
    gbn_walk_item item = step_after(put_file);

    cr_assert(eq(int, item.errnum, ENOTDIR));
    cr_assert(eq(str, next().name, "other"));
    stop();
}

Test(walk, a_directory_in_the_place_of_another_is_walked_like_any)
{
    gbn_walk_item item = step_after(put_directory);

    cr_assert(item.listed);
    cr_assert(eq(str, next().name, "impostor"));
    stop();
}

Test(walk, a_directory_replaced_after_its_listing_lends_nothing_to_its_impostor)
{
    struct stat status;
    gbn_walk_item item;
    gbn_dir *parent;

    tree_directory("r");
    tree_directory("r/d");
    tree_directory("r/d/e");
    tree_text("r/d/e/x", "");
    start("r", NONE);
    next();
    next();
    cr_assert(eq(int, rename("r/d", "gone"), 0));
    tree_directory("r/d");
    tree_directory("r/d/e");
    tree_text("r/d/e/x", "impostor");
    next(); /* d is still open, so this e is the first one */
    cr_assert(eq(int, gbn_walk_next(walk, &item, &err), GBN_OK));
    parent = item.parent;
    cr_assert(eq(str, item.name, "x"));
    cr_assert(eq(int, gbn_dir_stat(parent, "x", &status, &err), GBN_OK));
    cr_assert(eq(long, status.st_size, 0));
    gbn_dir_release(parent);
    stop();
}

Test(walk, names_that_appear_or_vanish_meanwhile_do_not_disturb_the_others)
{
    tree_directory("r");
    tree_directory("r/a");
    tree_directory("r/b");
    tree_text("r/b/x", "");
    start("r", NONE);
    next();
    tree_directory("r/aa");
    cr_assert(eq(int, rmdir("r/a"), 0));
    cr_assert(eq(str, next().name, "a"));
    cr_assert(eq(str, next().name, "b"));
    cr_assert(eq(str, next().name, "x"));
    stop();
}

Test(walk, a_mount_point_is_walked_like_any_directory)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        cr_skip("only root may mount");
    tree_directory("r");
    tree_directory("r/m");
    cr_assert(eq(int, mount("none", "r/m", "tmpfs", 0, NULL), 0));
    tree_text("r/m/x", "");
    expect_finds_order("r", 0);
    expect_finds_order("r/m", 0);
    umount("r/m");
}

Test(walk, it_may_be_given_up_at_any_step)
{
    tree_forest("r", 60, 2);
    for (int steps = 0; steps < 200; steps += 7) {
        start("r", NONE);
        for (int i = 0; i < steps; i++) {
            if (i % 3 == 0)
                gbn_walk_ahead(walk, &err);
            if (i < 180)
                next();
        }
        stop();
    }
    gbn_walk_free(NULL);
}

Test(walk, listing_ahead_stops_at_its_bounds)
{
    int listed = 0;

    tree_forest("r", 900, 0);
    start("r", NONE);
    cr_assert(eq(int, gbn_walk_ahead(walk, &err), GBN_SKIPPED)); /* nothing is known yet */
    next();
    while (gbn_walk_ahead(walk, &err) == GBN_OK)
        listed++;
    cr_assert(all(gt(int, listed, 100), lt(int, listed, 900)));
    for (int i = 0; i < 900; i++)
        next();
    cr_assert(eq(int, gbn_walk_ahead(walk, &err), GBN_OK));
    stop();
}

Test(walk, depth_and_length_have_no_bounds_but_handles_have)
{
    char name[201];
    int steps = 0;
    gbn_walk_item item;

    memset(name, 'n', 200);
    name[200] = '\0';
    tree_chain("r", name, 1000);
    process_leave_descriptors(40);
    start("r", NONE);
    while (gbn_walk_next(walk, &item, &err) == GBN_OK) {
        gbn_dir_release(item.parent);
        steps++;
    }
    cr_assert(eq(int, steps, 1002));
    process_allow_descriptors();
    stop();
}

Test(walk, a_process_without_descriptors_fails_as_a_whole)
{
    gbn_walk_item item;

    tree_directory("r");
    tree_directory("r/d");
    start("r", NONE);
    next();
    process_leave_descriptors(0);
    cr_assert(eq(int, gbn_walk_next(walk, &item, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EMFILE), eq(str, err.message, "open directory d/")));
    cr_assert(eq(ptr, item.parent, NULL));
    process_allow_descriptors();
    stop();
}

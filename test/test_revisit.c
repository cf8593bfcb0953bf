#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_plan.h"
#include "gbn_revisit.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_root *root;
static gbn_spool *paths, *news;
static gbn_revisit *revisit;
static gbn_error err;
static gbn_bytes found; /* a line for each item */

static void
begin(void)
{
    scratch_enter();
    umask(022);
    tree_directory("r");
    process_remember();
    cr_assert(eq(int, gbn_root_open("r", 8, &root, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_new(".", &paths, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_new(".", &news, &err), GBN_OK));
}

static void
end(void)
{
    gbn_revisit_free(revisit);
    gbn_spool_free(paths);
    gbn_spool_free(news);
    gbn_root_close(root);
    gbn_bytes_free(&found);
    process_expect_same();
    scratch_leave();
}

TestSuite(revisit, .init = begin, .fini = end, .timeout = 60);

/* As the plan has it; of a directory with a mode and a time it did not have at last. */
static void
put_path(const char *path, mode_t mode, gbn_verdict verdict)
{
    const gbn_plan_path record = {.mode = mode,
                                  .verdict = (uint8_t)verdict,
                                  .uid = 7,
                                  .gid = 8,
                                  .device = 1,
                                  .inode = 5,
                                  .mtime_ns = -1500000000,
                                  .ctime_ns = 1500000000};
    gbn_bytes bytes = GBN_BYTES_INIT;

    gbn_bytes_append(&bytes, &record, sizeof record, NULL);
    gbn_bytes_append(&bytes, path, strlen(path) + 1, NULL);
    cr_assert(eq(int, gbn_spool_append(paths, bytes.data, bytes.length, &err), GBN_OK));
    gbn_bytes_free(&bytes);
}

static void
put_new(const char *path)
{
    cr_assert(eq(int, gbn_spool_append(news, path, strlen(path) + 1, &err), GBN_OK));
}

static void
start(void)
{
    const gbn_revisit_options options = {.root = root, .paths = paths, .news = news};

    cr_assert(eq(int, gbn_revisit_new(&options, &revisit, &err), GBN_OK));
}

static gbn_status
next(gbn_walk_item *item)
{
    const gbn_names names = gbn_revisit_names(revisit);

    return names.next(names.context, item, &err);
}

/* "d", "f" or "?" for what it is taken for, its path; a directory's mode, if it is known. */
static void
write_down(const gbn_walk_item *item)
{
    char text[32] = "";

    gbn_bytes_append(&found, S_ISDIR(item->type) ? "d " : item->type == 0 ? "? " : "f ", 2, NULL);
    if (item->parent != NULL)
        gbn_dir_path(item->parent, &found, NULL);
    gbn_bytes_append(&found, item->name, strlen(item->name), NULL);
    if (item->listed)
        snprintf(text, sizeof text, " %o", (unsigned)item->status.st_mode & 07777);
    else if (item->errnum != 0)
        snprintf(text, sizeof text, " errno %d", item->errnum);
    gbn_bytes_append(&found, text, strlen(text), NULL);
    gbn_bytes_append(&found, "\n", 1, NULL);
}

static void
expect(const char *expected)
{
    gbn_walk_item item;
    gbn_status rc;

    start();
    while ((rc = next(&item)) == GBN_OK) {
        write_down(&item);
        gbn_dir_release(item.parent);
    }
    cr_assert(eq(int, rc, GBN_END), "%s", err.message);
    cr_assert(eq(int, next(&item), GBN_END));
    gbn_bytes_append(&found, "", 1, NULL);
    cr_assert(eq(str, (char *)found.data, (char *)expected));
}

Test(revisit, nothing_to_read_is_over_at_once)
{
    expect("");
}

Test(revisit, what_was_there_comes_first_and_then_what_is_new_with_all_beneath)
{
    RUN(NULL, "sh", "-c",
        "cd r; mkdir -p a/n/m a/n/m.d z; touch a/f a/n/1 a/n/m/2 a/n/m.d/3 z/4 z/5");
    put_path("a/f", S_IFREG | 0644, GBN_VERDICT_CHANGED);
    put_path("z/5", S_IFLNK | 0777, GBN_VERDICT_SAME);
    put_path("z/gone", S_IFREG | 0644, GBN_VERDICT_SAME); /* whoever opens it will see */
    put_new("a/n");
    put_new("z/4");
    expect("f a/f\nf z/5\nf z/gone\nd a/n 755\nf a/n/1\nd a/n/m 755\nf a/n/m/2\nd a/n/m.d 755\n"
           "f a/n/m.d/3\nf z/4\n");
}

Test(revisit, directories_are_what_they_were_unless_they_have_changed)
{
    RUN(NULL, "sh", "-c", "cd r; mkdir a b c; chmod 750 a b; rmdir c; touch c d");
    put_path("", S_IFDIR | 0711, GBN_VERDICT_SAME);
    put_path("a", S_IFDIR | 0711, GBN_VERDICT_SAME);
    put_path("b", S_IFDIR | 0711, GBN_VERDICT_CHANGED);
    put_path("c", S_IFDIR | 0711, GBN_VERDICT_CHANGED); /* a file by now */
    put_path("gone", S_IFDIR | 0711, GBN_VERDICT_CHANGED);
    put_path("", S_IFDIR | 0711, GBN_VERDICT_CHANGED);
    expect("d  711\nd a 711\nd b 750\nd c 711\nd gone 711\nd  755\n");
}

Test(revisit, times_and_owners_are_those_of_before)
{
    gbn_walk_item item;

    tree_directory("r/a");
    put_path("a", S_IFDIR | 0711, GBN_VERDICT_SAME);
    start();
    cr_assert(eq(int, next(&item), GBN_OK));
    cr_assert(all(eq(long, item.status.st_mtim.tv_sec, -2), /* a second and a half before 1970 */
                  eq(long, item.status.st_mtim.tv_nsec, 500000000)));
    cr_assert(all(eq(long, item.status.st_ctim.tv_sec, 1),
                  eq(long, item.status.st_ctim.tv_nsec, 500000000)));
    cr_assert(all(eq(u32, item.status.st_uid, 7), eq(u32, item.status.st_gid, 8)));
    cr_assert(all(eq(u64, item.status.st_ino, 5), eq(u64, item.status.st_dev, 1)));
    gbn_dir_release(item.parent);
}

Test(revisit, what_is_new_may_be_gone_again)
{
    tree_text("r/f", "");
    put_new("a/b/c");
    put_new("f");
    put_new("f/x");
    put_new("gone");
    expect("? a/b/c\nf f\n? f/x\n? gone\n");
}

Test(revisit, a_new_directory_nobody_may_list_is_given_with_the_reason)
{
    process_become_nobody();
    RUN(NULL, "sh", "-c", "cd r; mkdir -p a/b c; touch a/b/x c/y; chmod 0 a/b");
    put_new("a");
    put_new("c");
    expect("d a 755\nd a/b errno 13\nd c 755\nf c/y\n");
    chmod("r/a/b", 0755);
}

Test(revisit, a_link_is_not_gone_through)
{
    RUN(NULL, "sh", "-c", "mkdir out; touch out/secret; cd r; ln -s ../out a");
    put_new("a");
    put_new("a/secret");
    expect("f a\n? a/secret\n");
}

Test(revisit, lost_and_found_is_left_out_everywhere_and_our_names_at_the_top_alone)
{
    RUN(NULL, "sh", "-c", "cd r; mkdir -p n/lost+found n/m/lost+found n/.gbn-x; touch n/z");
    put_new("n");
    expect("d n 755\nd n/.gbn-x 755\nd n/m 755\nf n/z\n");
}

Test(revisit, a_name_no_file_system_has_is_refused)
{
    gbn_walk_item item;
    char name[300];

    memset(name, 'n', sizeof name);
    name[256] = '\0';
    put_path(name, S_IFREG, GBN_VERDICT_SAME);
    start();
    cr_assert(eq(int, next(&item), GBN_ERR_FORMAT));
    cr_assert_null(item.parent);
}

Test(revisit, it_can_be_given_up_amid_directories)
{
    gbn_walk_item item;

    tree_chain("r/t", "d", 50);
    put_new("t");
    start();
    for (int i = 0; i < 30; i++) {
        cr_assert(eq(int, next(&item), GBN_OK));
        gbn_dir_release(item.parent);
    }
    gbn_revisit_free(revisit);
    revisit = NULL;
    gbn_revisit_free(NULL);
}

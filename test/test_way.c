#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_way.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_root *root;
static gbn_way *way;
static gbn_error err;

static void
begin(void)
{
    scratch_enter();
    tree_directory("r");
    process_remember();
    cr_assert(eq(int, gbn_root_open("r", 4, &root, &err), GBN_OK));
    cr_assert(eq(int, gbn_way_new(root, &way, &err), GBN_OK));
}

static void
end(void)
{
    gbn_way_free(way);
    gbn_root_close(root);
    process_expect_same();
    scratch_leave();
}

TestSuite(way, .init = begin, .fini = end, .timeout = 60);

/* The directory's own idea of its path, and the name, make the path that was asked for. */
static void
expect_found(const char *path)
{
    gbn_bytes found = GBN_BYTES_INIT;
    gbn_dir *parent;
    const char *name;

    cr_assert(eq(int, gbn_way_find(way, path, &parent, &name, &err), GBN_OK));
    cr_assert_not_null(parent, "%s", path);
    gbn_dir_path(parent, &found, NULL);
    gbn_bytes_append(&found, name, strlen(name) + 1, NULL);
    cr_assert(eq(str, (char *)found.data, (char *)path));
    gbn_dir_release(parent);
    gbn_bytes_free(&found);
}

Test(way, each_path_is_found_after_each_other)
{
    static const char *const paths[] = {"a",      "b",        "a/b",         "a/bc",    "a/b/c",
                                        "a/b/cd", "ab/c",     "a/b/c/d/e/f", "a/c",     "a-b/c",
                                        "a/b-/c", "abc/de/f", "a/b/c/d",     "\xff/\n", "a/b/d/d"};
    const size_t count = sizeof paths / sizeof paths[0];

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            expect_found(paths[i]);
            expect_found(paths[j]);
        }
    }
}

Test(way, the_root_itself_is_in_no_directory)
{
    gbn_dir *parent;
    const char *name;

    expect_found("a/b/c");
    cr_assert(eq(int, gbn_way_find(way, "", &parent, &name, &err), GBN_OK));
    cr_assert_null(parent);
    cr_assert(eq(str, (char *)name, ""));
    expect_found("a/b/c");
}

Test(way, what_it_finds_can_be_looked_at_and_what_is_missing_cannot)
{
    struct stat status;
    gbn_dir *parent;
    const char *name;

    tree_directory("r/a");
    tree_directory("r/a/b");
    tree_text("r/a/b/f", "four");
    cr_assert(eq(int, gbn_way_find(way, "a/b/f", &parent, &name, &err), GBN_OK));
    cr_assert(eq(int, gbn_dir_stat(parent, name, &status, &err), GBN_OK));
    cr_assert(eq(long, status.st_size, 4));
    gbn_dir_release(parent);
    cr_assert(eq(int, gbn_way_find(way, "a/x/f", &parent, &name, &err), GBN_OK));
    cr_assert(eq(int, gbn_dir_stat(parent, name, &status, &err), GBN_SKIPPED));
    gbn_dir_release(parent);
}

/* The directories on the way may be let go of before those that were found in them. */
Test(way, what_it_found_outlives_it)
{
    gbn_bytes path = GBN_BYTES_INIT;
    gbn_dir *parent;
    const char *name;

    cr_assert(eq(int, gbn_way_find(way, "a/b/c/f", &parent, &name, &err), GBN_OK));
    gbn_way_free(way);
    way = NULL;
    gbn_dir_path(parent, &path, NULL);
    gbn_bytes_append(&path, "", 1, NULL);
    cr_assert(eq(str, (char *)path.data, "a/b/c/"));
    gbn_dir_release(parent);
    gbn_bytes_free(&path);
}

Test(way, a_path_of_two_hundred_thousand_bytes_can_be_gone)
{
    struct stat status;
    char name[201];
    char *path = malloc(1000 * 201 + 4);
    gbn_dir *parent;
    const char *last;
    size_t length = 0;

    memset(name, 'n', 200);
    name[200] = '\0';
    tree_chain("r/t", name, 1000);
    length += (size_t)sprintf(path, "t");
    for (int i = 0; i < 1000; i++)
        length += (size_t)sprintf(path + length, "/%s", name);
    strcpy(path + length, "/f");
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(int, gbn_way_find(way, path, &parent, &last, &err), GBN_OK));
        cr_assert(eq(int, gbn_dir_stat(parent, last, &status, &err), GBN_OK));
        cr_assert(eq(long, status.st_size, 4));
        gbn_dir_release(parent);
        expect_found("t");
    }
    free(path);
}

Test(way, nothing_is_freed_without_harm)
{
    gbn_way_free(NULL);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "gbn_root.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_error err;
static gbn_root *root;
static gbn_dir *top;
static struct stat status;
static size_t descriptors;

static void
open_root(const char *path, unsigned handles)
{
    cr_assert(eq(int, gbn_root_open(path, handles, &root, &err), GBN_OK));
    top = gbn_root_top(root);
}

static void
begin(void)
{
    scratch_enter();
    tree_directory("root");
    tree_directory("root/d");
    tree_text("root/d/f", "content");
    tree_text("outside", "secret");
    descriptors = process_descriptors();
}

static void
end(void)
{
    if (root != NULL) {
        gbn_dir_release(top);
        gbn_root_close(root);
    }
    cr_assert(eq(sz, process_descriptors(), descriptors));
    scratch_leave();
}

TestSuite(root, .init = begin, .fini = end, .timeout = 60);

#define BOTH(fact) PROCESS_BOTH_WAYS(root, fact, process_refuse_openat2)

static gbn_dir *
child(gbn_dir *parent, const char *name)
{
    gbn_dir *dir;

    cr_assert(eq(int, gbn_dir_child(parent, name, &dir, &err), GBN_OK));
    return dir;
}

static void
expect_path(const gbn_dir *dir, const char *expected)
{
    gbn_bytes path = GBN_BYTES_INIT;

    cr_assert(eq(int, gbn_dir_path(dir, &path, &err), GBN_OK));
    cr_assert(eq(sz, path.length, strlen(expected)));
    cr_assert(eq(int, memcmp(path.data, expected, path.length), 0));
    gbn_bytes_free(&path);
}

/* Opens and reads "f"; returns 0 or the errno of the skip. */
static int
read_f(gbn_dir *dir, const char *expected)
{
    char text[64] = "";
    int fd;
    gbn_status rc = gbn_dir_open_file(dir, "f", &fd, &status, &err);

    if (rc != GBN_OK) {
        cr_assert(eq(int, rc, GBN_SKIPPED));
        cr_assert(eq(int, fd, -1));
        return err.errnum;
    }
    cr_assert(eq(long, read(fd, text, sizeof text - 1), (long)strlen(expected)));
    cr_assert(eq(str, text, (char *)expected));
    close(fd);
    return 0;
}

BOTH(it_opens_and_reads_beneath_itself)
{
    gbn_dir *dir;

    open_root("root", 2);
    dir = child(top, "d");
    expect_path(top, "");
    expect_path(dir, "d/");
    cr_assert(eq(int, read_f(dir, "content"), 0));
    gbn_dir_release(dir);
}

Test(root, it_may_be_reached_by_links)
{
    tree_symlink("root", "link");
    tree_symlink("link/d", "further");
    open_root("further", 2);
    cr_assert(eq(int, read_f(top, "content"), 0));
}

Test(root, a_root_that_is_none_is_named)
{
    tree_symlink("nowhere", "dangling");
    tree_symlink("loop", "loop");
    cr_assert(eq(int, gbn_root_open("missing", 2, &root, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open missing")));
    cr_assert(eq(int, gbn_root_open("outside", 2, &root, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOTDIR));
    cr_assert(eq(int, gbn_root_open("dangling", 2, &root, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    cr_assert(eq(int, gbn_root_open("loop", 2, &root, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ELOOP));
    cr_assert(eq(ptr, root, NULL));
    gbn_root_close(NULL);
}

static gbn_listing
list(gbn_dir *dir)
{
    gbn_listing listing;

    cr_assert(eq(int, gbn_dir_list(dir, 0, &listing, &status, &err), GBN_OK), "%s", err.message);
    return listing;
}

BOTH(names_come_in_byte_order_with_their_types)
{
    static const char *const names[] = {"\x01", " ",  "-rf", ".hidden", "A",        "a",   "a\nb",
                                        "a b",  "aa", "b",   "\x7f",    "\xc3\xa4", "\xff"};
    const size_t count = sizeof names / sizeof names[0];
    gbn_listing listing;
    char path[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "root/d/%s", names[(i * 5) % count]);
        if (i % 2 == 0)
            tree_directory(path);
        else
            tree_symlink("/", path);
    }
    unlink("root/d/f");
    open_root("root/d", 2);
    listing = list(top);
    cr_assert(eq(sz, listing.count, count));
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(str, (char *)listing.names[i].name, (char *)names[i]));
        cr_assert(listing.names[i].type == S_IFDIR || listing.names[i].type == S_IFLNK);
    }
    cr_assert(eq(u32, status.st_mode & S_IFMT, S_IFDIR));
    gbn_listing_free(&listing);
}

Test(root, a_directory_of_many_names_is_listed_whole)
{
    gbn_listing listing;
    char path[300];

    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof path, "root/d/%0200d", i);
        tree_text(path, "");
    }
    open_root("root/d", 2);
    listing = list(top);
    cr_assert(eq(sz, listing.count, 3001));
    for (size_t i = 1; i < listing.count; i++)
        cr_assert(lt(int, strcmp(listing.names[i - 1].name, listing.names[i].name), 0));
    cr_assert(gt(sz, listing.bytes, 3000 * 200));
    gbn_listing_free(&listing);
}

Test(root, listing_gives_up_past_a_limit_and_starts_afresh_afterwards)
{
    gbn_listing listing;
    gbn_dir *dir;
    char path[300];

    for (int i = 0; i < 1000; i++) {
        snprintf(path, sizeof path, "root/d/%0200d", i);
        tree_text(path, "");
    }
    open_root("root", 2);
    dir = child(top, "d");
    cr_assert(eq(int, gbn_dir_list(dir, 1000, &listing, &status, &err), GBN_AGAIN));
    cr_assert(all(eq(sz, listing.count, 0), eq(ptr, listing.names, NULL)));
    listing = list(dir);
    cr_assert(eq(sz, listing.count, 1001));
    gbn_listing_free(&listing);
    gbn_dir_release(dir);
}

Test(root, an_empty_directory_has_no_names)
{
    gbn_listing listing;

    unlink("root/d/f");
    open_root("root/d", 2);
    listing = list(top);
    cr_assert(eq(sz, listing.count, 0));
    gbn_listing_free(&listing);
    gbn_listing_free(&listing);
}

/* What is no regular file is not opened, and above all not waited for. */
BOTH(only_regular_files_are_opened)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, "root/socket");
    cr_assert(eq(int, bind(fd, (struct sockaddr *)&address, sizeof address), 0));
    close(fd);
    cr_assert(eq(int, mkfifo("root/fifo", 0600), 0));
    tree_symlink("../outside", "root/link");
    tree_symlink("d/f", "root/inside");
    open_root("root", 2);
    for (size_t i = 0; i < 5; i++) {
        static const char *const names[] = {"socket", "fifo", "link", "inside", "d"};

        cr_assert(eq(int, gbn_dir_open_file(top, names[i], &fd, &status, &err), GBN_SKIPPED));
        cr_assert(eq(int, err.errnum, EINVAL), "%s", names[i]);
        cr_assert(eq(int, fd, -1));
    }
    cr_assert(eq(int, gbn_dir_open_file(top, "gone", &fd, &status, &err), GBN_SKIPPED));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open gone")));
}

BOTH(links_are_read_and_never_followed)
{
    char target[4096];
    gbn_bytes text = GBN_BYTES_INIT;

    memset(target, 't', sizeof target);
    target[sizeof target - 1] = '\0';
    tree_symlink(target, "root/long");
    tree_symlink("../outside", "root/link");
    tree_symlink("..", "root/up");
    open_root("root", 2);
    cr_assert(eq(int, gbn_dir_read_link(top, "long", &text, &err), GBN_OK));
    cr_assert(all(eq(sz, text.length, 4095), eq(str, (char *)text.data, target)));
    cr_assert(eq(int, gbn_dir_read_link(top, "link", &text, &err), GBN_OK));
    cr_assert(eq(str, (char *)text.data, "../outside"));
    cr_assert(eq(int, gbn_dir_stat(top, "link", &status, &err), GBN_OK));
    cr_assert(eq(u32, status.st_mode & S_IFMT, S_IFLNK));
    cr_assert(eq(int, gbn_dir_read_link(top, "d", &text, &err), GBN_SKIPPED));
    cr_assert(eq(int, err.errnum, EINVAL));
    gbn_bytes_free(&text);
}

Test(root, links_of_lengths_around_the_first_guess)
{
    char target[1026], name[32];
    gbn_bytes text = GBN_BYTES_INIT;

    open_root("root", 2);
    memset(target, 't', sizeof target);
    for (size_t length = 1; length < sizeof target; length += length < 250 ? 50 : 1) {
        snprintf(name, sizeof name, "root/%zu", length);
        target[length] = '\0';
        tree_symlink(target, name);
        cr_assert(eq(int, gbn_dir_read_link(top, name + 5, &text, &err), GBN_OK));
        cr_assert(all(eq(sz, text.length, length), eq(sz, strlen((char *)text.data), length)));
        target[length] = 't';
    }
    gbn_bytes_free(&text);
}

BOTH(a_directory_that_became_a_link_is_not_followed)
{
    gbn_dir *dir;

    open_root("root", 2);
    dir = child(top, "d");
    cr_assert(eq(int, rename("root/d", "root/moved"), 0));
    tree_symlink("moved", "root/d");
    cr_assert(eq(int, read_f(dir, ""), ENOTDIR));
    gbn_dir_release(dir);
}

/* Closes the idle handles, as a walk of many directories does. */
static void
exhaust_handles(void)
{
    char path[64];

    for (int i = 0; i < 8; i++) {
        gbn_dir *other;

        snprintf(path, sizeof path, "root/other%d", i);
        tree_directory(path);
        other = child(top, path + 5);
        cr_assert(eq(int, gbn_dir_stat(other, ".", &status, &err), GBN_OK));
        gbn_dir_release(other);
    }
}

/* Keeps so many other directories in use that `dir` loses its handle. */
static void
lose_handle(gbn_dir *others[8])
{
    char path[64];

    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "root/other%d", i);
        tree_directory(path);
        others[i] = child(top, path + 5);
        cr_assert(eq(int, gbn_dir_stat(others[i], ".", &status, &err), GBN_OK));
    }
}

/* The files are what is found by their names now; the directory itself is another. */
BOTH(a_directory_that_was_replaced_by_another_is_not_mistaken_for_it)
{
    gbn_listing listing;
    gbn_dir *dir;
    gbn_dir *others[8];

    open_root("root", 2);
    dir = child(top, "d");
    cr_assert(eq(int, gbn_dir_list(dir, 0, &listing, &status, &err), GBN_OK));
    gbn_listing_free(&listing);
    lose_handle(others);
    cr_assert(eq(int, rename("root/d", "root/moved"), 0));
    tree_directory("root/d");
    tree_text("root/d/f", "impostor");
    /* Its files are opened past it, unless the way has to be gone step by step. */
    cr_assert(eq(int, read_f(dir, "impostor"), gbn_beneath_works(AT_FDCWD) ? 0 : ESTALE));
    cr_assert(eq(int, gbn_dir_list(dir, 0, &listing, &status, &err), GBN_SKIPPED));
    cr_assert(eq(int, err.errnum, ESTALE));
    cr_assert(eq(int, rename("root/d", "root/impostor"), 0));
    cr_assert(eq(int, rename("root/moved", "root/d"), 0));
    cr_assert(eq(int, read_f(dir, "content"), 0));
    for (int i = 0; i < 8; i++)
        gbn_dir_release(others[i]);
    gbn_dir_release(dir);
}

BOTH(a_directory_that_is_open_is_read_wherever_it_was_moved)
{
    gbn_dir *dir;

    open_root("root", 2);
    dir = child(top, "d");
    cr_assert(eq(int, gbn_dir_stat(dir, "f", &status, &err), GBN_OK));
    cr_assert(eq(int, rename("root/d", "root/moved"), 0));
    cr_assert(eq(int, read_f(dir, "content"), 0));
    exhaust_handles();
    gbn_dir_release(dir);
}

BOTH(a_directory_that_is_gone_is_skipped)
{
    gbn_listing listing;
    gbn_dir *dir;

    open_root("root", 2);
    dir = child(top, "gone");
    cr_assert(eq(int, gbn_dir_list(dir, 0, &listing, &status, &err), GBN_SKIPPED));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open directory gone/")));
    cr_assert(eq(sz, listing.count, 0));
    cr_assert(eq(int, gbn_dir_stat(dir, "x", &status, &err), GBN_SKIPPED));
    gbn_dir_release(dir);
}

BOTH(what_we_may_not_read_is_skipped)
{
    gbn_listing listing;
    gbn_dir *dir;
    int fd;

    process_become_nobody();
    tree_directory("mine");
    tree_directory("mine/closed");
    tree_text("mine/unreadable", "");
    cr_assert(eq(int, chmod("mine/closed", 0) | chmod("mine/unreadable", 0), 0));
    open_root("mine", 2);
    dir = child(top, "closed");
    cr_assert(eq(int, gbn_dir_list(dir, 0, &listing, &status, &err), GBN_SKIPPED));
    cr_assert(eq(int, err.errnum, EACCES));
    cr_assert(eq(int, gbn_dir_open_file(top, "unreadable", &fd, &status, &err), GBN_SKIPPED));
    cr_assert(all(eq(int, err.errnum, EACCES), eq(str, err.message, "open unreadable")));
    gbn_dir_release(dir);
    chmod("mine/closed", 0700);
}

BOTH(a_process_without_descriptors_left_fails_as_a_whole)
{
    gbn_dir *dir;
    int fd;

    open_root("root", 2);
    dir = child(top, "d");
    process_leave_descriptors(0);
    cr_assert(eq(int, gbn_dir_open_file(dir, "f", &fd, &status, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EMFILE), eq(int, err.status, GBN_ERR_SYSTEM)));
    process_allow_descriptors();
    gbn_dir_release(dir);
}

/* Depth: 1,000 directories of 200-byte names, 200 KB of path, at most so many handles. */
static size_t
deepest(gbn_dir **dir, const char *name)
{
    size_t depth = 0;
    gbn_dir *next;

    *dir = gbn_dir_retain(top);
    for (; depth < 1000; depth++) {
        next = child(*dir, name);
        gbn_dir_release(*dir);
        *dir = next;
    }
    return depth;
}

BOTH(a_path_of_any_depth_and_length_is_reached_with_a_few_handles)
{
    char name[201];
    gbn_bytes path = GBN_BYTES_INIT;
    gbn_dir *dir;
    size_t depth;

    memset(name, 'n', 200);
    name[200] = '\0';
    tree_chain("deep", name, 1000);
    process_leave_descriptors(8);
    open_root("deep", 4);
    depth = deepest(&dir, name);
    cr_assert(eq(int, read_f(dir, "deep"), 0));
    cr_assert(eq(int, gbn_dir_path(dir, &path, &err), GBN_OK));
    cr_assert(eq(sz, path.length, depth * 201));
    cr_assert(le(sz, process_descriptors(), descriptors + 6));
    gbn_bytes_free(&path);
    gbn_dir_release(dir);
}

Test(root, a_message_about_a_long_path_is_cut_and_whole)
{
    gbn_dir *dir;
    int fd;

    tree_chain("deep", "n", 1000);
    open_root("deep", 4);
    deepest(&dir, "n");
    cr_assert(eq(int, gbn_dir_open_file(dir, "gone", &fd, &status, &err), GBN_SKIPPED));
    cr_assert(all(eq(int, err.errnum, ENOENT), lt(sz, strlen(err.message), sizeof err.message)));
    gbn_dir_release(dir);
}

static gbn_dir *shared[64];
static atomic_int failures;

static void *
read_everywhere(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;
    struct stat mine;
    gbn_error error;
    int fd;

    for (int i = 0; i < 4000; i++) {
        gbn_dir *dir = shared[rand_r(&state) % 64];

        if (gbn_dir_open_file(dir, "f", &fd, &mine, &error) != GBN_OK) {
            atomic_fetch_add(&failures, 1);
            continue;
        }
        close(fd);
    }
    return NULL;
}

BOTH(many_threads_share_few_handles_and_find_everything)
{
    pthread_t threads[8];
    char path[64];

    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "root/%d", i);
        tree_directory(path);
        for (int j = 0; j < 8; j++) {
            snprintf(path, sizeof path, "root/%d/%d", i, j);
            tree_directory(path);
            snprintf(path, sizeof path, "root/%d/%d/f", i, j);
            tree_text(path, "x");
        }
    }
    open_root("root", 3);
    for (int i = 0; i < 8; i++) {
        gbn_dir *parent;

        snprintf(path, sizeof path, "%d", i);
        parent = child(top, path);
        for (int j = 0; j < 8; j++) {
            snprintf(path, sizeof path, "%d", j);
            shared[8 * i + j] = child(parent, path);
        }
        gbn_dir_release(parent);
    }
    for (uintptr_t i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, read_everywhere, (void *)(i + 1));
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    cr_assert(eq(int, failures, 0));
    cr_assert(le(sz, process_descriptors(), descriptors + 4));
    for (int i = 0; i < 64; i++)
        gbn_dir_release(shared[i]);
}

/* The clock by which the kernel stamps files. */
static int64_t
file_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

Test(root, settled_lies_two_seconds_back_on_a_local_disk)
{
    const int64_t margin = INT64_C(2000000000);
    int64_t before, settled;

    open_root("root", 2);
    if (gbn_root_remote(root))
        cr_skip("the scratch directory is on no local disk");
    before = file_clock_ns();
    settled = gbn_root_settled_ns(root);
    cr_assert(all(ge(i64, settled, before - margin), le(i64, settled, file_clock_ns() - margin)));
    cr_assert(eq(int, stat("root", &status), 0));
    cr_assert(eq(u64, gbn_root_device(root), status.st_dev));
}

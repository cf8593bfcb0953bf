#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "gbn_target.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_target *target;
static gbn_error err;
static size_t descriptors;

static void
begin(void)
{
    scratch_enter();
    tree_directory("root");
    tree_directory("outside");
    tree_text("outside/f", "secret");
    descriptors = process_descriptors();
    cr_assert(eq(int, gbn_target_open("root", &target, &err), GBN_OK));
}

/* Whatever was tried, nothing has changed outside. */
static void
end(void)
{
    gbn_bytes listing = GBN_BYTES_INIT;

    gbn_target_close(target);
    cr_assert(eq(sz, process_descriptors(), descriptors));
    RUN(&listing, "find", "outside", "-printf", "%p %y %n %m\\n");
    cr_assert(eq(str, (char *)listing.data, "outside d 2 755\noutside/f f 1 644\n"));
    gbn_bytes_free(&listing);
    scratch_leave();
}

TestSuite(target, .init = begin, .fini = end, .timeout = 120);

static void
begin_without_openat2(void)
{
    gbn_target_close(target);
    process_refuse_openat2();
    cr_assert(eq(int, gbn_target_open("root", &target, &err), GBN_OK));
}

#define BOTH(fact) PROCESS_BOTH_WAYS(target, fact, begin_without_openat2)

static gbn_status
close_created(gbn_status rc, int fd)
{
    cr_assert(eq(int, fd >= 0, rc == GBN_OK));
    if (fd >= 0)
        close(fd);
    return rc;
}

static gbn_status
create(const char *path)
{
    int fd;
    gbn_status rc = gbn_target_create(target, path, &fd, &err);

    return close_created(rc, fd);
}

static gbn_status
replace(const char *path)
{
    int fd;
    gbn_status rc = gbn_target_replace(target, path, &fd, &err);

    return close_created(rc, fd);
}

static gbn_status
set(const char *path, mode_t type)
{
    const gbn_target_attributes attributes = {.mode = 0700, .mtime_ns = 1};

    return gbn_target_set(target, path, type, &attributes, &err);
}

/* Nothing that is given this path gets anywhere. */
static void
expect_closed(const char *path)
{
    static const mode_t types[] = {S_IFDIR, S_IFREG, S_IFLNK, S_IFIFO};

    tree_text("root/ours", "");
    cr_assert(eq(int, create(path), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, replace(path), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, gbn_target_directory(target, path, &err), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, gbn_target_symlink(target, path, "x", &err), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, gbn_target_fifo(target, path, &err), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, gbn_target_link(target, path, "ours", &err), GBN_ERR_FORMAT), "%s", path);
    cr_assert(eq(int, gbn_target_link(target, "new", path, &err), GBN_ERR_FORMAT), "%s", path);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        cr_assert(eq(int, set(path, types[i]), GBN_ERR_FORMAT), "%s", path);
    unlink("root/ours");
}

static struct stat
status_of(const char *path)
{
    struct stat status;

    cr_assert(eq(int, lstat(path, &status), 0), "%s", path);
    return status;
}

static bool
exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

static gbn_status
name(const char *given, const char *expected)
{
    gbn_bytes path = GBN_BYTES_INIT;
    gbn_status rc = gbn_target_name(given, &path, &err);

    if (rc == GBN_OK)
        cr_assert(eq(str, (char *)path.data, (char *)expected));
    gbn_bytes_free(&path);
    return rc;
}

static char *
repeat(char letter, size_t length)
{
    char *text = malloc(length + 1);

    memset(text, letter, length);
    text[length] = '\0';
    return text;
}

Test(target, names_of_members_become_paths)
{
    cr_assert(eq(int, name("./", ""), GBN_OK));
    cr_assert(eq(int, name(".", ""), GBN_OK));
    cr_assert(eq(int, name("./a/b/", "a/b"), GBN_OK));
    cr_assert(eq(int, name("a//./b", "a/b"), GBN_OK));
    cr_assert(eq(int, name("./..a/...", "..a/..."), GBN_OK));
    cr_assert(eq(int, name("\xff\n", "\xff\n"), GBN_OK));
}

Test(target, names_that_lead_elsewhere_are_refused)
{
    static const char *const names[] = {"",       "/",    "/etc/passwd", "..",     "../a",
                                        "./../a", "a/..", "a/../b",      "a/b/..", "//a"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert(eq(int, name(names[i], ""), GBN_ERR_FORMAT), "%s", names[i]);
}

Test(target, names_have_255_bytes_and_paths_an_end)
{
    char *longest = repeat('n', 255), *longer = repeat('n', 256);
    char *path = repeat('/', GBN_TARGET_PATH_MAX * 2 + 2);

    for (size_t i = 0; i < GBN_TARGET_PATH_MAX * 2 + 2; i += 2)
        path[i] = 'a';
    cr_assert(eq(int, name(longest, longest), GBN_OK));
    cr_assert(eq(int, name(longer, ""), GBN_ERR_FORMAT));
    cr_assert(eq(int, name(path, ""), GBN_ERR_FORMAT));
    cr_assert(eq(int, create(path), GBN_ERR_FORMAT));
    cr_assert(eq(int, create(longest), GBN_OK));
    expect_closed(longer);
    free(longest);
    free(longer);
    free(path);
}

BOTH(files_are_made_once_with_their_parents)
{
    cr_assert(eq(int, create("a/b/f"), GBN_OK));
    cr_assert(eq(int, create("a/b/f"), GBN_AGAIN));
    cr_assert(eq(int, create("a/b"), GBN_ERR_FORMAT));
    cr_assert(eq(uint, status_of("root/a").st_mode, S_IFDIR | 0700));
    cr_assert(eq(uint, status_of("root/a/b/f").st_mode, S_IFREG | 0600));
}

BOTH(a_file_is_replaced_by_a_new_one)
{
    int fd;

    tree_text("root/f", "old");
    tree_hard_link("root/f", "root/other");
    cr_assert(eq(int, gbn_target_replace(target, "f", &fd, &err), GBN_OK));
    cr_assert(eq(i64, write(fd, "new!", 4), 4));
    close(fd);
    cr_assert(eq(i64, status_of("root/f").st_size, 4));
    cr_assert(eq(i64, status_of("root/other").st_size, 3));
    cr_assert(eq(int, replace("a/first"), GBN_OK));
}

BOTH(a_directory_that_is_there_stays_as_it_is)
{
    cr_assert(eq(int, gbn_target_directory(target, "", &err), GBN_OK));
    cr_assert(eq(int, gbn_target_directory(target, "a/b", &err), GBN_OK));
    chmod("root/a/b", 0755);
    cr_assert(eq(int, create("a/b/f"), GBN_OK));
    cr_assert(eq(int, gbn_target_directory(target, "a/b", &err), GBN_OK));
    cr_assert(eq(uint, status_of("root/a/b").st_mode, S_IFDIR | 0755));
    cr_assert(exists("root/a/b/f"));
}

BOTH(paths_that_gbn_target_name_does_not_give_are_refused)
{
    static const char *const paths[] = {
        "../outside/f", "/",    "..",  ".",   "/outside/f", "a/../../outside/f",
        "a/",           "a//b", "./a", "a/.", "a/..",       "//"};
    char absolute[PATH_MAX + 16];

    tree_directory("root/a");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        expect_closed(paths[i]);
    cr_assert(ne(ptr, getcwd(absolute, PATH_MAX), NULL));
    strcat(absolute, "/outside/f");
    expect_closed(absolute);
    cr_assert(eq(int, create(""), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("", S_IFREG), GBN_ERR_FORMAT));
}

BOTH(no_link_on_the_way_is_followed)
{
    char absolute[PATH_MAX + 16];

    tree_directory("root/d");
    tree_directory("root/d/e");
    tree_symlink("../outside", "root/l");
    tree_symlink("../../outside", "root/d/l");
    tree_symlink("d", "root/inside");
    tree_symlink("/proc/self/cwd/outside", "root/magic");
    cr_assert(ne(ptr, getcwd(absolute, PATH_MAX), NULL));
    strcat(absolute, "/outside");
    tree_symlink(absolute, "root/d/e/l");
    expect_closed("l/f");
    expect_closed("d/l/f");
    expect_closed("d/e/l/f");
    expect_closed("inside/f");
    expect_closed("magic/f");
    expect_closed("magic/deep/below/f");
}

BOTH(no_link_at_the_end_is_followed)
{
    tree_symlink("../outside/f", "root/l");
    tree_symlink("../outside/new", "root/dangling");
    cr_assert(eq(int, create("l"), GBN_ERR_FORMAT));
    cr_assert(eq(int, replace("l"), GBN_ERR_FORMAT));
    cr_assert(eq(int, create("dangling"), GBN_ERR_FORMAT));
    cr_assert(eq(int, replace("dangling"), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_directory(target, "l", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_directory(target, "dangling", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_fifo(target, "dangling", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("l", S_IFREG), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("l", S_IFDIR), GBN_ERR_FORMAT));
    cr_assert(not(exists("outside/new")));
}

BOTH(a_symlink_says_anything_and_a_second_one_takes_its_place)
{
    char text[64];
    ssize_t length;

    cr_assert(eq(int, gbn_target_symlink(target, "a/l", "/etc/shadow", &err), GBN_OK));
    cr_assert(eq(int, gbn_target_symlink(target, "a/l", "../../outside/f", &err), GBN_OK));
    length = readlink("root/a/l", text, sizeof text);
    cr_assert(eq(i64, length, 15));
    cr_assert(eq(int, memcmp(text, "../../outside/f", 15), 0));
    cr_assert(eq(int, set("a/l", S_IFLNK), GBN_OK));
    cr_assert(eq(i64, status_of("root/a/l").st_mtim.tv_nsec, 1));
}

BOTH(what_is_there_keeps_its_type)
{
    tree_directory("root/d");
    tree_text("root/f", "");
    cr_assert(eq(int, gbn_target_fifo(target, "p", &err), GBN_OK));
    cr_assert(eq(int, gbn_target_fifo(target, "p", &err), GBN_OK));
    cr_assert(eq(int, create("p"), GBN_ERR_FORMAT));
    cr_assert(eq(int, replace("p"), GBN_ERR_FORMAT));
    cr_assert(eq(int, replace("d"), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("p", S_IFREG), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("p", S_IFIFO), GBN_OK));
    cr_assert(eq(int, create("p/below"), GBN_ERR_FORMAT));
    cr_assert(eq(int, create("f/below"), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_directory(target, "f", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_directory(target, "f/d/e", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_symlink(target, "f", "x", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_symlink(target, "d", "x", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_fifo(target, "f", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_link(target, "d", "f", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_link(target, "new", "d", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_link(target, "new", "p", &err), GBN_ERR_FORMAT));
}

BOTH(devices_are_neither_opened_nor_linked)
{
    if (mknod("root/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
        return; /* only root may make one */
    cr_assert(eq(int, create("null"), GBN_ERR_FORMAT));
    cr_assert(eq(int, replace("null"), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_link(target, "new", "null", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, set("null", S_IFREG), GBN_ERR_FORMAT));
}

BOTH(hard_links_stay_beneath)
{
    tree_text("root/f", "");
    tree_text("root/g", "");
    tree_symlink("../outside/f", "root/s");
    cr_assert(eq(int, gbn_target_link(target, "a/h", "f", &err), GBN_OK));
    cr_assert(eq(int, gbn_target_link(target, "a/h", "f", &err), GBN_OK));
    cr_assert(eq(int, gbn_target_link(target, "a/h", "g", &err), GBN_AGAIN));
    cr_assert(eq(u64, status_of("root/a/h").st_ino, status_of("root/f").st_ino));
    cr_assert(eq(int, gbn_target_link(target, "t", "s", &err), GBN_OK));
    cr_assert(eq(uint, status_of("root/t").st_mode & S_IFMT, S_IFLNK));
    cr_assert(eq(int, gbn_target_link(target, "x", "nothing", &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_target_link(target, "x", "no/thing", &err), GBN_ERR_FORMAT));
    cr_assert(not(exists("root/no")));
}

BOTH(a_directory_replaced_by_a_link_is_not_followed)
{
    cr_assert(eq(int, create("d/e/f"), GBN_OK));
    cr_assert(eq(int, rename("root/d", "root/moved"), 0));
    tree_symlink("../outside", "root/d");
    expect_closed("d/new");
    create("d/e/g"); /* its handle is still open: that directory, or none */
    create("d/g");
    cr_assert(not(exists("outside/g")));
    cr_assert(not(exists("outside/e")));
}

BOTH(modes_are_set_without_set_id_bits_and_times_to_the_nanosecond)
{
    static const int64_t times[] = {0, 1, -1, 1700000000123456789, -1700000000987654321};
    gbn_target_attributes attributes = {.mode = 07751};
    struct stat status;
    int fd;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        attributes.mtime_ns = times[i];
        cr_assert(eq(int, gbn_target_replace(target, "f", &fd, &err), GBN_OK));
        cr_assert(eq(int, gbn_target_set_file(fd, "f", &attributes, &err), GBN_OK));
        close(fd);
        status = status_of("root/f");
        cr_assert(eq(uint, status.st_mode, S_IFREG | 01751));
        cr_assert(eq(i64, status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec, times[i]));
    }
}

BOTH(directories_and_the_root_get_their_attributes)
{
    gbn_target_attributes attributes = {.mode = 02555, .mtime_ns = 5000000007};

    cr_assert(eq(int, create("a/b/f"), GBN_OK));
    cr_assert(eq(int, gbn_target_set(target, "a/b", S_IFDIR, &attributes, &err), GBN_OK));
    cr_assert(eq(int, gbn_target_set(target, "", S_IFDIR, &attributes, &err), GBN_OK));
    cr_assert(eq(uint, status_of("root/a/b").st_mode, S_IFDIR | 0555));
    cr_assert(eq(uint, status_of("root").st_mode, S_IFDIR | 0555));
    cr_assert(eq(i64, status_of("root").st_mtim.tv_nsec, 7));
    cr_assert(eq(int, set("a/none", S_IFDIR), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "set attributes of a/none (nothing is there)"));
    chmod("root", 0755);
}

BOTH(owners_are_set_when_asked_for)
{
    gbn_target_attributes attributes = {.own = true, .uid = 4711, .gid = 4712, .mode = 0644};
    int fd;

    if (geteuid() != 0)
        return;
    tree_symlink("../outside/f", "root/l");
    cr_assert(eq(int, gbn_target_create(target, "f", &fd, &err), GBN_OK));
    cr_assert(eq(int, gbn_target_set_file(fd, "f", &attributes, &err), GBN_OK));
    close(fd);
    cr_assert(eq(int, gbn_target_set(target, "l", S_IFLNK, &attributes, &err), GBN_OK));
    cr_assert(eq(uint, status_of("root/f").st_uid, 4711));
    cr_assert(eq(uint, status_of("root/l").st_gid, 4712));
    cr_assert(eq(uint, status_of("outside/f").st_uid, 0));
}

Test(target, an_owner_that_cannot_be_set_is_a_failure)
{
    gbn_target_attributes attributes = {.own = true, .uid = 0, .gid = 0, .mode = 0644};
    int fd;

    process_become_nobody();
    cr_assert(eq(int, gbn_target_create(target, "f", &fd, &err), GBN_OK));
    cr_assert(eq(int, gbn_target_set_file(fd, "f", &attributes, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EPERM));
    cr_assert(eq(str, err.message, "set owner of f"));
    close(fd);
}

/* "n/n/n/..." of `depth` names. */
static char *
chain(const char *part, size_t depth)
{
    size_t length = strlen(part);
    char *path = malloc(depth * (length + 1) + 16);
    char *at = path;

    for (size_t i = 0; i < depth; i++, at += length + 1) {
        memcpy(at, part, length);
        at[length] = '/';
    }
    *at = '\0';
    return path;
}

static void
expect_deep(const char *part, size_t depth)
{
    char *path = chain(part, depth);
    char *end_of_path = path + strlen(path);
    gbn_bytes count = GBN_BYTES_INIT;

    strcpy(end_of_path, "f");
    cr_assert(eq(int, create(path), GBN_OK), "%s", err.message);
    strcpy(end_of_path, "g");
    cr_assert(eq(int, gbn_target_symlink(target, path, "f", &err), GBN_OK));
    gbn_target_close(target);
    cr_assert(eq(int, gbn_target_open("root", &target, &err), GBN_OK));
    cr_assert(eq(int, set(path, S_IFLNK), GBN_OK));
    end_of_path[-1] = '\0';
    cr_assert(eq(int, gbn_target_directory(target, path, &err), GBN_OK));
    cr_assert(eq(int, set(path, S_IFDIR), GBN_OK));
    RUN(&count, "sh", "-c", "find root -type d | wc -l");
    cr_assert(eq(sz, strtoul((char *)count.data, NULL, 10), depth + 1));
    gbn_bytes_free(&count);
    free(path);
}

BOTH(a_thousand_directories_deep_is_no_matter)
{
    expect_deep("d", 1000);
}

BOTH(paths_longer_than_path_max_are_reached)
{
    char *part = repeat('p', 255);

    expect_deep(part, 40);
    free(part);
}

BOTH(a_link_beyond_path_max_is_not_followed)
{
    char *part = repeat('p', 255);
    char *path = chain(part, 40);
    char *end_of_path = path + strlen(path);

    strcpy(end_of_path, "l");
    cr_assert(eq(int, gbn_target_symlink(target, path, "/tmp", &err), GBN_OK));
    strcpy(end_of_path, "l/gbn-new");
    expect_closed(path);
    free(part);
    free(path);
}

enum { THREADS = 8, ROUNDS = 400 };

static atomic_uint made;
static atomic_uint failed;

/* All make the same files in the same order: each is made by one of them. */
static void *
make_forest(void *unused)
{
    char path[64];
    int fd;
    gbn_status rc;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(path, sizeof path, "%d/%d/%d/f", i % 7, i % 50, i);
        rc = gbn_target_create(target, path, &fd, NULL);
        if (rc == GBN_OK) {
            close(fd);
            atomic_fetch_add(&made, 1);
        } else if (rc != GBN_AGAIN)
            atomic_fetch_add(&failed, 1);
        *strrchr(path, '/') = '\0';
        if (gbn_target_directory(target, path, NULL) < 0)
            atomic_fetch_add(&failed, 1);
    }
    return NULL;
}

static void
expect_forest(void)
{
    pthread_t threads[THREADS];

    atomic_store(&made, 0);
    atomic_store(&failed, 0);
    for (int i = 0; i < THREADS; i++)
        cr_assert(eq(int, pthread_create(&threads[i], NULL, make_forest, NULL), 0));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_assert(eq(uint, failed, 0));
    cr_assert(eq(uint, made, ROUNDS));
}

BOTH(many_threads_make_siblings_and_parents_at_once)
{
    expect_forest();
    cr_assert(le(sz, process_descriptors(), descriptors + 33));
}

BOTH(few_descriptors_suffice)
{
    process_leave_descriptors(24);
    expect_forest();
    process_allow_descriptors();
}

BOTH(handles_are_bounded_whatever_the_number_of_directories)
{
    char path[32];

    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof path, "%d/f", i);
        cr_assert(eq(int, create(path), GBN_OK));
    }
    cr_assert(le(sz, process_descriptors(), descriptors + 33));
    cr_assert(eq(int, create("0/g"), GBN_OK));
}

Test(target, a_file_alone_in_its_directory_needs_no_handle_of_that)
{
    size_t handles;

    if (!gbn_beneath_works(AT_FDCWD))
        cr_skip_test("no openat2 here");
    cr_assert(
        eq(int, gbn_target_directory(target, "a/b", &err), GBN_OK)); /* through a handle of a */
    handles = process_descriptors();
    cr_assert(eq(int, create("a/b/f"), GBN_OK));
    cr_assert(eq(sz, process_descriptors(), handles));
    cr_assert(
        eq(int, create("a/b/f"), GBN_AGAIN)); /* what is not plain is seen to from its directory */
    cr_assert(eq(sz, process_descriptors(), handles + 1));
    cr_assert(eq(uint, status_of("root/a/b/f").st_mode, S_IFREG | 0600));
}

Test(target, the_root_itself_may_be_a_link)
{
    gbn_target *other;

    tree_symlink("root", "link");
    cr_assert(eq(int, gbn_target_open("link", &other, &err), GBN_OK));
    cr_assert(eq(int, gbn_target_directory(other, "d", &err), GBN_OK));
    gbn_target_close(other);
    cr_assert(exists("root/d"));
}

Test(target, a_root_that_is_no_directory_is_refused)
{
    gbn_target *other;

    cr_assert(eq(int, gbn_target_open("outside/f", &other, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOTDIR));
    cr_assert(eq(str, err.message, "open outside/f"));
    cr_assert(eq(int, gbn_target_open("none", &other, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    gbn_target_close(NULL);
}

Test(target, failures_name_the_path)
{
    tree_text("root/f", "");
    create("f/x");
    cr_assert(eq(str, err.message, "open directory f (a part of the path is no directory)"));
    create("../x");
    cr_assert(eq(str, err.message, "open ../x (dots in the path)"));
    tree_directory("root/d");
    create("d");
    cr_assert(eq(str, err.message, "create d (something of another type is there)"));
    gbn_target_link(target, "h", "none", &err);
    cr_assert(eq(str, err.message, "make hard link h (there is no none)"));
}

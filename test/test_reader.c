#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cached.h"
#include "gbn_reader.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"
#include "tree.h"

enum { MOST = 32 };

static gbn_error err;
static gbn_root *root;
static gbn_walk *walk;
static gbn_reader *reader;
static pthread_t threads[MOST];
static unsigned thread_count;
static atomic_int served[MOST];
static size_t descriptors, thread_base;

static void
begin(void)
{
    scratch_enter();
    tree_directory("r");
    descriptors = process_descriptors();
    thread_base = process_threads();
}

static void
end(void)
{
    cr_assert(eq(sz, process_descriptors(), descriptors));
    cr_assert(process_has_threads(thread_base));
    scratch_leave();
}

TestSuite(reader, .init = begin, .fini = end, .timeout = 120);

static void *
serve(void *number)
{
    gbn_error error;

    atomic_store(&served[(uintptr_t)number], gbn_reader_serve(reader, &error));
    return NULL;
}

static void
start(unsigned count)
{
    thread_count = count;
    cr_assert(eq(int, gbn_root_open("r", 32, &root, &err), GBN_OK));
    cr_assert(eq(int, gbn_walk_new(&(gbn_walk_options){.root = root}, &walk, &err), GBN_OK));
    cr_assert(eq(int, gbn_reader_new(root, gbn_walk_names(walk), count, 2, &reader, &err), GBN_OK));
    for (uintptr_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, serve, (void *)i);
}

static void
join(gbn_status status)
{
    for (unsigned i = 0; i < thread_count; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(eq(int, served[i], status));
    }
}

static void
stop(void)
{
    gbn_reader_free(reader);
    gbn_walk_free(walk);
    gbn_root_close(root);
}

static gbn_entry *
take(void)
{
    gbn_entry *entry;

    cr_assert(eq(int, gbn_reader_next(reader, &entry), GBN_OK));
    return entry;
}

static gbn_entry *
take_named(const char *name)
{
    gbn_entry *entry = take();

    cr_assert(eq(str, entry->name, (char *)name));
    return entry;
}

static void
expect_end(void)
{
    gbn_entry *entry;

    cr_assert(eq(int, gbn_reader_next(reader, &entry), GBN_END));
    join(GBN_OK);
}

/* Content as tree_file makes it, whichever way it comes. */
static void
expect_content(gbn_entry *entry)
{
    const size_t size = (size_t)entry->status.st_size;
    uint8_t *expected = malloc(size + 1);
    const uint8_t *data;
    size_t length, done = 0;

    sample_fill(SAMPLE_MIXED, expected, size, size);
    if (!entry->sliced) {
        cr_assert(eq(int, memcmp(entry->file.content, expected, size), 0));
        done = size;
    }
    while (entry->sliced && gbn_reader_slice(reader, &data, &length) == GBN_OK) {
        cr_assert(le(sz, done + length, size));
        cr_assert(eq(int, memcmp(data, expected + done, length), 0));
        done += length;
    }
    cr_assert(eq(sz, done, size));
    free(expected);
}

static int
take_all(void)
{
    gbn_entry *entry;
    gbn_status rc;
    int count = 0;

    for (; (rc = gbn_reader_next(reader, &entry)) == GBN_OK; count++) {
        cr_assert_not(entry->absent || entry->noted);
        if ((entry->status.st_mode & S_IFMT) == S_IFREG && !entry->repeats)
            expect_content(entry);
        gbn_reader_done(reader);
    }
    cr_assert(eq(int, rc, GBN_END));
    return count;
}

Test(reader, entries_come_in_walk_order_with_their_content)
{
    for (unsigned count = 1; count <= MOST; count *= 2) {
        if (count == 1)
            tree_forest("r/t", 100, 10);
        start(count);
        cr_assert(eq(int, take_all(), 2 + 7 + 100 + 1000));
        join(GBN_OK);
        stop();
    }
}

Test(reader, sizes_around_every_edge_come_whole)
{
    static const size_t sizes[] = {0,
                                   1,
                                   GBN_READER_SMALL - 1,
                                   GBN_READER_SMALL,
                                   GBN_READER_SMALL + 1,
                                   GBN_READER_SLICE - 1,
                                   GBN_READER_SLICE,
                                   GBN_READER_SLICE + 1,
                                   3 * GBN_READER_SLICE,
                                   3 * GBN_READER_SLICE + 1,
                                   GBN_READER_ARENA - 1,
                                   GBN_READER_ARENA + 1,
                                   GBN_READER_ARENA + GBN_READER_SLICE};
    char path[64];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(path, sizeof path, "r/%02zu", i);
        tree_file(path, sizes[i]);
    }
    for (unsigned count = 1; count <= MOST; count *= 4) {
        start(count);
        cr_assert(eq(int, take_all(), 14));
        join(GBN_OK);
        stop();
    }
}

Test(reader, more_small_content_than_the_arena_holds)
{
    char path[64];

    for (int i = 0; i < 60; i++) {
        snprintf(path, sizeof path, "r/%02d", i);
        tree_file(path, (size_t)GBN_READER_SMALL - (size_t)(i * 1237));
    }
    for (unsigned count = 2; count <= MOST; count *= 4) {
        start(count);
        cr_assert(eq(int, take_all(), 61));
        join(GBN_OK);
        stop();
    }
}

Test(reader, more_entries_than_the_window_holds)
{
    char path[64];

    for (int i = 0; i < 3 * GBN_READER_WINDOW; i++) {
        snprintf(path, sizeof path, "r/%04d", i);
        tree_symlink("t", path);
    }
    start(8);
    cr_assert(eq(int, take_all(), 1 + 3 * GBN_READER_WINDOW));
    join(GBN_OK);
    stop();
}

Test(reader, a_slow_taker_finds_everything_as_well)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    gbn_entry *entry;
    int count = 0;

    tree_forest("r/t", 50, 10);
    start(16);
    while (gbn_reader_next(reader, &entry) == GBN_OK) {
        nanosleep(&pause, NULL);
        gbn_reader_done(reader);
        count++;
    }
    cr_assert(eq(int, count, 2 + 4 + 50 + 500));
    join(GBN_OK);
    stop();
}

/* Small ones, as most are; more of them than are asked for at once. Every third is in use, every seventh has two names. */
enum { COLD_FILES = 400 };

static const char *
cold_name(int number)
{
    static char path[64];

    snprintf(path, sizeof path, "r/f%03d", number);
    return path;
}

static void
make_cold_files(void)
{
    char other[64];

    for (int i = 0; i < COLD_FILES; i++) {
        tree_file(cold_name(i), 5000);
        snprintf(other, sizeof other, "r/z%03d", i);
        if (i % 7 == 0)
            tree_hard_link(cold_name(i), other);
    }
    cached_need_nowait(cold_name(0));
}

static bool
leaves_cold_files_cold(void)
{
    size_t kept = 0, left = 0;

    for (int i = 0; i < COLD_FILES; i++)
        cached_forget(cold_name(i));
    for (int i = 0; i < COLD_FILES; i += 3)
        cached_touch(cold_name(i), 0, 5000);
    start(16);
    cr_assert(eq(int, take_all(), 1 + COLD_FILES + (COLD_FILES + 6) / 7));
    join(GBN_OK);
    stop();
    for (int i = 0; i < COLD_FILES; i++)
        *(i % 3 == 0 ? &kept : &left) += cached_pages(cold_name(i));
    cr_assert(eq(sz, kept, 2 * ((COLD_FILES + 2) / 3)));
    return left == 0;
}

Test(reader, what_a_disk_is_asked_for_in_advance_does_not_stay)
{
    make_cold_files();
    cr_assert(cached_as_a_rule(leaves_cold_files_cold));
}

Test(reader, an_empty_tree_is_its_root_alone)
{
    start(8);
    cr_assert(eq(ptr, take()->parent, NULL));
    gbn_reader_done(reader);
    expect_end();
    stop();
}

static unsigned
pass_links(const char *names)
{
    unsigned repeats = 0;

    take_named("");
    gbn_reader_done(reader);
    for (; *names != '\0'; names++) {
        gbn_entry *entry = take_named((char[]){*names, '\0'});

        cr_assert_not_null(entry->link);
        repeats += entry->repeats;
        if (!entry->repeats)
            cr_assert(eq(int, gbn_link_keep(entry->link, entry->name, &err), GBN_OK));
        else
            cr_assert(eq(str, entry->link->path, "a"));
        gbn_reader_done(reader);
    }
    return repeats;
}

Test(reader, the_first_name_of_a_file_has_its_content_and_the_others_repeat_it)
{
    tree_file("r/a", 1000);
    tree_hard_link("r/a", "r/b");
    tree_hard_link("r/a", "r/c");
    start(4);
    cr_assert(eq(u32, pass_links("abc"), 2));
    expect_end();
    stop();
}

Test(reader, symlinks_may_have_several_names_too)
{
    tree_symlink("nowhere", "r/a");
    tree_hard_link("r/a", "r/b");
    start(4);
    cr_assert(eq(u32, pass_links("ab"), 1));
    expect_end();
    stop();
}

Test(reader, a_name_outside_the_tree_makes_no_repeat)
{
    tree_file("elsewhere", 100);
    tree_hard_link("elsewhere", "r/a");
    start(4);
    cr_assert(eq(u32, pass_links("a"), 0));
    expect_end();
    stop();
}

Test(reader, many_files_of_many_names_repeat_the_first_of_their_own)
{
    char path[64], other[64];
    int firsts = 0, repeats = 0;
    gbn_entry *entry;

    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof path, "r/0-%03d", i);
        tree_file(path, 10);
        for (int j = 1; j < 8; j++) {
            snprintf(other, sizeof other, "r/%d-%03d", j, 299 - i);
            tree_hard_link(path, other);
        }
    }
    start(16);
    while (gbn_reader_next(reader, &entry) == GBN_OK) {
        if (entry->link != NULL && !entry->repeats)
            gbn_link_keep(entry->link, entry->name, &err);
        firsts += entry->link != NULL && !entry->repeats;
        repeats += entry->repeats;
        if (entry->repeats)
            cr_assert(eq(int, 299 - atoi(entry->name + 2), atoi(entry->link->path + 2)));
        gbn_reader_done(reader);
    }
    cr_assert(all(eq(int, firsts, 300), eq(int, repeats, 7 * 300)));
    join(GBN_OK);
    stop();
}

/* A large file lies open until its last slice was taken: now is the time to change it. */
static gbn_entry *
take_large(size_t size)
{
    tree_file("r/f", size);
    start(2);
    take_named("");
    gbn_reader_done(reader);
    return take_named("f");
}

static size_t
take_slices(void)
{
    const uint8_t *data;
    size_t length, size = 0;

    while (gbn_reader_slice(reader, &data, &length) == GBN_OK)
        size += length;
    return size;
}

Test(reader, a_large_file_that_shrinks_keeps_its_size_and_is_noted)
{
    const size_t size = 2 * (size_t)GBN_READER_ARENA;
    gbn_entry *entry = take_large(size);

    cr_assert(eq(int, truncate("r/f", 100), 0));
    cr_assert(eq(sz, take_slices(), size));
    cr_assert(entry->noted);
    cr_assert(all(eq(int, entry->note, GBN_NOTE_CHANGED), eq(u64, entry->status.st_size, size)));
    cr_assert(eq(str, (char *)entry->reason, "shrank while it was read: filled with zeros"));
    gbn_reader_done(reader);
    expect_end();
    stop();
}

Test(reader, a_large_file_that_grows_keeps_its_size_and_is_noted)
{
    const size_t size = 2 * (size_t)GBN_READER_SLICE;
    gbn_entry *entry = take_large(size);
    int fd = open("r/f", O_WRONLY | O_APPEND | O_CLOEXEC);

    cr_assert(eq(long, write(fd, "more", 4), 4));
    close(fd);
    cr_assert(eq(sz, take_slices(), size));
    cr_assert(entry->noted);
    cr_assert(eq(str, (char *)entry->reason, "changed while it was read"));
    gbn_reader_done(reader);
    expect_end();
    stop();
}

Test(reader, a_large_file_that_is_removed_is_read_to_its_end)
{
    const size_t size = 2 * (size_t)GBN_READER_ARENA;
    gbn_entry *entry = take_large(size);

    unlink("r/f");
    expect_content(entry);
    gbn_reader_done(reader);
    expect_end();
    stop();
}

Test(reader, what_vanishes_before_its_turn_is_absent)
{
    char path[64];
    gbn_entry *entry;
    int absent = 0, seen = 0;

    for (int i = 0; i < 3 * GBN_READER_WINDOW; i++) {
        snprintf(path, sizeof path, "r/%04d", i);
        tree_file(path, 1);
    }
    start(4);
    take_named("");
    RUN(NULL, "rm", "-rf", "r");
    gbn_reader_done(reader);
    while (gbn_reader_next(reader, &entry) == GBN_OK) {
        absent += entry->absent;
        cr_assert(entry->note == GBN_NOTE_VANISHED || entry->absent == false);
        gbn_reader_done(reader);
        seen++;
    }
    cr_assert(all(eq(int, seen, 3 * GBN_READER_WINDOW), gt(int, absent, GBN_READER_WINDOW)));
    join(GBN_OK);
    stop();
}

/* What was ready before may still be taken. */
Test(reader, an_abort_wakes_the_taker_and_all_threads)
{
    gbn_entry *entry;
    gbn_status rc;

    tree_forest("r/t", 30, 30);
    tree_file("r/u", 2 * GBN_READER_ARENA);
    start(16);
    take();
    gbn_reader_abort(reader);
    join(GBN_ERR_CANCELLED);
    gbn_reader_done(reader);
    while ((rc = gbn_reader_next(reader, &entry)) == GBN_OK && !entry->sliced)
        gbn_reader_done(reader);
    cr_assert(rc == GBN_ERR_CANCELLED || rc == GBN_OK);
    stop();
}

static void *
abort_soon(void *pause)
{
    nanosleep(pause, NULL);
    gbn_reader_abort(reader);
    return NULL;
}

static void
take_until_abort(void)
{
    gbn_entry *entry;
    const uint8_t *data;
    size_t length;

    while (gbn_reader_next(reader, &entry) == GBN_OK) {
        while (entry->sliced && gbn_reader_slice(reader, &data, &length) == GBN_OK)
            continue;
        gbn_reader_done(reader);
    }
}

Test(reader, an_abort_at_any_moment_leaves_nothing)
{
    tree_forest("r/t", 30, 30);
    tree_file("r/a", 30 * 1024 * 1024);
    tree_file("r/z", 30 * 1024 * 1024);
    for (long i = 0; i < 100; i++) {
        struct timespec pause = {.tv_nsec = i * 200 * 1000};
        pthread_t thread;

        start(1 + (unsigned)i % 16);
        pthread_create(&thread, NULL, abort_soon, &pause);
        take_until_abort();
        pthread_join(thread, NULL);
        for (unsigned j = 0; j < thread_count; j++)
            pthread_join(threads[j], NULL);
        stop();
        cr_assert(eq(sz, process_descriptors(), descriptors));
    }
}

Test(reader, few_descriptors_are_enough_and_are_given_back)
{
    size_t most = 0;
    gbn_entry *entry;

    tree_forest("r/t", 200, 10);
    process_leave_descriptors(32 + (GBN_READER_FILES + 2) * 16 + 1); /* one to count them with */
    start(16);
    while (gbn_reader_next(reader, &entry) == GBN_OK) {
        if (process_descriptors() > most)
            most = process_descriptors();
        cr_assert_not(entry->absent);
        gbn_reader_done(reader);
    }
    join(GBN_OK);
    process_allow_descriptors();
    cr_assert(le(sz, most, descriptors + 32 + (GBN_READER_FILES + 2) * 16));
    stop();
}

Test(reader, a_process_without_descriptors_fails_on_one_thread_at_least)
{
    int failed = 0;

    tree_forest("r/t", 10, 1);
    start(0);
    process_leave_descriptors(0);
    thread_count = 4;
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, serve, (void *)i);
    for (int i = 0; i < 60000 && failed == 0; i++) {
        const struct timespec pause = {.tv_nsec = 1000 * 1000};

        nanosleep(&pause, NULL);
        for (int j = 0; j < 4; j++)
            failed += served[j] == GBN_ERR_SYSTEM;
    }
    cr_assert(gt(int, failed, 0));
    gbn_reader_abort(reader);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    process_allow_descriptors();
    stop();
}

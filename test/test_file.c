#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cached.h"
#include "faults.h"
#include "gbn_file.h"
#include "samples.h"
#include "scratch.h"

enum { LIMIT = 64 * 1024 };

static gbn_error err;
static gbn_file file;
static struct stat status;
static gbn_file_result result;
static uint8_t *buffer;

static void
end(void)
{
    gbn_file_close(&file);
    gbn_file_forget(&file);
    scratch_leave();
}

TestSuite(file, .init = scratch_enter, .fini = end, .timeout = 60);

/* As the reader has it: opened, its size taken, memory of just that size. */
static void
open_file(const char *name)
{
    file = (gbn_file){.fd = open(name, O_RDONLY | O_CLOEXEC)};
    result = (gbn_file_result){0};
    cr_assert(ge(int, file.fd, 0));
    cr_assert(eq(int, fstat(file.fd, &status), 0));
    file.size = (uint64_t)status.st_size;
    buffer = guarded_before_end(file.size);
}

static void
read_whole(void)
{
    cr_assert(eq(int, gbn_file_read_whole(&file, &status, buffer, LIMIT, &result, &err), GBN_OK));
}

static void
expect_content(const char *text)
{
    cr_assert(eq(int, result.errnum, 0));
    cr_assert(eq(sz, (size_t)status.st_size, strlen(text)));
    cr_assert(eq(int, memcmp(file.content, text, strlen(text)), 0));
}

Test(file, a_quiet_file_is_read_as_it_is)
{
    scratch_write("f", "content", 7);
    open_file("f");
    read_whole();
    expect_content("content");
    cr_assert_not(result.changed || result.torn || result.grown || result.shrunk);
    cr_assert_not(gbn_file_changed(&file, &status));
}

Test(file, an_empty_one_has_no_content_and_needs_no_memory)
{
    scratch_write("f", "", 0);
    open_file("f");
    read_whole();
    expect_content("");
    cr_assert_not(result.changed);
}

Test(file, every_size_up_to_the_limit_is_read_to_the_byte)
{
    static const size_t sizes[] = {1, 2, 511, 512, 513, 4095, 4096, 4097, LIMIT - 1, LIMIT};
    static uint8_t sample[LIMIT];

    sample_fill(SAMPLE_RANDOM, sample, sizeof sample, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        scratch_write("f", sample, sizes[i]);
        open_file("f");
        read_whole();
        cr_assert(eq(sz, (size_t)status.st_size, sizes[i]));
        cr_assert(eq(int, memcmp(file.content, sample, sizes[i]), 0));
        gbn_file_close(&file);
    }
}

Test(file, one_that_grew_before_the_read_is_read_in_full)
{
    scratch_write("f", "short", 5);
    open_file("f");
    scratch_write("f", "much longer than before", 23);
    read_whole();
    expect_content("much longer than before");
    cr_assert(result.changed);
    cr_assert_not(result.torn || result.grown);
}

Test(file, one_that_grew_beyond_the_limit_keeps_its_first_size)
{
    static uint8_t sample[LIMIT + 1];

    memset(sample, 'x', sizeof sample);
    scratch_write("f", sample, 1000);
    open_file("f");
    scratch_write("f", sample, sizeof sample);
    read_whole();
    cr_assert(eq(sz, (size_t)status.st_size, 1000));
    cr_assert(eq(u8, file.content[999], 'x'));
    cr_assert(result.changed && result.grown);
}

Test(file, one_that_shrank_is_as_short_as_it_is_now)
{
    scratch_write("f", "quite some text", 15);
    open_file("f");
    cr_assert(eq(int, truncate("f", 5), 0));
    read_whole();
    expect_content("quite");
    cr_assert(result.changed);
    cr_assert_not(result.torn);
}

Test(file, one_that_was_emptied_is_empty)
{
    scratch_write("f", "text", 4);
    open_file("f");
    cr_assert(eq(int, truncate("f", 0), 0));
    read_whole();
    expect_content("");
    cr_assert_not(result.torn);
}

Test(file, a_rewrite_in_place_is_seen_though_the_size_is_the_same)
{
    scratch_write("f", "before", 6);
    open_file("f");
    scratch_write("f", "after!", 6);
    cr_assert(gbn_file_changed(&file, &status));
    read_whole();
    expect_content("after!");
    cr_assert(result.changed);
    cr_assert_not(gbn_file_changed(&file, &status));
}

Test(file, a_change_of_mode_alone_is_a_change)
{
    scratch_write("f", "text", 4);
    open_file("f");
    cr_assert(eq(int, chmod("f", 0400), 0));
    cr_assert(gbn_file_changed(&file, &status));
    read_whole();
    expect_content("text");
    cr_assert(eq(u32, status.st_mode & 07777, 0400));
}

Test(file, a_name_that_is_gone_leaves_the_open_file_readable)
{
    scratch_write("f", "text", 4);
    open_file("f");
    unlink("f");
    read_whole();
    expect_content("text");
}

static void
grow(void)
{
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "echo >>f"), 0));
}

Test(file, one_that_changes_during_every_read_is_torn)
{
    scratch_write("f", "content", 7);
    open_file("f");
    faults.reading = grow;
    read_whole();
    faults.reading = NULL;
    cr_assert(result.changed && result.torn);
}

static atomic_bool stop;

static void *
keep_writing(void *name)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);

    while (!atomic_load(&stop)) {
        cr_assert(eq(long, pwrite(fd, "x", 1, 0), 1));
        cr_assert(eq(int, ftruncate(fd, 30000 + random() % 30000), 0));
    }
    close(fd);
    return NULL;
}

Test(file, one_that_never_rests_has_the_length_it_says)
{
    pthread_t thread;

    scratch_write("f", "x", 1);
    pthread_create(&thread, NULL, keep_writing, "f");
    for (int i = 0; i < 300; i++) {
        open_file("f");
        read_whole();
        cr_assert(eq(int, result.errnum, 0));
        cr_assert(le(sz, (size_t)status.st_size, LIMIT));
        cr_assert(result.changed || !result.torn);
        gbn_file_close(&file);
        gbn_file_forget(&file);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
}

Test(file, what_cannot_be_read_says_why)
{
    open_file("/proc/self/mem");
    file.size = 10;
    status.st_size = 10;
    buffer = guarded_before_end(10);
    read_whole();
    cr_assert(eq(int, result.errnum, EIO));
    gbn_file_close(&file);
    file = (gbn_file){.fd = open(".", O_RDONLY | O_CLOEXEC), .size = 10};
    result = (gbn_file_result){0};
    read_whole();
    cr_assert(eq(int, result.errnum, EISDIR));
}

/* Slices */

static uint8_t slice[4096];

static void
read_slice(uint64_t offset, size_t length)
{
    memset(slice, 0xaa, sizeof slice);
    gbn_file_read_slice(&file, &status, offset, slice, length, &result);
    if (length < sizeof slice)
        cr_assert(eq(u8, slice[length], 0xaa));
}

Test(file, slices_are_the_file)
{
    static uint8_t sample[10000];

    sample_fill(SAMPLE_RANDOM, sample, sizeof sample, 2);
    scratch_write("f", sample, sizeof sample);
    open_file("f");
    for (size_t offset = 0; offset < sizeof sample; offset += 1000) {
        read_slice(offset, 1000);
        cr_assert(eq(int, memcmp(slice, sample + offset, 1000), 0));
        cr_assert_not(result.shrunk || result.errnum != 0);
    }
}

Test(file, zeros_stand_for_what_a_slice_has_lost)
{
    scratch_write("f", "0123456789", 10);
    open_file("f");
    cr_assert(eq(int, truncate("f", 3), 0));
    read_slice(0, 10);
    cr_assert(result.shrunk);
    cr_assert(eq(int, memcmp(slice, "012\0\0\0\0\0\0\0", 10), 0));
    read_slice(5, 5);
    cr_assert(result.shrunk);
    cr_assert(eq(int, memcmp(slice, "\0\0\0\0\0", 5), 0));
}

Test(file, what_follows_a_slices_file_is_left_out)
{
    scratch_write("f", "01234", 5);
    open_file("f");
    scratch_write("f", "0123456789", 10);
    read_slice(0, 5);
    cr_assert(eq(int, memcmp(slice, "01234", 5), 0));
    cr_assert_not(result.shrunk);
    cr_assert(gbn_file_changed(&file, &status));
}

Test(file, holes_are_zeros_and_data_beside_them_is_kept)
{
    const off_t size = (off_t)1 << 32;
    int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    cr_assert(eq(int, ftruncate(fd, size), 0));
    cr_assert(eq(long, pwrite(fd, "data", 4, 1 << 20), 4));
    cr_assert(eq(long, pwrite(fd, "end", 3, size - 3), 3));
    close(fd);
    open_file("f");
    for (uint64_t offset = 0; offset < 8192; offset += 4096) {
        read_slice(offset, 4096);
        for (size_t i = 0; i < 4096; i++)
            cr_assert(eq(u8, slice[i], 0));
    }
    read_slice((1 << 20) - 100, 200);
    cr_assert(eq(int, memcmp(slice + 100, "data\0", 5), 0));
    read_slice((uint64_t)size - 4096, 4096);
    cr_assert(eq(int, memcmp(slice + 4093, "end", 3), 0));
    cr_assert_not(result.shrunk);
}

Test(file, a_sparse_file_that_shrinks_says_so_in_its_holes_too)
{
    int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    cr_assert(eq(int, ftruncate(fd, 1 << 20), 0));
    close(fd);
    open_file("f");
    cr_assert(eq(int, truncate("f", 4096), 0));
    read_slice(8192, 4096);
    cr_assert(gbn_file_changed(&file, &status)); /* whichever of the two tells */
}

Test(file, a_slice_that_cannot_be_read_is_zeros_and_says_why)
{
    file = (gbn_file){.fd = open(".", O_RDONLY | O_CLOEXEC), .size = 10};
    status.st_size = 10;
    status.st_blocks = 1;
    read_slice(0, 10);
    cr_assert(eq(int, result.errnum, EISDIR));
    cr_assert(eq(int, memcmp(slice, "\0\0\0\0\0\0\0\0\0\0", 10), 0));
}

Test(file, settled_is_what_last_changed_before_that_moment)
{
    status = (struct stat){.st_ctim = {.tv_sec = 5, .tv_nsec = 7}};
    cr_assert(gbn_file_settled(&status, 5000000007));
    cr_assert_not(gbn_file_settled(&status, 5000000006));
    status.st_ctim.tv_sec = INT32_MAX; /* the future */
    cr_assert_not(gbn_file_settled(&status, 5000000007));
}

Test(file, closing_twice_closes_once)
{
    scratch_write("f", "", 0);
    open_file("f");
    gbn_file_close(&file);
    cr_assert(eq(int, file.fd, -1));
    gbn_file_close(&file);
    gbn_file_forget(&file);
}

/* ---- the page cache ---- */

enum { PAGES = 12 };

/* The content has to be right each time. */
static void
read_all(void)
{
    gbn_file_close(&file);
    gbn_file_forget(&file);
    open_file("f");
    read_whole();
    cr_assert(eq(int, result.errnum, 0));
    cr_assert(eq(sz, (size_t)status.st_size, (size_t)file.size));
}

static bool
leaves_nothing(void)
{
    cached_forget("f");
    read_all();
    return cached_pages("f") == 0;
}

Test(file, a_file_nobody_uses_does_not_stay_cached)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_nothing));
}

Test(file, a_file_the_server_uses_stays_cached)
{
    cached_make("f", PAGES);
    cached_touch("f", 0, (size_t)sysconf(_SC_PAGESIZE) * PAGES);
    read_all();
    cr_assert(eq(sz, cached_pages("f"), PAGES));
}

static bool
comes_and_goes(void)
{
    bool fetched;

    gbn_file_close(&file);
    cached_forget("f");
    open_file("f");
    gbn_file_fetch(&file);
    while (cached_pages("f") < PAGES)
        sched_yield();
    fetched = file.fetched;
    read_whole();
    return fetched && cached_pages("f") == 0;
}

Test(file, a_cold_one_that_is_asked_for_comes_by_itself_and_goes_again)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(comes_and_goes));
    for (size_t i = 0; i < file.size; i++)
        cr_assert(eq(u8, file.content[i], (uint8_t)('a' + i % 23)));
}

Test(file, a_warm_one_that_is_asked_for_stays)
{
    cached_make("f", PAGES);
    cached_touch("f", 0, (size_t)sysconf(_SC_PAGESIZE) * PAGES);
    open_file("f");
    gbn_file_fetch(&file);
    cr_assert_not(file.fetched);
    read_whole();
    cr_assert(eq(sz, cached_pages("f"), PAGES));
}

/* /proc is one of the file systems that cannot tell what is cached. */
Test(file, where_nobody_can_tell_asking_does_no_harm)
{
    open_file("/proc/self/status");
    file.size = 5;
    status.st_size = 5;
    buffer = guarded_before_end(5);
    gbn_file_fetch(&file);
    cr_assert_not(file.fetched);
    read_whole();
    cr_assert(eq(int, memcmp(file.content, "Name:", 5), 0));
}

static bool
leaves_its_begin(void)
{
    cached_forget("f");
    cached_touch("f", 0, (size_t)sysconf(_SC_PAGESIZE) * 4);
    read_all();
    return strcmp(cached_map("f"), "####........") == 0;
}

Test(file, of_a_file_the_begin_of_which_is_used_that_stays)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_its_begin));
}

/* What has grown is in the last page, which is dirty. */
static bool
leaves_what_is_dirty(void)
{
    cached_forget("f");
    gbn_file_close(&file);
    gbn_file_forget(&file);
    faults.reading = grow;
    open_file("f");
    read_whole();
    faults.reading = NULL;
    cr_assert(result.changed && result.torn);
    return cached_pages("f") <= 1;
}

Test(file, a_cold_file_that_changes_is_read_again_and_then_dropped)
{
    cached_make("f", 2);
    cr_assert(cached_as_a_rule(leaves_what_is_dirty));
}

static void
read_slices(size_t length)
{
    uint8_t *data = malloc(length);

    for (uint64_t at = 0; at < file.size; at += length) {
        size_t part = file.size - at < length ? (size_t)(file.size - at) : length;

        gbn_file_read_slice(&file, &status, at, data, part, &result);
        cr_assert_not(result.errnum != 0 || result.shrunk);
    }
    free(data);
}

static bool
leaves_what_was_there(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    cached_forget("f");
    cached_touch("f", 16 * page, 16 * page);
    gbn_file_close(&file);
    open_file("f");
    read_slices(8 * page);
    return strcmp(cached_map("f"),
                  "................################................................") == 0;
}

Test(file, slices_of_a_large_file_do_not_stay_cached_but_those_that_were)
{
    cached_make("f", 64);
    cr_assert(cached_as_a_rule(leaves_what_was_there));
}

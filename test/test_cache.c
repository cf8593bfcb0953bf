#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cached.h"
#include "gbn_cache.h"
#include "scratch.h"

static size_t page;
static int fd = -1;
static bool waited;

static void
begin(void)
{
    scratch_enter();
    page = (size_t)sysconf(_SC_PAGESIZE);
}

static void
end(void)
{
    if (fd >= 0)
        close(fd);
    scratch_leave();
}

TestSuite(cache, .init = begin, .fini = end, .timeout = 60);

static void
open_cold(size_t pages)
{
    cached_make("f", pages);
    fd = open("f", O_RDONLY | O_CLOEXEC);
}

/* Reads pages; the content is what cached_make wrote. */
static size_t
read_pages(size_t first, size_t count)
{
    char *data = malloc(count * page);
    size_t done = 0;
    ssize_t n = 1;

    while (n > 0 && done < count * page) {
        n = gbn_cache_read(fd, data + done, count * page - done, first * page + done, &waited);
        cr_assert(ge(long, n, 0));
        done += (size_t)n;
    }
    for (size_t i = 0; i < done; i++)
        cr_assert(eq(chr, data[i], (char)('a' + (first * page + i) % 23)));
    free(data);
    return done;
}

Test(cache, what_is_there_is_read_without_waiting_and_stays)
{
    open_cold(64);
    cached_touch("f", 0, 64 * page);
    cr_assert(eq(sz, read_pages(0, 64), 64 * page));
    cr_assert_not(waited);
    cr_assert(eq(sz, cached_pages("f"), 64));
}

static bool
is_fetched_and_dropped(void)
{
    cached_forget("f");
    waited = false;
    cr_assert(eq(sz, read_pages(0, 16), 16 * page));
    if (!waited || cached_pages("f") != 16)
        return false;
    gbn_cache_drop(fd, 0, 16 * page);
    waited = false;
    cr_assert(eq(sz, read_pages(40, 16), 16 * page));
    gbn_cache_drop(fd, 40 * page, 16 * page);
    return waited && cached_pages("f") == 0;
}

Test(cache, what_is_fetched_is_known_and_can_be_dropped)
{
    open_cold(64);
    gbn_cache_no_ahead(fd);
    cr_assert(cached_as_a_rule(is_fetched_and_dropped));
}

static bool
ends_where_the_cached_part_ends(void)
{
    char *data = malloc(64 * page);
    ssize_t n;

    cached_forget("f");
    cached_touch("f", 0, 8 * page);
    n = gbn_cache_read(fd, data, 64 * page, 0, &waited);
    free(data);
    cr_assert_not(waited);
    return n == (ssize_t)(8 * page);
}

Test(cache, the_first_read_tells_where_the_cached_part_ends)
{
    open_cold(64);
    cr_assert(cached_as_a_rule(ends_where_the_cached_part_ends));
}

Test(cache, a_page_begun_is_dropped_one_not_ended_is_not)
{
    open_cold(4);
    cached_touch("f", 0, 4 * page);
    gbn_cache_drop(fd, page + 10, 2 * page);
    cr_assert(eq(str, (char *)(uintptr_t)cached_map("f"), "#..#"));
    gbn_cache_drop(fd, page + 10, 0);
    cr_assert(eq(str, (char *)(uintptr_t)cached_map("f"), "#..."));
}

Test(cache, the_end_is_the_end)
{
    open_cold(2);
    cr_assert(eq(sz, read_pages(1, 4), page));
    cr_assert(eq(sz, read_pages(2, 1), 0));
    waited = true;
    cr_assert(eq(sz, read_pages(2, 1), 0));
}

Test(cache, what_it_cannot_read_is_an_error)
{
    char byte;

    fd = open(".", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(long, gbn_cache_read(fd, &byte, 1, 0, &waited), -1));
    cr_assert(eq(int, errno, EISDIR));
    cr_assert_not(waited);
    cr_assert(eq(long, gbn_cache_read(-1, &byte, 1, 0, &waited), -1));
    cr_assert(eq(int, errno, EBADF));
}

/* /proc cannot say what is cached, as tmpfs and most networks' file systems cannot. */
Test(cache, where_nobody_can_tell_it_is_read_all_the_same)
{
    char data[64];

    fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(long, gbn_cache_read(fd, data, 5, 0, &waited), 5));
    cr_assert(eq(int, memcmp(data, "Linux", 5), 0));
    cr_assert_not(waited);
}

Test(cache, fetching_ahead_makes_pages_come)
{
    open_cold(64);
    cr_assert(eq(sz, read_pages(0, 1), page));
    gbn_cache_fetch(fd, page, 8 * page);
    cr_assert(eq(sz, read_pages(1, 8), 8 * page)); /* waits till they are there */
    cr_assert(eq(int, memcmp(cached_map("f"), "#########", 9), 0));
}

static bool
has_not(void)
{
    cached_forget("f");
    return gbn_cache_look(fd, 3 * page + 5) == GBN_CACHE_COLD;
}

Test(cache, a_page_is_there_or_not)
{
    open_cold(8);
    gbn_cache_no_ahead(fd);
    cr_assert(cached_as_a_rule(has_not));
    cached_touch("f", 3 * page, page);
    cr_assert(eq(int, gbn_cache_look(fd, 3 * page + 5), GBN_CACHE_WARM));
    cr_assert(eq(int, gbn_cache_look(fd, 8 * page), GBN_CACHE_WARM));
    cr_assert(eq(int, gbn_cache_look(-1, 0), GBN_CACHE_UNKNOWN));
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cached.h"
#include "gbn_infile.h"
#include "process.h"
#include "scratch.h"

static gbn_error err;

TestSuite(infile, .init = scratch_enter, .fini = scratch_leave, .timeout = 60);

static gbn_infile *
open_place(gbn_place place)
{
    gbn_infile *file;

    cr_assert(eq(int, gbn_infile_open(&place, &file, &err), GBN_OK), "%s", err.message);
    return file;
}

/* What is read at most 100 bytes at a time from `offset` on. */
static void
expect_read(gbn_infile *file, uint64_t offset, const char *expected)
{
    char data[101];
    size_t got;

    cr_assert(eq(int, gbn_infile_read(file, offset, data, 100, &got, &err), GBN_OK));
    data[got] = '\0';
    cr_assert(eq(str, data, (char *)(uintptr_t)expected));
}

Test(infile, a_whole_file_is_read_and_may_grow)
{
    gbn_infile *file;

    scratch_write("f", "0123456789", 10);
    file = open_place((gbn_place){.path = "f"});
    cr_assert(eq(u64, gbn_infile_size(file), 10));
    cr_assert(eq(str, (char *)(uintptr_t)gbn_infile_name(file), "f"));
    expect_read(file, 7, "789");
    expect_read(file, 10, "");
    scratch_write("f", "0123456789abc", 13);
    expect_read(file, 10, "abc");
    gbn_infile_close(file);
}

Test(infile, a_section_ends_where_it_ends)
{
    gbn_infile *file;

    scratch_write("f", "0123456789", 10);
    file = open_place(
        (gbn_place){.path = "f", .name = "s", .section = true, .offset = 3, .length = 4});
    cr_assert(eq(u64, gbn_infile_size(file), 4));
    cr_assert(eq(str, (char *)(uintptr_t)gbn_infile_name(file), "s"));
    expect_read(file, 0, "3456");
    expect_read(file, 2, "56");
    expect_read(file, 4, "");
    expect_read(file, UINT64_MAX, "");
    gbn_infile_close(file);
}

Test(infile, an_empty_section_is_not_the_whole_file)
{
    gbn_infile *file;

    scratch_write("f", "0123456789", 10);
    file = open_place((gbn_place){.path = "f", .section = true, .offset = 10});
    expect_read(file, 0, "");
    gbn_infile_close(file);
}

Test(infile, a_section_that_the_file_does_not_have_is_damage)
{
    const gbn_place places[] = {
        {.path = "f", .section = true, .offset = 3, .length = 8},
        {.path = "f", .section = true, .offset = 11, .length = 0},
        {.path = "f", .section = true, .offset = UINT64_MAX, .length = 2},
        {.path = "f", .section = true, .offset = 2, .length = UINT64_MAX},
    };
    gbn_infile *file;

    scratch_write("f", "0123456789", 10);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        cr_assert(eq(int, gbn_infile_open(&places[i], &file, &err), GBN_ERR_FORMAT));
        cr_assert(eq(ptr, file, NULL));
    }
}

Test(infile, nothing_but_a_regular_file_is_opened)
{
    const size_t descriptors = process_descriptors();
    gbn_infile *file;

    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    cr_assert(eq(int, gbn_infile_open(&(gbn_place){.path = "fifo"}, &file, &err), GBN_ERR_INVALID));
    cr_assert(eq(str, err.message, "read fifo: not a regular file"));
    cr_assert(eq(int, gbn_infile_open(&(gbn_place){.path = "."}, &file, &err), GBN_ERR_INVALID));
    cr_assert(eq(int, gbn_infile_open(&(gbn_place){.path = "no"}, &file, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    cr_assert(eq(sz, process_descriptors(), descriptors));
    gbn_infile_close(NULL);
}

/* ---- the page cache ---- */

enum { PAGES = 3000 };

/* All of it, in pieces of a size that fits no page. */
static void
read_through(gbn_place place)
{
    static char data[100001];
    gbn_infile *file = open_place(place);
    uint64_t offset = 0;
    size_t got = 1;

    while (got > 0) {
        cr_assert(eq(int, gbn_infile_read(file, offset, data, sizeof data, &got, &err), GBN_OK));
        for (size_t i = 0; i < got; i++)
            cr_assert(eq(chr, data[i], (char)('a' + (place.offset + offset + i) % 23)));
        offset += got;
    }
    cr_assert(eq(u64, offset, gbn_infile_size(file)));
    gbn_infile_close(file);
}

static bool
leaves_nothing(void)
{
    cached_forget("f");
    read_through((gbn_place){.path = "f"});
    return cached_pages("f") <= PAGES / 100;
}

Test(infile, a_product_that_was_read_does_not_stay_cached)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_nothing));
}

Test(infile, a_product_that_is_cached_stays)
{
    cached_make("f", PAGES);
    cached_touch("f", 0, (size_t)sysconf(_SC_PAGESIZE) * PAGES);
    read_through((gbn_place){.path = "f"});
    cr_assert(eq(sz, cached_pages("f"), PAGES));
}

/* What was on its way when the cached part began is not asked after. */
static bool
leaves_its_end(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t ahead = 4 * 1024 * 1024 / page + 1;
    size_t left;

    cached_forget("f");
    cached_touch("f", PAGES / 2 * page, PAGES / 2 * page);
    read_through((gbn_place){.path = "f"});
    left = cached_pages("f");
    cr_assert(ge(sz, left, PAGES / 2 - ahead));
    return left <= PAGES / 2 + PAGES / 100;
}

Test(infile, the_cached_end_of_a_product_stays)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_its_end));
}

static bool
leaves_no_section(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    cached_forget("f");
    read_through(
        (gbn_place){.path = "f", .section = true, .offset = 10 * page + 7, .length = 100 * page});
    return cached_pages("f") <= 2;
}

Test(infile, nothing_is_fetched_behind_a_section)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_no_section));
}

static bool
leaves_nothing_of_the_first(void)
{
    static char data[4096];
    gbn_infile *file;
    size_t got;

    cached_forget("f");
    file = open_place((gbn_place){.path = "f"});
    cr_assert(eq(int, gbn_infile_read(file, 0, data, sizeof data, &got, &err), GBN_OK));
    gbn_infile_close(file);
    return cached_pages("f") <= 1;
}

Test(infile, what_was_fetched_in_vain_does_not_stay_either)
{
    cached_make("f", PAGES);
    cr_assert(cached_as_a_rule(leaves_nothing_of_the_first));
}

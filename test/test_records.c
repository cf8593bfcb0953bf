#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_records.h"
#include "process.h"
#include "scratch.h"

enum { MANY = 20000 };

static gbn_records *records;
static const gbn_manifest_record *record;
static gbn_bytes bytes;
static gbn_error err;
static size_t starts[MANY + 1]; /* where each record begins */

static void
begin(void)
{
    scratch_enter();
    process_remember();
    bytes = (gbn_bytes)GBN_BYTES_INIT;
}

static void
end(void)
{
    gbn_records_close(records);
    gbn_bytes_free(&bytes);
    process_expect_same();
    scratch_leave();
}

TestSuite(records, .init = begin, .fini = end, .timeout = 60);

static void
put(size_t index, const char *path)
{
    const gbn_manifest_entry entry = {
        .path = path, .mode = S_IFDIR | 0755, .block_offset = index, .inode = index};

    starts[index] = bytes.length;
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    starts[index + 1] = bytes.length;
}

static void
put_many(void)
{
    char path[600];

    for (size_t i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "%0*zu", (int)(1 + i * 7 % 500), i);
        put(i, path);
    }
}

static void
open_it(void)
{
    scratch_write("m", bytes.data, bytes.length);
    gbn_records_close(records);
    cr_assert(eq(int, gbn_records_open("m", &records, &err), GBN_OK));
}

static void
expect_next(size_t index)
{
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_OK), "%s", err.message);
    cr_assert(all(eq(int, record->kind, GBN_RECORD_ENTRY), eq(u64, record->entry.inode, index)));
}

Test(records, all_come_from_the_first_to_the_last)
{
    put_many();
    open_it();
    for (size_t i = 0; i < MANY; i++)
        expect_next(i);
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read m: it has become shorter"));
}

Test(records, any_of_them_can_be_gone_to_and_on_from_there)
{
    put_many();
    open_it();
    for (size_t i = 0, at = 5; i < 3000; i++, at = (at * 7919 + 13) % (MANY - 3)) {
        gbn_records_seek(records, starts[at]);
        for (size_t j = 0; j < i % 4; j++)
            expect_next(at + j);
    }
}

Test(records, bytes_are_those_of_the_file_and_do_not_move_the_place)
{
    gbn_bytes out = GBN_BYTES_INIT;

    put_many();
    open_it();
    expect_next(0);
    gbn_bytes_append(&out, "before", 6, NULL);
    cr_assert(eq(int, gbn_records_bytes(records, starts[100], 1000000, &out, &err), GBN_OK));
    cr_assert(eq(sz, out.length, 1000006));
    cr_assert(eq(int, memcmp(out.data, "before", 6), 0));
    cr_assert(eq(int, memcmp(out.data + 6, bytes.data + starts[100], 1000000), 0));
    cr_assert(eq(int, gbn_records_bytes(records, 7, 0, &out, &err), GBN_OK));
    cr_assert(eq(sz, out.length, 1000006));
    expect_next(1);
    cr_assert(
        eq(int, gbn_records_bytes(records, bytes.length - 10, 11, &out, &err), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read m: it has become shorter"));
    gbn_bytes_free(&out);
}

Test(records, the_longest_record_fits_and_a_longer_one_is_refused)
{
    char *path = malloc(GBN_MANIFEST_RECORD_MAX + 10);

    memset(path, 'p', GBN_MANIFEST_RECORD_MAX + 10);
    path[GBN_MANIFEST_RECORD_MAX - 300] = '\0';
    put(0, path);
    put(1, "x");
    path[GBN_MANIFEST_RECORD_MAX - 300] = 'p';
    path[GBN_MANIFEST_RECORD_MAX + 9] = '\0';
    put(2, path);
    open_it();
    expect_next(0);
    expect_next(1);
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_ERR_LIMIT));
    free(path);
}

Test(records, kinds_nobody_knows_are_left_out)
{
    put(0, "a");
    gbn_bytes_append(&bytes,
                     "\x92\xa7"
                     "unknown\x05",
                     10, NULL);
    put(1, "b");
    open_it();
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_OK));
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_OK));
    cr_assert(eq(u64, record->entry.inode, 1));
}

Test(records, a_file_that_ends_anywhere_is_refused_there)
{
    put(0, "a/b");
    put(1, "c");
    for (size_t length = 0; length < bytes.length; length++) {
        scratch_write("m", bytes.data, length);
        gbn_records_close(records);
        cr_assert(eq(int, gbn_records_open("m", &records, &err), GBN_OK));
        if (length >= starts[1])
            expect_next(0);
        cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_ERR_FORMAT), "%zu", length);
        gbn_records_seek(records, 0);
        cr_assert(eq(int, gbn_records_next(records, &record, &err),
                     length >= starts[1] ? GBN_OK : GBN_ERR_FORMAT));
    }
}

Test(records, a_file_that_shrinks_meanwhile_is_refused)
{
    gbn_status rc = GBN_OK;
    size_t count = 0;

    put_many();
    open_it();
    for (size_t i = 0; i < 10; i++)
        expect_next(i);
    cr_assert(eq(int, truncate("m", (off_t)starts[MANY / 2] + 3), 0));
    for (; rc == GBN_OK; count++)
        rc = gbn_records_next(records, &record, &err);
    cr_assert(all(eq(int, rc, GBN_ERR_FORMAT), eq(sz, count, MANY / 2 - 9)));
}

Test(records, garbage_is_refused_wherever_one_begins)
{
    put_many();
    open_it();
    for (size_t i = 0; i < 5000; i++) {
        gbn_status rc;

        gbn_records_seek(records, 1 + i * 31);
        rc = gbn_records_next(records, &record, &err);
        cr_assert(rc == GBN_OK || rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT, "%zu", i);
    }
    gbn_bytes_clear(&bytes);
    gbn_bytes_append_zeros(&bytes, 5000, NULL);
    open_it();
    cr_assert(eq(int, gbn_records_next(records, &record, &err), GBN_ERR_FORMAT));
}

Test(records, what_is_no_file_is_refused)
{
    cr_assert(eq(int, gbn_records_open("missing", &records, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open missing")));
    cr_assert_null(records);
    cr_assert(eq(int, gbn_records_open(".", &records, &err), GBN_ERR_INVALID));
    cr_assert(all(eq(int, err.errnum, 0), eq(str, err.message, "read .: not a regular file")));
    cr_assert_null(records);
}

Test(records, nothing_is_closed_without_harm)
{
    gbn_records_close(NULL);
}

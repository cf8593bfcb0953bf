#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_bytes.h"
#include "gbn_plain.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static gbn_plain *plain;
static gbn_cancel cancel;
static gbn_error err;

static void
begin(void)
{
    scratch_enter();
    process_remember();
    gbn_cancel_init(&cancel);
}

static void
end(void)
{
    gbn_plain_close(plain);
    process_expect_same();
    scratch_leave();
}

TestSuite(plain, .init = begin, .fini = end, .timeout = 60);

static void
open_plain(const char *path)
{
    gbn_plain_close(plain);
    cr_assert(
        eq(int, gbn_plain_open(&(gbn_place){.path = path}, true, &cancel, &plain, &err), GBN_OK),
        "%s", err.message);
}

/* All raw bytes, until something other than GBN_OK comes. */
static gbn_status
read_raw(gbn_bytes *raw)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc;

    while ((rc = gbn_plain_next(plain, &data, &length, &err)) == GBN_OK) {
        cr_assert(gt(sz, length, 0));
        gbn_bytes_append(raw, data, length, NULL);
    }
    return rc;
}

static void
expect_digest_of(const char *path)
{
    uint8_t digest[GBN_SHA256_SIZE];
    char hex[2 * GBN_SHA256_SIZE + 1];
    gbn_bytes sum = GBN_BYTES_INIT;

    cr_assert(eq(int, gbn_plain_digest(plain, digest, &err), GBN_OK));
    gbn_bytes_hex(hex, digest, sizeof digest);
    cr_assert(eq(int, RUN(&sum, "sha256sum", path), 0));
    cr_assert(eq(int, memcmp(sum.data, hex, 64), 0));
    gbn_bytes_free(&sum);
}

/* `path` must give what "f" holds. */
static void
expect_content(const char *path)
{
    gbn_bytes raw = GBN_BYTES_INIT;
    gbn_bytes expected = GBN_BYTES_INIT;

    open_plain(path);
    cr_assert(eq(int, read_raw(&raw), GBN_END), "%s", err.message);
    scratch_read("f", &expected);
    cr_assert(eq(sz, raw.length, expected.length));
    cr_assert(eq(int, raw.length == 0 ? 0 : memcmp(raw.data, expected.data, raw.length), 0));
    cr_assert(all(eq(u64, gbn_plain_raw(plain), expected.length),
                  eq(u64, gbn_plain_stored(plain), scratch_size(path))));
    expect_digest_of(path);
    gbn_bytes_free(&raw);
    gbn_bytes_free(&expected);
}

Test(plain, files_of_every_size_come_as_they_are_and_inflated)
{
    static const size_t sizes[] = {1, 262143, 262144, 262145, 3000000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tree_file("f", sizes[i]);
        cr_assert(eq(int, RUN(NULL, "sh", "-c", "gzip -c f >f.gz; cp f.gz unnamed"), 0));
        expect_content("f");
        expect_content("f.gz");
        expect_content("unnamed"); /* its first bytes say what it is */
    }
}

Test(plain, an_empty_file_is_over_at_once)
{
    tree_text("f", "");
    expect_content("f");
}

Test(plain, all_members_of_a_gzip_file_are_read)
{
    tree_file("a", 300000);
    tree_text("b", "");
    tree_file("c", 1);
    cr_assert(eq(
        int, RUN(NULL, "sh", "-c", "for i in a b c; do gzip -c $i; done >f.gz; cat a b c >f"), 0));
    expect_content("f.gz");
}

Test(plain, a_gzip_file_that_inflates_to_a_thousand_times_its_size_comes_in_pieces)
{
    const uint8_t *data;
    size_t length;
    uint64_t sum = 0;

    cr_assert(eq(int, RUN(NULL, "sh", "-c", "head -c 100000000 /dev/zero | gzip >f.gz"), 0));
    open_plain("f.gz");
    while (gbn_plain_next(plain, &data, &length, &err) == GBN_OK) {
        cr_assert(le(sz, length, 256 * 1024));
        sum += length;
    }
    cr_assert(eq(u64, sum, 100000000));
}

Test(plain, what_is_called_gz_and_is_none_is_damage)
{
    gbn_bytes raw = GBN_BYTES_INIT;

    tree_text("f.gz", "plain text");
    open_plain("f.gz");
    cr_assert(eq(int, read_raw(&raw), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "inflate at byte 0: not a gzip header"));
    tree_text("f.gz", "");
    open_plain("f.gz");
    cr_assert(eq(int, read_raw(&raw), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "inflate at byte 0: the file is empty"));
    gbn_bytes_free(&raw);
}

Test(plain, a_file_cut_anywhere_is_damage_and_its_rest_can_be_hashed)
{
    gbn_bytes raw = GBN_BYTES_INIT;
    uint64_t size;

    tree_file("f", 700000);
    cr_assert(eq(int, RUN(NULL, "gzip", "f"), 0));
    size = scratch_size("f.gz");
    for (int i = 19; i > 0; i--) {
        cr_assert(eq(int, truncate("f.gz", (off_t)(size * (uint64_t)i / 20)), 0));
        open_plain("f.gz");
        cr_assert(eq(int, read_raw(&raw), GBN_ERR_FORMAT));
        cr_assert(eq(int, gbn_plain_skip(plain, &err), GBN_END));
        cr_assert(eq(u64, gbn_plain_stored(plain), scratch_size("f.gz")));
        expect_digest_of("f.gz");
    }
    gbn_bytes_free(&raw);
}

Test(plain, what_is_no_regular_file_is_refused_without_waiting)
{
    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    cr_assert(eq(int, gbn_plain_open(&(gbn_place){.path = "fifo"}, false, &cancel, &plain, &err),
                 GBN_ERR_INVALID));
    cr_assert(eq(str, err.message, "read fifo: not a regular file"));
    cr_assert(eq(int, gbn_plain_open(&(gbn_place){.path = "missing"}, false, &cancel, &plain, &err),
                 GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, ENOENT), eq(str, err.message, "open missing")));
    cr_assert_null(plain);
}

Test(plain, it_can_be_called_off)
{
    gbn_bytes raw = GBN_BYTES_INIT;

    tree_file("f", 3000000);
    open_plain("f");
    gbn_cancel_raise(&cancel);
    cr_assert(eq(int, read_raw(&raw), GBN_ERR_CANCELLED));
    cr_assert(lt(sz, raw.length, 300000));
    cr_assert(eq(int, gbn_plain_skip(plain, &err), GBN_ERR_CANCELLED));
    gbn_bytes_free(&raw);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "gbn_bytes.h"
#include "gbn_sha256.h"
#include "samples.h"
#include "scratch.h"

TestSuite(sha256, .init = scratch_enter, .fini = scratch_leave);

enum { HEX_SIZE = 2 * GBN_SHA256_SIZE + 1 };

static gbn_sha256 *
new_digest(void)
{
    gbn_sha256 *sha;

    cr_assert(eq(int, gbn_sha256_new(&sha, NULL), GBN_OK));
    return sha;
}

static void
finish(gbn_sha256 *sha, char hex[HEX_SIZE])
{
    uint8_t digest[GBN_SHA256_SIZE];

    cr_assert(eq(int, gbn_sha256_final(sha, digest, NULL), GBN_OK));
    gbn_bytes_hex(hex, digest, sizeof digest);
}

Test(sha256, an_empty_file_has_the_digest_of_fips_180)
{
    gbn_sha256 *sha = new_digest();
    char hex[HEX_SIZE];

    finish(sha, hex);
    cr_assert(eq(str, hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    gbn_sha256_free(sha);
}

Test(sha256, sha256sum_agrees_whatever_the_pieces)
{
    static uint8_t data[200000];
    const size_t pieces[] = {1, 63, 64, 65, 4096, 199999, 200000};
    gbn_sha256 *sha = new_digest();
    gbn_bytes want = GBN_BYTES_INIT;
    char hex[HEX_SIZE];
    size_t i, offset, piece;

    sample_fill(SAMPLE_RANDOM, data, sizeof data, 1);
    scratch_write("data", data, sizeof data);
    cr_assert(eq(int, RUN(&want, "sha256sum", "data"), 0));
    for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        cr_assert(eq(int, gbn_sha256_reset(sha, NULL), GBN_OK));
        for (offset = 0; offset < sizeof data; offset += piece) {
            piece = sizeof data - offset < pieces[i] ? sizeof data - offset : pieces[i];
            cr_assert(eq(int, gbn_sha256_update(sha, data + offset, piece, NULL), GBN_OK));
        }
        finish(sha, hex);
        cr_assert(eq(int, memcmp(hex, want.data, HEX_SIZE - 1), 0), "pieces of %zu", pieces[i]);
    }
    gbn_sha256_free(sha);
    gbn_bytes_free(&want);
}

Test(sha256, a_reset_forgets_what_was_counted)
{
    gbn_sha256 *sha = new_digest();
    char hex[HEX_SIZE];

    gbn_sha256_update(sha, "something else", 14, NULL);
    cr_assert(eq(int, gbn_sha256_reset(sha, NULL), GBN_OK));
    gbn_sha256_update(sha, "abc", 3, NULL);
    finish(sha, hex);
    cr_assert(eq(str, hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    gbn_sha256_free(sha);
}

Test(sha256, freeing_nothing_is_allowed)
{
    gbn_sha256_free(NULL);
}

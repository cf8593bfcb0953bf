#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_digest.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

enum { FILES = 50 };

static gbn_error err;
static char names[FILES][16];
static const char *paths[FILES];
static uint8_t digests[FILES][GBN_SHA256_SIZE];
static gbn_digest_options options;

static void
begin(void)
{
    scratch_enter();
    for (size_t i = 0; i < FILES; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        paths[i] = names[i];
        tree_file(names[i], i * i * 300);
    }
    options = (gbn_digest_options){.paths = paths, .count = FILES, .workers = 4, .sync = true};
    process_remember();
}

static void
end(void)
{
    process_expect_same();
    scratch_leave();
}

TestSuite(digest, .init = begin, .fini = end, .timeout = 60);

static gbn_status
run(void)
{
    gbn_job *job;

    cr_assert(eq(int, gbn_digest_start(&options, digests, &job, &err), GBN_OK));
    return output_finish(job, &err);
}

Test(digest, every_file_has_the_sum_that_sha256sum_says)
{
    char hex[2 * GBN_SHA256_SIZE + 1];

    for (options.workers = 1; options.workers <= 64; options.workers *= 8) {
        memset(digests, 0, sizeof digests);
        cr_assert(eq(int, run(), GBN_OK));
        for (size_t i = 0; i < FILES; i += 7) {
            gbn_bytes sum = GBN_BYTES_INIT;

            RUN(&sum, "sha256sum", paths[i]);
            gbn_bytes_hex(hex, digests[i], GBN_SHA256_SIZE);
            cr_assert(eq(int, memcmp(sum.data, hex, 64), 0));
            gbn_bytes_free(&sum);
        }
    }
}

Test(digest, no_files_are_done_at_once)
{
    options.count = 0;
    cr_assert(eq(int, run(), GBN_OK));
}

static void
expect_failure(const char *name, gbn_status status, int errnum, const char *message)
{
    paths[FILES / 2] = name;
    cr_assert(eq(int, run(), status));
    cr_assert(all(eq(int, err.errnum, errnum), eq(str, err.message, (char *)message)));
}

Test(digest, anything_but_a_regular_file_is_refused)
{
    tree_directory("directory");
    tree_symlink("0", "link");
    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    expect_failure("missing", GBN_ERR_SYSTEM, ENOENT, "open missing");
    expect_failure("link", GBN_ERR_SYSTEM, ELOOP, "open link");
    expect_failure("directory", GBN_ERR_INVALID, 0, "hash directory: not a regular file");
    expect_failure("fifo", GBN_ERR_INVALID, 0, "hash fifo: not a regular file");
}

Test(digest, a_file_that_cannot_be_read_is_named)
{
    process_become_nobody();
    chmod("7", 0);
    cr_assert(eq(int, run(), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EACCES), eq(str, err.message, "open 7")));
}

Test(digest, a_sync_that_fails_is_a_failure_when_one_was_asked_for)
{
    faults.fsync_errno = EIO;
    options.sync = false;
    cr_assert(eq(int, run(), GBN_OK));
    options.sync = true;
    cr_assert(eq(int, run(), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EIO), eq(int, memcmp(err.message, "sync ", 5), 0)));
}

Test(digest, finishing_it_at_any_moment_leaves_nothing)
{
    tree_file("large", 8 * 1024 * 1024);
    paths[0] = "large";
    options.sync = false;
    for (long i = 0; i < 60; i++) {
        gbn_job *job;

        cr_assert(eq(int, gbn_digest_start(&options, digests, &job, &err), GBN_OK));
        output_break_off(job, i * 100 * 1000, &err);
    }
}

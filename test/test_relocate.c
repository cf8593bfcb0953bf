#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_relocate.h"
#include "output.h"
#include "process.h"
#include "scratch.h"

static gbn_error err;
static gbn_relocate_result result;
static int outer;

static void
begin(void)
{
    scratch_enter();
    scratch_write("outer", "before", 6);
    outer = open("outer", O_RDWR | O_CLOEXEC);
    cr_assert(ge(int, outer, 0));
    process_remember();
}

static void
end(void)
{
    process_expect_same();
    close(outer);
    scratch_leave();
}

TestSuite(relocate, .init = begin, .fini = end, .timeout = 60);

static gbn_status
move(const char *path)
{
    gbn_job *job;
    gbn_status rc = gbn_relocate_start(path, outer, &result, &job, &err);

    return rc < 0 ? rc : output_finish(job, &err);
}

static void
expect_outer(const char *expected)
{
    gbn_bytes content = GBN_BYTES_INIT;

    scratch_read("outer", &content);
    cr_assert(eq(str, (char *)content.data, (char *)(uintptr_t)expected));
    gbn_bytes_free(&content);
}

Test(relocate, a_file_ends_up_at_the_end_of_the_other)
{
    gbn_bytes sum = GBN_BYTES_INIT;
    char hex[2 * GBN_SHA256_SIZE + 1];

    scratch_write("f", "content", 7);
    cr_assert(eq(int, RUN(&sum, "sha256sum", "f"), 0));
    cr_assert(eq(int, move("f"), GBN_OK), "%s", err.message);
    expect_outer("beforecontent");
    cr_assert(eq(u64, result.size, 7));
    gbn_bytes_hex(hex, result.sha256, sizeof result.sha256);
    cr_assert(eq(int, strncmp((char *)sum.data, hex, sizeof hex - 1), 0));
    cr_assert(eq(sz, scratch_count(), 1));
    gbn_bytes_free(&sum);
}

Test(relocate, an_empty_file_is_moved_too)
{
    scratch_write("f", "", 0);
    cr_assert(eq(int, move("f"), GBN_OK));
    expect_outer("before");
    cr_assert(eq(u64, result.size, 0));
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(relocate, what_cannot_be_moved_changes_nothing)
{
    cr_assert(eq(int, mkdir("d", 0700), 0));
    cr_assert(eq(int, move("d"), GBN_ERR_SYSTEM)); /* a directory is not opened for writing */
    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    cr_assert(eq(int, move("fifo"), GBN_ERR_INVALID));
    cr_assert(eq(int, symlink("outer", "link"), 0));
    cr_assert(eq(int, move("link"), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ELOOP));
    cr_assert(eq(int, move("none"), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    expect_outer("before");
}

Test(relocate, a_cancelled_move_is_cut_off)
{
    gbn_job *job;

    cr_assert(eq(int, RUN(NULL, "truncate", "-s", "20G", "f"), 0));
    cr_assert(eq(int, gbn_relocate_start("f", outer, &result, &job, &err), GBN_OK));
    while (gbn_job_progress(job).raw == 0)
        gbn_job_wait(job, 1);
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
    expect_outer("before");
}

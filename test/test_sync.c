#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_sync.h"
#include "output.h"
#include "process.h"
#include "scratch.h"

static gbn_error err;
static int fd;

static void
begin(void)
{
    scratch_enter();
    fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    process_remember();
}

static void
end(void)
{
    process_expect_same();
    close(fd);
    scratch_leave();
}

TestSuite(sync, .init = begin, .fini = end, .timeout = 60);

static bool
run(int descriptor)
{
    gbn_job *job;
    bool done;

    cr_assert(eq(int, gbn_sync_start(descriptor, &done, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_OK));
    return done;
}

/* As stat(1) calls those that do all that fsync does. */
static void
need_known_file_system(void)
{
    const char *const known[] = {"ext2/ext3\n", "xfs\n", "btrfs\n"};
    gbn_bytes type = GBN_BYTES_INIT;
    bool found = false;

    RUN(&type, "stat", "--file-system", "--format=%T", ".");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        found = found || strcmp((const char *)type.data, known[i]) == 0;
    gbn_bytes_free(&type);
    if (!found)
        cr_skip("not on this file system");
}

Test(sync, one_call_brings_all_to_the_disk)
{
    need_known_file_system();
    cr_assert(run(fd));
    cr_assert(eq(int, faults.syncfs_calls, 1));
}

Test(sync, a_failure_is_left_to_fsync_to_find)
{
    need_known_file_system();
    faults.syncfs_errno = EIO;
    cr_assert(not(run(fd)));
    cr_assert(eq(int, faults.syncfs_calls, 1));
}

Test(sync, a_kernel_that_tells_no_failures_is_not_asked)
{
    const char *const old[] = {"5.7.19", "4.18.0-553.el8_10.x86_64", "3.10", "unknown", ""};
    const char *const new[] = {"5.8.0", "5.15.0-91-generic", "6.1", "10.0.1"};

    need_known_file_system();
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        faults.release = old[i];
        cr_assert(not(run(fd)), "%s", old[i]);
    }
    cr_assert(eq(int, faults.syncfs_calls, 0));
    for (size_t i = 0; i < sizeof new / sizeof new[0]; i++) {
        faults.release = new[i];
        cr_assert(run(fd), "%s", new[i]);
    }
}

Test(sync, a_file_system_that_may_keep_failures_for_itself_is_not_asked)
{
    int other = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    cr_assert(not(run(other)));
    cr_assert(eq(int, faults.syncfs_calls, 0));
    close(other);
}

Test(sync, what_is_no_descriptor_is_an_error)
{
    gbn_job *job;
    bool done = true;

    cr_assert(eq(int, gbn_sync_start(-1, &done, &job, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EBADF), eq(str, err.message, "sync a file system")));
    cr_assert(not(done));
}

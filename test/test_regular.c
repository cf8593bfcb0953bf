#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_regular.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

static int fd;
static struct stat status;
static gbn_error err;

static void
begin(void)
{
    scratch_enter();
    process_remember();
    fd = 7;
}

static void
end(void)
{
    process_expect_same();
    scratch_leave();
}

TestSuite(regular, .init = begin, .fini = end, .timeout = 60);

static void
expect_failure(gbn_regular regular, gbn_status rc, int errnum, const char *message)
{
    cr_assert(eq(int, gbn_regular_open(&regular, &fd, &status, &err), rc));
    cr_assert(all(eq(int, err.errnum, errnum), eq(int, fd, -1)));
    cr_assert(eq(str, err.message, (char *)message));
}

Test(regular, a_file_is_opened_and_measured)
{
    char byte = 0;

    scratch_write("f", "abc", 3);
    tree_symlink("f", "link");
    cr_assert(
        eq(int, gbn_regular_open(&(gbn_regular){.path = "link"}, &fd, &status, &err), GBN_OK));
    cr_assert(eq(int, (int)status.st_size, 3));
    cr_assert(all(eq(int, (int)read(fd, &byte, 1), 1), eq(chr, byte, 'a')));
    cr_assert(eq(int, (int)write(fd, "x", 1), -1));
    cr_assert(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
    close(fd);
}

Test(regular, one_may_be_opened_to_write_too)
{
    const gbn_regular regular = {.path = "f", .flags = O_RDWR | O_NOFOLLOW};

    scratch_write("f", "abc", 3);
    cr_assert(eq(int, gbn_regular_open(&regular, &fd, &status, &err), GBN_OK));
    cr_assert(eq(int, (int)write(fd, "x", 1), 1));
    close(fd);
}

Test(regular, what_is_missing_or_may_not_be_read_is_named)
{
    expect_failure((gbn_regular){.path = "f"}, GBN_ERR_SYSTEM, ENOENT, "open f");
    expect_failure((gbn_regular){.path = "f", .name = "g in f"}, GBN_ERR_SYSTEM, ENOENT,
                   "open g in f");
    scratch_write("f", "abc", 3);
    process_become_nobody();
    chmod("f", 0);
    expect_failure((gbn_regular){.path = "f"}, GBN_ERR_SYSTEM, EACCES, "open f");
}

Test(regular, a_link_is_refused_where_links_are_not_followed)
{
    scratch_write("f", "abc", 3);
    tree_symlink("f", "link");
    expect_failure((gbn_regular){.path = "link", .flags = O_NOFOLLOW}, GBN_ERR_SYSTEM, ELOOP,
                   "open link");
}

Test(regular, nobody_waits_for_the_writer_of_a_fifo)
{
    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    expect_failure((gbn_regular){.path = "fifo"}, GBN_ERR_INVALID, 0,
                   "read fifo: not a regular file");
}

Test(regular, folders_and_devices_are_refused)
{
    expect_failure((gbn_regular){.path = ".", .verb = "hash"}, GBN_ERR_INVALID, 0,
                   "hash .: not a regular file");
    expect_failure((gbn_regular){.path = "/dev/null", .name = "n"}, GBN_ERR_INVALID, 0,
                   "read n: not a regular file");
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gbn_priority.h"

TestSuite(priority, .timeout = 60);

static gbn_error err;

/* As the kernel has it: the class above 13 bits of level. */
static long
of_kernel(void)
{
    return syscall(SYS_ioprio_get, 1, 0);
}

Test(priority, is_what_the_kernel_says_after)
{
    cr_assert(eq(int, gbn_priority_set_io(GBN_IO_BEST_EFFORT, 6, &err), GBN_OK));
    cr_assert(eq(long, of_kernel(), 2 << 13 | 6));
    cr_assert(eq(int, gbn_priority_set_io(GBN_IO_IDLE, 0, &err), GBN_OK));
    cr_assert(eq(long, of_kernel(), 3 << 13));
}

Test(priority, is_inherited_by_children)
{
    int status;
    pid_t child;

    cr_assert(eq(int, gbn_priority_set_io(GBN_IO_IDLE, 0, &err), GBN_OK));
    child = fork();
    if (child == 0)
        _exit(of_kernel() == 3 << 13 ? 0 : 1);
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    cr_assert(eq(int, status, 0));
}

Test(priority, that_there_is_not_is_refused)
{
    const int wrong[][2] = {{0, 0}, {4, 0}, {-1, 0}, {2, 8}, {2, -1}};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert(eq(int, gbn_priority_set_io(wrong[i][0], wrong[i][1], &err), GBN_ERR_INVALID));
}

Test(priority, that_is_not_ours_to_take_is_an_error)
{
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        cr_skip("this user can become no other");
    cr_assert(eq(int, gbn_priority_set_io(GBN_IO_REALTIME, 0, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EPERM));
    cr_assert(eq(str, err.message, "run with I/O priority realtime"));
}

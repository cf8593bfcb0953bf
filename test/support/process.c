#include "process.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "scratch.h"

enum { NOBODY = 65534 };

static size_t remembered_descriptors, remembered_threads;

size_t
process_descriptors(void)
{
    return scratch_count_in("/proc/self/fd") - 1; /* opendir's own */
}

size_t
process_threads(void)
{
    return scratch_count_in("/proc/self/task");
}

bool
process_has_threads(size_t count)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    int i;

    for (i = 0; i < 2000 && process_threads() > count; i++)
        nanosleep(&pause, NULL);
    return process_threads() == count;
}

void
process_remember(void)
{
    remembered_descriptors = process_descriptors();
    remembered_threads = process_threads();
}

void
process_expect_same(void)
{
    cr_assert(eq(sz, process_descriptors(), remembered_descriptors));
    cr_assert(process_has_threads(remembered_threads));
}

void
process_become_nobody(void)
{
    if (geteuid() != 0)
        return;
    cr_assert_eq(RUN(NULL, "chown", "-Rh", "65534:65534", "."), 0);
    cr_assert_eq(setgroups(0, NULL), 0);
    cr_assert_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
    cr_assert_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

void
process_leave_descriptors(size_t count)
{
    struct rlimit limit;
    int fd;

    for (fd = 0; count > 0 || fcntl(fd, F_GETFD) >= 0; fd++)
        count -= fcntl(fd, F_GETFD) < 0;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)fd;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

void
process_skip_under_valgrind(const char *why)
{
    const char *preloaded = getenv("LD_PRELOAD");

    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)
        cr_skip("under valgrind %s", why);
}

void
process_allow_descriptors(void)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

long
process_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
process_refuse_openat2(void)
{
    static struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};

    cr_assert(eq(int, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0));
    cr_assert(eq(int, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0));
    cr_assert_not(gbn_beneath_works(AT_FDCWD));
}

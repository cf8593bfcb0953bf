/*
 * vfork, because fork copies the page tables of a Ruby process: 3 ms at 50 MB
 * and 10 ms at 200 MB, against 0.7 ms. The child borrows our memory until it
 * has executed the program, and this thread stands still for so long. Hence the rules:
 *
 * - only system calls (signal-safety(7)): another thread may hold any lock. What
 *   searches or allocates is done before, in `struct plan`;
 * - no libc function that changes the user: it would have all of *our* threads
 *   follow. The kernel's own calls change the child alone. It then shares memory
 *   with root, but nobody can ptrace it: the change makes that memory undumpable (which
 *   we stay, and leave no core file, as any daemon that has changed its user);
 * - no inlining into the frame that both share;
 * - all signals blocked until our handlers are gone from the child.
 *
 * What fails in the child comes back through a pipe that a successful exec closes.
 *
 * The child gets a session of its own: the terminal's Ctrl-C is for us to
 * decide about, and without a terminal no tool can stop and wait for a password.
 */
#include "gbn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gbn_child_search.h"

enum { STANDARD_DESCRIPTORS = 3 };

/* On 32-bit processors the plain numbers mean the calls of old, with 16-bit ids. */
#ifdef SYS_setresuid32
#define SET_GROUPS SYS_setgroups32
#define SET_GROUP SYS_setresgid32
#define SET_USER SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GROUP SYS_setresgid
#define SET_USER SYS_setresuid
#endif

enum stage { PREPARE, CHANGE_USER, CHANGE_DIRECTORY, EXECUTE };

struct report {
    enum stage stage;
    int errnum;
};

struct plan {
    const gbn_child_options *options;
    char **candidates; /* paths to execute, NULL at the end */
    pid_t parent;
    int report; /* the pipe's writing end */
};

static _Noreturn void
give_up(const struct plan *plan, enum stage stage)
{
    const struct report report = {stage, errno};
    ssize_t rc = write(plan->report, &report, sizeof report);

    (void)rc; /* nobody is left to tell */
    _exit(127);
}

static int
reset_signals(void)
{
    struct sigaction action;
    sigset_t none;
    int number;

    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL); /* KILL, STOP and libc's own refuse */
    sigemptyset(&none);
    return pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/* Ruby's pipes are non-blocking at both ends; programs take EAGAIN for a broken disk. */
static int
make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* First out of the way of 0, 1 and 2, then into their places: they may be given crosswise. */
static int
place_descriptors(struct plan *plan)
{
    int moved[STANDARD_DESCRIPTORS], i, fd;

    plan->report = fcntl(plan->report, F_DUPFD_CLOEXEC, STANDARD_DESCRIPTORS);
    if (plan->report < 0)
        return -1;
    for (i = 0; i < STANDARD_DESCRIPTORS; i++) {
        fd = plan->options->descriptors[i];
        if (fd < 0)
            fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return -1;
        moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD_DESCRIPTORS);
        if (moved[i] < 0)
            return -1;
    }
    for (i = 0; i < STANDARD_DESCRIPTORS; i++)
        if (dup2(moved[i], i) < 0 || make_blocking(i) < 0)
            return -1;
    return 0;
}

/*
 * A kernel before 5.9, or a container's filter, has no close_range. Then it stays at the
 * close-on-exec flag, which we and Ruby set on every descriptor we open.
 */
static void
close_others(const struct plan *plan)
{
#ifdef SYS_close_range
    const unsigned report = (unsigned)plan->report; /* closed by exec */

    if (report > STANDARD_DESCRIPTORS)
        syscall(SYS_close_range, (unsigned)STANDARD_DESCRIPTORS, report - 1, 0U);
    syscall(SYS_close_range, report + 1, ~0U, 0U);
#else
    (void)plan;
#endif
}

static int
change_user(const gbn_child_options *options)
{
    if (!options->change_user)
        return 0;
    /* Another thread may have lent us a user for a moment (seteuid), our real one still counts. */
    if (getuid() == 0 && geteuid() != 0 && syscall(SET_USER, -1, 0, -1) != 0)
        return -1;
    if (syscall(SET_GROUPS, options->group_count, options->groups) != 0)
        return -1;
    if (syscall(SET_GROUP, options->gid, options->gid, options->gid) != 0)
        return -1;
    return (int)syscall(SET_USER, options->uid, options->uid, options->uid);
}

/* After the change of user, which clears the request. Our parent may be gone by now. */
static int
die_with_parent(const struct plan *plan)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return -1;
    if (getppid() != plan->parent)
        _exit(127);
    return 0;
}

gbn_status
gbn_child_follow(pid_t parent, int signal, gbn_error *err)
{
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "follow the parent process");
    return getppid() == parent ? GBN_OK : GBN_END;
}

/* As execvp: what is not there or not allowed is passed over; EACCES outweighs ENOENT. */
static void
execute(const struct plan *plan)
{
    char *const *candidate = plan->candidates;
    int denied = 0;

    union {
        const char *const *given;
        char *const *taken; /* execve promises not to write, its type does not */
    } argv = {plan->options->argv}, environment = {plan->options->environment};

    errno = ENOENT;
    for (; *candidate != NULL; candidate++) {
        execve(*candidate, argv.taken, environment.taken);
        if (errno == EACCES)
            denied = 1;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    }
    if (denied)
        errno = EACCES;
}

static _Noreturn __attribute__((noinline)) void
become(struct plan plan)
{
    const char *directory = plan.options->directory;

    if (reset_signals() != 0 || setsid() < 0 || place_descriptors(&plan) != 0)
        give_up(&plan, PREPARE);
    close_others(&plan);
    if (change_user(plan.options) != 0 || die_with_parent(&plan) != 0)
        give_up(&plan, CHANGE_USER);
    if (directory != NULL && chdir(directory) != 0)
        give_up(&plan, CHANGE_DIRECTORY);
    execute(&plan);
    give_up(&plan, EXECUTE);
}

static pid_t
start_child(const struct plan *plan)
{
    sigset_t all, before;
    pid_t pid;
    int errnum;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = vfork();
    if (pid == 0)
        become(*plan);
    errnum = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = errnum;
    return pid;
}

static gbn_status
fail_as_reported(const gbn_child_options *options, const struct report *report, gbn_error *err)
{
    const char *name = options->argv[0];

    if (report->stage == CHANGE_USER)
        return gbn_fail(err, GBN_ERR_SYSTEM, report->errnum, "become user %lu to run %s",
                        (unsigned long)options->uid, name);
    if (report->stage == CHANGE_DIRECTORY)
        return gbn_fail(err, GBN_ERR_SYSTEM, report->errnum, "enter %s to run %s",
                        options->directory, name);
    return gbn_fail(err, GBN_ERR_SYSTEM, report->errnum, "run %s", name);
}

/* Nothing comes through the pipe if exec succeeds, or if the child was killed before it. */
static gbn_status
await_exec(const gbn_child_options *options, pid_t pid, int report_fd, gbn_error *err)
{
    struct report report;
    ssize_t length;

    do
        length = read(report_fd, &report, sizeof report);
    while (length < 0 && errno == EINTR);
    if (length != (ssize_t)sizeof report)
        return GBN_OK;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return fail_as_reported(options, &report, err);
}

static gbn_status
start_planned(struct plan *plan, pid_t *result, gbn_error *err)
{
    const char *name = plan->options->argv[0];
    int ends[2];
    pid_t pid;
    gbn_status rc;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "run %s", name);
    plan->report = ends[1];
    pid = start_child(plan);
    rc = pid < 0 ? gbn_fail(err, GBN_ERR_SYSTEM, errno, "run %s", name) : GBN_OK;
    close(ends[1]);
    if (rc == GBN_OK)
        rc = await_exec(plan->options, pid, ends[0], err);
    close(ends[0]);
    if (rc == GBN_OK)
        *result = pid;
    return rc;
}

gbn_status
gbn_child_start(const gbn_child_options *options, pid_t *pid, gbn_error *err)
{
    struct plan plan = {.options = options, .parent = getpid(), .report = -1};
    gbn_status rc;

    plan.candidates = gbn_child_search(options->argv[0], options->environment);
    if (plan.candidates == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "run %s", options->argv[0]);
    rc = start_planned(&plan, pid, err);
    free(plan.candidates);
    return rc;
}

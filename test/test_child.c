#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gbn_bytes.h"
#include "gbn_child.h"
#include "gbn_child_search.h"
#include "process.h"
#include "scratch.h"

static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};
static gbn_bytes output;
static gbn_error err;

static void
begin(void)
{
    scratch_enter();
    output = (gbn_bytes)GBN_BYTES_INIT;
}

static void
end(void)
{
    gbn_bytes_free(&output);
    scratch_leave();
}

TestSuite(child, .init = begin, .fini = end);

static int
wait_for(pid_t pid)
{
    int status;

    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t
start(const gbn_child_options *options)
{
    pid_t pid = -1;

    cr_assert(eq(int, gbn_child_start(options, &pid, &err), GBN_OK), "%s", err.message);
    return pid;
}

/* Run it with its standard output in a file, which then is `output`. */
static int
run(gbn_child_options options)
{
    int status, fd = open("stdout", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    options.descriptors[1] = fd;
    if (options.environment == NULL)
        options.environment = environment;
    status = wait_for(start(&options));
    close(fd);
    gbn_bytes_clear(&output);
    scratch_read("stdout", &output);
    return status;
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN_CHILD(...)                                                                             \
    run((gbn_child_options){.argv = ARGV(__VA_ARGS__), .descriptors = {-1, -1, 2}})

static void
expect_failure(const gbn_child_options *options, int errnum, const char *message)
{
    pid_t pid = -7;

    cr_assert(eq(int, gbn_child_start(options, &pid, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, errnum), "%s", strerror(err.errnum));
    cr_assert(eq(str, err.message, (char *)message));
    cr_assert(eq(int, pid, -7));
    cr_assert(eq(int, waitpid(-1, NULL, WNOHANG), -1));
    cr_assert(eq(int, errno, ECHILD));
}

Test(child, arguments_and_environment_arrive_as_they_are)
{
    static const char *const given[] = {"A=x=\xff y", "PATH=/usr/bin:/bin", "EMPTY=", NULL};
    const gbn_child_options env = {
        .argv = ARGV("env"), .environment = given, .descriptors = {-1, -1, 2}};

    cr_assert(eq(int, RUN_CHILD("printf", "%s|", "a b", "", "$HOME;\n", "\xff"), 0));
    cr_assert(eq(str, (char *)output.data, "a b||$HOME;\n|\xff|"));
    cr_assert(eq(int, run(env), 0));
    cr_assert(eq(str, (char *)output.data, "A=x=\xff y\nPATH=/usr/bin:/bin\nEMPTY=\n"));
}

Test(child, its_exit_status_is_for_the_parent_to_collect)
{
    cr_assert(eq(int, RUN_CHILD("sh", "-c", "exit 41"), 41));
    cr_assert(eq(int, RUN_CHILD("sh", "-c", "kill -9 $$"), 128 + SIGKILL));
}

Test(child, descriptors_may_be_given_crosswise)
{
    gbn_child_options options = {.argv = ARGV("sh", "-c", "cat; echo error >&2"),
                                 .environment = environment,
                                 .descriptors = {1, 2, 0}};
    gbn_bytes content = GBN_BYTES_INIT;

    scratch_write("in", "input\n", 6);
    dup2(open("in", O_RDONLY | O_CLOEXEC), 1);
    dup2(open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0666), 2);
    dup2(open("err", O_WRONLY | O_CREAT | O_CLOEXEC, 0666), 0);
    cr_assert(eq(int, wait_for(start(&options)), 0));
    scratch_read("out", &content);
    cr_assert(eq(str, (char *)content.data, "input\n"));
    gbn_bytes_clear(&content);
    scratch_read("err", &content);
    cr_assert(eq(str, (char *)content.data, "error\n"));
    gbn_bytes_free(&content);
}

/* The errno, or the exit status, of one started from a process that `prepare` has changed. */
static int
run_prepared(const gbn_child_options *options, void (*prepare)(void))
{
    pid_t pid, between = fork();
    int status;

    if (between > 0)
        return wait_for(between);
    prepare();
    if (gbn_child_start(options, &pid, &err) != GBN_OK)
        _exit(err.errnum);
    _exit(waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 255);
}

static void
close_standard_descriptors(void)
{
    close(0);
    close(1);
    close(2);
}

Test(child, standard_descriptors_that_are_closed_here_are_no_trouble)
{
    const int fd = open("both", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const gbn_child_options options = {.argv = ARGV("sh", "-c", "cat; echo out; echo err >&2"),
                                       .environment = environment,
                                       .descriptors = {-1, fd, fd}};

    cr_assert(eq(int, run_prepared(&options, close_standard_descriptors), 0));
    scratch_read("both", &output);
    cr_assert(eq(str, (char *)output.data, "out\nerr\n"));
    close(fd);
}

/* proc(5) gives the flags in octal. */
Test(child, descriptors_that_do_not_block_here_block_there)
{
    int ends[2];

    cr_assert(eq(int, pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0));
    const gbn_child_options options = {
        .argv = ARGV("sh", "-c", "grep flags /proc/self/fdinfo/0"),
        .descriptors = {ends[0], -1, 2},
    };
    cr_assert(eq(int, run(options), 0));
    cr_assert(zero(strtol(strchr((char *)output.data, ':') + 1, NULL, 8) & O_NONBLOCK));
    close(ends[0]);
    close(ends[1]);
}

Test(child, without_a_descriptor_it_gets_dev_null)
{
    cr_assert(eq(int, RUN_CHILD("readlink", "/proc/self/fd/0"), 0));
    cr_assert(eq(str, (char *)output.data, "/dev/null\n"));
    cr_assert(eq(int, RUN_CHILD("cat"), 0));
    cr_assert(eq(str, (char *)output.data, ""));
}

Test(child, no_other_descriptor_reaches_it)
{
    int fd;

    for (fd = 10; fd < 60; fd += 7)
        cr_assert(eq(int, dup2(0, fd), fd)); /* not close-on-exec */
    cr_assert(eq(int, RUN_CHILD("sh", "-c", "ls /proc/$$/fd"), 0));
    cr_assert(eq(str, (char *)output.data, "0\n1\n2\n"));
}

Test(child, the_parent_keeps_no_descriptor_and_its_own_signals)
{
    const size_t before = process_descriptors();
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    signal(SIGUSR2, SIG_IGN);
    RUN_CHILD("true");
    cr_assert(eq(sz, process_descriptors(), before));
    sigprocmask(SIG_SETMASK, NULL, &mask);
    cr_assert(eq(int, sigismember(&mask, SIGUSR1), 1));
    cr_assert(eq(int, sigismember(&mask, SIGUSR2), 0));
    cr_assert(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
}

Test(child, its_signals_are_neither_blocked_nor_ignored)
{
    sigset_t all;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    cr_assert(eq(int, RUN_CHILD("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"), 0));
    cr_assert(
        eq(str, (char *)output.data, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"));
}

Test(child, it_leads_a_session_of_its_own)
{
    gbn_child_options options = {
        .argv = ARGV("sleep", "100"), .environment = environment, .descriptors = {-1, -1, -1}};
    pid_t pid = start(&options);

    cr_assert(eq(int, getsid(pid), pid));
    cr_assert(eq(int, getpgid(pid), pid));
    cr_assert(eq(int, kill(-pid, SIGTERM), 0));
    cr_assert(eq(int, wait_for(pid), 128 + SIGTERM));
}

Test(child, a_program_that_is_not_there_is_named)
{
    const gbn_child_options plain = {
        .argv = ARGV("no-such-program"), .environment = environment, .descriptors = {-1, -1, -1}};
    const gbn_child_options path = {
        .argv = ARGV("./none"), .environment = environment, .descriptors = {-1, -1, -1}};

    expect_failure(&plain, ENOENT, "run no-such-program");
    expect_failure(&path, ENOENT, "run ./none");
}

Test(child, a_file_that_cannot_be_run_is_named)
{
    gbn_child_options options = {.environment = environment, .descriptors = {-1, -1, -1}};

    scratch_write("data", "no program", 10);
    options.argv = ARGV("./data");
    expect_failure(&options, EACCES, "run ./data");
    chmod("data", 0755);
    expect_failure(&options, ENOEXEC, "run ./data");
}

Test(child, a_directory_that_is_not_there_is_named)
{
    const gbn_child_options options = {.argv = ARGV("true"),
                                       .environment = environment,
                                       .directory = "nowhere",
                                       .descriptors = {-1, -1, -1}};

    expect_failure(&options, ENOENT, "enter nowhere to run true");
}

Test(child, it_starts_in_the_directory_given)
{
    const gbn_child_options options = {
        .argv = ARGV("pwd"), .directory = "/usr", .descriptors = {-1, -1, 2}};

    cr_assert(eq(int, run(options), 0));
    cr_assert(eq(str, (char *)output.data, "/usr\n"));
}

Test(child, a_descriptor_that_is_closed_is_a_failure)
{
    const gbn_child_options options = {
        .argv = ARGV("true"), .environment = environment, .descriptors = {99, -1, -1}};

    expect_failure(&options, EBADF, "run true");
}

Test(child, dev_null_that_cannot_be_opened_is_a_failure_with_its_own_cause)
{
    const gbn_child_options options = {
        .argv = ARGV("true"), .environment = environment, .descriptors = {-1, -1, -1}};

    process_leave_descriptors(3); /* two for the pipe of its report, one for the child's own end */
    expect_failure(&options, EMFILE, "run true");
    process_allow_descriptors();
}

static void
write_script(const char *name, const char *text, mode_t mode)
{
    scratch_write(name, text, strlen(text));
    cr_assert(eq(int, chmod(name, mode), 0));
}

Test(child, the_first_program_in_the_environment_s_path_that_can_be_run_is_taken)
{
    char here[256], path[1200];
    const char *given[2] = {path, NULL};
    const gbn_child_options options = {
        .argv = ARGV("tool"), .environment = given, .descriptors = {-1, -1, 2}};

    cr_assert_not_null(getcwd(here, sizeof here));
    cr_assert(eq(int, mkdir("a", 0755) | mkdir("b", 0755) | mkdir("c", 0755), 0));
    write_script("a/tool", "#!/bin/sh\necho a\n", 0644);
    write_script("b/tool", "#!/bin/sh\necho b\n", 0755);
    write_script("c/tool", "#!/bin/sh\necho c\n", 0755);
    write_script("tool", "#!/bin/sh\necho here\n", 0755);
    snprintf(path, sizeof path, "PATH=:.:%s/none:%s/a:%s/b:%s/c", here, here, here, here);
    cr_assert(eq(int, run(options), 0));
    cr_assert(eq(str, (char *)output.data, "b\n"));
    snprintf(path, sizeof path, "PATH=%s/a:%s/none", here, here);
    expect_failure(&options, EACCES, "run tool");
    strcpy(path, "PATH=:.:");
    expect_failure(&options, ENOENT, "run tool");
}

Test(child, without_a_path_the_usual_folders_are_searched)
{
    static const char *const none[] = {NULL};
    char **candidates = gbn_child_search("x", none);

    cr_assert(eq(str, candidates[0], "/usr/local/bin/x"));
    cr_assert(eq(str, candidates[1], "/usr/bin/x"));
    cr_assert(eq(str, candidates[2], "/bin/x"));
    cr_assert(eq(ptr, candidates[3], NULL));
    free(candidates);
}

Test(child, relative_elements_of_the_path_are_left_out)
{
    static const char *const given[] = {"PATHS=/no", "PATH=:bin:/a::/b/:", "PATH=/c", NULL};
    char **candidates = gbn_child_search("x", given);

    cr_assert(eq(str, candidates[0], "/a/x"));
    cr_assert(eq(str, candidates[1], "/b//x"));
    cr_assert(eq(ptr, candidates[2], NULL));
    free(candidates);
}

static void
need_root(void)
{
    if (geteuid() != 0)
        cr_skip("only root can become another user");
}

Test(child, it_is_the_user_given_with_exactly_the_groups_given)
{
    static const gid_t groups[] = {65534, 77};
    gbn_child_options options = {.argv =
                                     ARGV("grep", "-E", "^(Uid|Gid|Groups)", "/proc/self/status"),
                                 .descriptors = {-1, -1, 2},
                                 .change_user = 1,
                                 .uid = 65534,
                                 .gid = 65533,
                                 .groups = groups,
                                 .group_count = 2};

    need_root();
    cr_assert(eq(int, run(options), 0));
    cr_assert(eq(str, (char *)output.data,
                 "Uid:\t65534\t65534\t65534\t65534\nGid:\t65533\t65533\t65533\t65533\n"
                 "Groups:\t77 65534 \n"));
    options.group_count = 0;
    cr_assert(eq(int, run(options), 0));
    cr_assert_not_null(strstr((char *)output.data, "Groups:\t \n"));
    cr_assert(eq(int, getuid() + geteuid() + getgid() + getegid(), 0));
}

Test(child, the_directory_is_entered_as_the_new_user)
{
    const gbn_child_options options = {.argv = ARGV("true"),
                                       .environment = environment,
                                       .directory = "private",
                                       .descriptors = {-1, -1, -1},
                                       .change_user = 1,
                                       .uid = 65534,
                                       .gid = 65534};

    need_root();
    cr_assert(eq(int, mkdir("private", 0700), 0));
    expect_failure(&options, EACCES, "enter private to run true");
}

static void
drop_root(void)
{
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        _exit(255);
}

Test(child, who_is_not_root_cannot_become_another_user)
{
    const gbn_child_options options = {.argv = ARGV("true"),
                                       .environment = environment,
                                       .descriptors = {-1, -1, -1},
                                       .change_user = 1,
                                       .uid = 12345,
                                       .gid = 12345};

    cr_assert(eq(int, run_prepared(&options, drop_root), EPERM));
}

Test(child, a_user_lent_to_the_process_for_a_moment_does_not_matter)
{
    gbn_child_options options = {.argv = ARGV("id", "-u"),
                                 .descriptors = {-1, -1, 2},
                                 .change_user = 1,
                                 .uid = 65533,
                                 .gid = 65533};

    need_root();
    cr_assert(eq(int, chmod(".", 0777), 0));
    cr_assert(eq(int, seteuid(65534), 0));
    cr_assert(eq(int, run(options), 0));
    cr_assert(eq(int, seteuid(0), 0));
    cr_assert(eq(str, (char *)output.data, "65533\n"));
}

struct orphan {
    gbn_child_options options;
    pid_t pid;
};

static void *
start_and_end(void *opaque)
{
    struct orphan *orphan = opaque;

    orphan->pid = start(&orphan->options);
    return NULL;
}

static void
expect_killed_with_thread(int change_user)
{
    struct orphan orphan = {.options = {.argv = ARGV("sleep", "100"),
                                        .environment = environment,
                                        .descriptors = {-1, -1, -1},
                                        .change_user = change_user,
                                        .uid = 65534,
                                        .gid = 65534}};
    pthread_t thread;

    cr_assert(eq(int, pthread_create(&thread, NULL, start_and_end, &orphan), 0));
    pthread_join(thread, NULL);
    cr_assert(eq(int, wait_for(orphan.pid), 128 + SIGKILL));
}

Test(child, it_dies_with_the_thread_that_started_it, .timeout = 60)
{
    expect_killed_with_thread(0);
}

Test(child, it_dies_with_that_thread_also_as_another_user, .timeout = 60)
{
    need_root();
    expect_killed_with_thread(1);
}

/* A process of ours starts a child and is killed; the child's pipe closes when it is gone too. */
Test(child, it_dies_with_its_parent, .timeout = 60)
{
    gbn_child_options options = {.argv = ARGV("sleep", "100"), .environment = environment};
    int ends[2];
    char byte;
    pid_t parent;

    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
    parent = fork();
    if (parent == 0) {
        options.descriptors[0] = options.descriptors[2] = -1;
        options.descriptors[1] = ends[1];
        start(&options);
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    cr_assert(eq(int, wait_for(parent), 128 + SIGKILL));
    cr_assert(eq(int, (int)read(ends[0], &byte, 1), 0));
    close(ends[0]);
}

static void *
start_many(void *failures)
{
    const gbn_child_options options = {
        .argv = ARGV("true"), .environment = environment, .descriptors = {-1, -1, -1}};
    pid_t pid;
    int i, status;

    for (i = 0; i < 50; i++)
        if (gbn_child_start(&options, &pid, NULL) != GBN_OK || waitpid(pid, &status, 0) != pid ||
            status != 0)
            ++*(int *)failures;
    return NULL;
}

Test(child, several_threads_may_start_children_at_once, .timeout = 60)
{
    pthread_t threads[8];
    int failures[8] = {0}, i;

    for (i = 0; i < 8; i++)
        cr_assert(eq(int, pthread_create(&threads[i], NULL, start_many, &failures[i]), 0));
    for (i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(eq(int, failures[i], 0));
    }
}

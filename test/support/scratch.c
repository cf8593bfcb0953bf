#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char directory[100];

void
scratch_enter(void)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || strlen(parent) > 50) /* a socket's path may have 107 bytes */
        parent = "/tmp";
    snprintf(directory, sizeof directory, "%s/gbn-test-XXXXXX", parent);
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    setenv("LC_ALL", "C", 1);
    setenv("TZ", "UTC", 1);
}

void
scratch_leave(void)
{
    cr_assert_eq(chdir("/"), 0);
    if (geteuid() != 0) /* only root may empty a closed folder */
        RUN(NULL, "chmod", "-R", "u+rwX", directory);
    cr_assert_eq(RUN(NULL, "rm", "-rf", directory), 0);
}

void
scratch_write(const char *name, const void *data, size_t length)
{
    FILE *file = fopen(name, "we");

    cr_assert_not_null(file, "%s", name);
    cr_assert_eq(fwrite(data, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

static void
drain(int fd, gbn_bytes *out)
{
    ssize_t length;

    do {
        cr_assert_eq(gbn_bytes_reserve(out, 65536, NULL), GBN_OK);
        length = read(fd, out->data + out->length, 65535);
        cr_assert_geq(length, 0);
        out->length += (size_t)length;
    } while (length > 0);
    out->data[out->length] = '\0';
}

void
scratch_read(const char *name, gbn_bytes *out)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    cr_assert_geq(fd, 0, "%s", name);
    drain(fd, out);
    close(fd);
}

uint64_t
scratch_size(const char *name)
{
    struct stat status;

    cr_assert_eq(stat(name, &status), 0, "%s", name);
    return (uint64_t)status.st_size;
}

void
scratch_flip(const char *name, uint64_t offset, unsigned bit)
{
    const int fd = open(name, O_RDWR | O_CLOEXEC);
    uint8_t byte;

    cr_assert_eq(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= (uint8_t)(1 << bit);
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

size_t
scratch_count_in(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    cr_assert_not_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2; /* . and .. */
}

size_t
scratch_count(void)
{
    return scratch_count_in(".");
}

int
scratch_command(gbn_bytes *out, const char *const argv[])
{
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    pid_t pid;

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    cr_assert_eq(posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0, "%s",
                 argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (out != NULL)
        drain(ends[0], out);
    close(ends[0]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t
scratch_repeat(const char *line)
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", "while :; do eval \"$0\"; done", line, NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

void
scratch_stop(pid_t pid)
{
    cr_assert_eq(kill(-pid, SIGKILL), 0);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

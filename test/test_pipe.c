#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gbn_pipe.h"
#include "process.h"

static gbn_error err;
static int ends[2];
static uint8_t data[4096];
static size_t got;

static void
begin(void)
{
    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
}

TestSuite(pipe, .init = begin, .timeout = 60);

static gbn_status
read_pipe(void)
{
    return gbn_pipe_read(ends[0], data, sizeof data, NULL, &got, &err);
}

Test(pipe, it_gives_what_there_is_and_waits_for_no_more)
{
    cr_assert(eq(long, write(ends[1], "abc", 3), 3));
    cr_assert(eq(int, read_pipe(), GBN_OK));
    cr_assert(eq(sz, got, 3));
    cr_assert(eq(int, memcmp(data, "abc", 3), 0));
}

Test(pipe, what_was_written_before_the_end_comes_first)
{
    cr_assert(eq(long, write(ends[1], "abc", 3), 3));
    close(ends[1]);
    cr_assert(eq(int, read_pipe(), GBN_OK));
    cr_assert(eq(int, read_pipe(), GBN_END));
    cr_assert(eq(int, read_pipe(), GBN_END));
    cr_assert(eq(sz, got, 0));
}

static void *
write_later(void *text)
{
    const struct timespec pause = {.tv_nsec = 350 * 1000 * 1000};

    nanosleep(&pause, NULL); /* longer than the pipe looks once */
    cr_assert(eq(long, write(ends[1], text, strlen(text)), (long)strlen(text)));
    return NULL;
}

static void
expect_waiting(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, write_later, "late");
    cr_assert(eq(int, read_pipe(), GBN_OK));
    cr_assert(eq(sz, got, 4));
    pthread_join(thread, NULL);
}

Test(pipe, it_waits_for_a_slow_writer)
{
    expect_waiting();
}

Test(pipe, a_descriptor_that_does_not_block_is_waited_for_as_well)
{
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    expect_waiting();
}

static void *
raise_later(void *cancel)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

    nanosleep(&pause, NULL);
    gbn_cancel_raise(cancel);
    return NULL;
}

Test(pipe, a_cancel_ends_the_wait_within_a_quarter_of_a_second)
{
    gbn_cancel cancel;
    pthread_t thread;
    long before = process_clock_ms();

    gbn_cancel_init(&cancel);
    pthread_create(&thread, NULL, raise_later, &cancel);
    cr_assert(eq(int, gbn_pipe_read(ends[0], data, 1, &cancel, &got, &err), GBN_ERR_CANCELLED));
    cr_assert(lt(long, process_clock_ms() - before, 2000));
    pthread_join(thread, NULL);
}

Test(pipe, a_cancelled_one_gives_nothing_though_there_is_something)
{
    gbn_cancel cancel;

    gbn_cancel_init(&cancel);
    gbn_cancel_raise(&cancel);
    cr_assert(eq(long, write(ends[1], "abc", 3), 3));
    cr_assert(eq(int, gbn_pipe_read(ends[0], data, 1, &cancel, &got, &err), GBN_ERR_CANCELLED));
    cr_assert(eq(int, read_pipe(), GBN_OK));
    cr_assert(eq(sz, got, 3));
}

Test(pipe, what_cannot_be_read_is_a_failure)
{
    close(ends[0]);
    cr_assert(eq(int, read_pipe(), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EBADF));
    ends[0] = open("/", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, read_pipe(), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EISDIR));
    cr_assert(eq(str, err.message, "read the input"));
}

Test(pipe, a_regular_file_is_read_to_its_end)
{
    ends[0] = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, read_pipe(), GBN_OK));
    cr_assert(eq(int, read_pipe(), GBN_END));
}

Test(pipe, a_pipe_is_widened_where_the_kernel_allows_it)
{
    const int before = fcntl(ends[0], F_GETPIPE_SZ); /* one page for a user with many pipes */

    gbn_pipe_widen(ends[0]);
    cr_assert(ge(int, fcntl(ends[0], F_GETPIPE_SZ), before));
    gbn_pipe_widen(STDIN_FILENO); /* not a pipe, perhaps: nothing happens */
    gbn_pipe_widen(-1);
}

/* ---- writing ---- */

static int
open_writer(int fd)
{
    int writer;

    cr_assert(eq(int, gbn_pipe_open_writer(fd, &writer, &err), GBN_OK));
    cr_assert(ge(int, writer, 3));
    cr_assert(eq(int, fcntl(writer, F_GETFD), FD_CLOEXEC));
    return writer;
}

static void *
read_slowly(void *result)
{
    static uint8_t piece[5000];
    ssize_t n;

    while ((n = read(ends[0], piece, sizeof piece)) > 0)
        *(size_t *)result += (size_t)n;
    return NULL;
}

Test(pipe, a_writer_waits_for_a_slow_reader_and_leaves_the_callers_end_as_it_is)
{
    static uint8_t much[3 * 1024 * 1024];
    const int writer = open_writer(ends[1]);
    size_t received = 0;
    pthread_t thread;

    pthread_create(&thread, NULL, read_slowly, &received);
    cr_assert(eq(int, gbn_pipe_write(writer, much, sizeof much, NULL, &err), GBN_OK));
    cr_assert(eq(int, fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0));
    close(writer);
    close(ends[1]);
    pthread_join(thread, NULL);
    cr_assert(eq(sz, received, sizeof much));
}

Test(pipe, a_cancel_ends_the_wait_for_a_reader)
{
    static uint8_t much[3 * 1024 * 1024];
    const int writer = open_writer(ends[1]);
    const long before = process_clock_ms();
    gbn_cancel cancel;
    pthread_t thread;

    gbn_cancel_init(&cancel);
    pthread_create(&thread, NULL, raise_later, &cancel);
    cr_assert(eq(int, gbn_pipe_write(writer, much, sizeof much, &cancel, &err), GBN_ERR_CANCELLED));
    cr_assert(lt(long, process_clock_ms() - before, 2000));
    pthread_join(thread, NULL);
}

Test(pipe, without_a_reader_writing_fails)
{
    const int writer = open_writer(ends[1]);

    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    cr_assert(eq(int, gbn_pipe_write(writer, data, 1, NULL, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EPIPE), eq(str, err.message, "write the output")));
}

Test(pipe, a_writer_of_a_file_goes_on_where_the_file_was)
{
    FILE *file = tmpfile();
    const int writer = open_writer(fileno(file));

    cr_assert(eq(long, write(fileno(file), "ab", 2), 2));
    cr_assert(eq(int, gbn_pipe_write(writer, (const uint8_t *)"cd", 2, NULL, &err), GBN_OK));
    cr_assert(eq(long, pread(fileno(file), data, sizeof data, 0), 4));
    cr_assert(eq(int, memcmp(data, "abcd", 4), 0));
    fclose(file);
}

Test(pipe, what_cannot_be_written_is_a_failure)
{
    int writer;

    cr_assert(eq(int, gbn_pipe_open_writer(-1, &writer, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EBADF), eq(int, writer, -1)));
    writer = open_writer(open("/dev/full", O_WRONLY | O_CLOEXEC));
    cr_assert(eq(int, gbn_pipe_write(writer, data, 1, NULL, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOSPC));
}

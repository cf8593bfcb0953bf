#include "gbn_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 200, PIPE_SIZE = 1024 * 1024, FILE_PIECE = 1024 * 1024 };

void
gbn_pipe_widen(int fd)
{
    fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

gbn_status
gbn_pipe_read(int fd, uint8_t *data, size_t length, gbn_cancel *cancel, size_t *got, gbn_error *err)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    ssize_t n;
    int ready;

    for (;;) {
        if (gbn_cancel_raised(cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        ready = poll(&input, 1, WAIT_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        n = ready < 0 ? -1 : read(fd, data, length);
        if (n >= 0)
            break;
        if (errno != EINTR && errno != EAGAIN)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read the input");
    }
    *got = (size_t)n;
    return n == 0 ? GBN_END : GBN_OK;
}

static gbn_status
reopen(int fd, int *writer, gbn_error *err)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *writer = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*writer < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open the output");
    gbn_pipe_widen(*writer);
    return GBN_OK;
}

/* Where there is no /proc, and for what is no pipe, a duplicate has to do. */
gbn_status
gbn_pipe_open_writer(int fd, int *writer, gbn_error *err)
{
    struct stat status;

    *writer = -1;
    if (fstat(fd, &status) < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open the output");
    if (S_ISFIFO(status.st_mode) && reopen(fd, writer, NULL) == GBN_OK)
        return GBN_OK;
    *writer = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return *writer < 0 ? gbn_fail(err, GBN_ERR_SYSTEM, errno, "open the output") : GBN_OK;
}

/*
 * How much to write at once. Of a blocking pipe, socket or terminal poll only says that PIPE_BUF
 * bytes are taken without waiting; disks and /dev/null take what they get.
 */
static size_t
writable_piece(int writer)
{
    struct stat status;
    const int flags = fcntl(writer, F_GETFL);

    if (flags >= 0 && (flags & O_NONBLOCK) != 0)
        return FILE_PIECE;
    if (fstat(writer, &status) == 0 && !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode) &&
        !isatty(writer))
        return FILE_PIECE;
    return PIPE_BUF;
}

gbn_status
gbn_pipe_write(int writer, const uint8_t *data, size_t length, gbn_cancel *cancel, gbn_error *err)
{
    struct pollfd output = {.fd = writer, .events = POLLOUT};
    const size_t piece = writable_piece(writer);
    ssize_t n;
    int ready;

    while (length > 0) {
        if (gbn_cancel_raised(cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        ready = poll(&output, 1, WAIT_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        n = ready < 0 ? -1 : write(writer, data, length < piece ? length : piece);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "write the output");
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return GBN_OK;
}

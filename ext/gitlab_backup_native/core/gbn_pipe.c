#include "gbn_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { WAIT_MS = 200, PIPE_SIZE = 1024 * 1024 };

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

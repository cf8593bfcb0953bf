#include "gbn_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FETCH = 512 * 1024 };

/* By number: musl has a wrapper since 1.2.5 only. The offset comes in two halves, of which the second
 * counts on 32 bits alone. */
static ssize_t
read_cached(int fd, void *data, size_t length, uint64_t offset)
{
    const struct iovec part = {.iov_base = data, .iov_len = length};

    return syscall(SYS_preadv2, fd, &part, 1UL, (unsigned long)offset,
                   (unsigned long)(offset >> 32), RWF_NOWAIT);
}

ssize_t
gbn_cache_read(int fd, void *data, size_t length, uint64_t offset, bool *waited)
{
    ssize_t n;

    if (!*waited) {
        n = read_cached(fd, data, length, offset);
        if (n >= 0)
            return n;
        *waited = errno == EAGAIN;
    }
    return pread(fd, data, length, (off_t)offset); /* which tells all other failures itself */
}

void
gbn_cache_no_ahead(int fd)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
}

gbn_cache_page
gbn_cache_look(int fd, uint64_t offset)
{
    char byte;

    if (read_cached(fd, &byte, 1, offset) >= 0)
        return GBN_CACHE_WARM;
    return errno == EAGAIN ? GBN_CACHE_COLD : GBN_CACHE_UNKNOWN;
}

/* Of more at once the kernel would leave out what exceeds a request of the disk. */
void
gbn_cache_fetch(int fd, uint64_t offset, uint64_t length)
{
    uint64_t part;

    for (; length > 0; offset += part, length -= part) {
        part = length < FETCH ? length : FETCH;
        (void)posix_fadvise(fd, (off_t)offset, (off_t)part, POSIX_FADV_WILLNEED);
    }
}

/* The kernel leaves pages alone of which only a part is meant; ours begin where another read has ended. */
void
gbn_cache_drop(int fd, uint64_t offset, uint64_t length)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const uint64_t before = offset % page;

    (void)posix_fadvise(fd, (off_t)(offset - before), (off_t)(length == 0 ? 0 : length + before),
                        POSIX_FADV_DONTNEED);
}

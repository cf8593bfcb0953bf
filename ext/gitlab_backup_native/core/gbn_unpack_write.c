/* Content onto disk: what is zero is left a hole, and no more is written than there is room for. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gbn_unpack_place.h"
#include "gbn_unpack_state.h"

enum { HOLE = 4096 };

static bool
all_zeros(const uint8_t *data, size_t length)
{
    return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static gbn_status
write_all(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data, size_t length,
          uint64_t offset, gbn_error *err)
{
    const uint64_t limit = unpack->options.space;
    ssize_t n;

    if (atomic_fetch_add(&unpack->written, length) + length > limit && limit > 0)
        return gbn_fail(err, GBN_ERR_LIMIT, ENOSPC, "extract %s: more comes out of %s than fits",
                        path, gbn_place_name(&unpack->options.source));
    while (length > 0) {
        n = pwrite(fd, data, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path);
        data += n;
        length -= (size_t)n;
        offset += (uint64_t)n;
    }
    return GBN_OK;
}

gbn_status
gbn_unpack_write(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data, size_t length,
                 uint64_t offset, gbn_error *err)
{
    size_t begin = 0;
    size_t piece;
    gbn_status rc = GBN_OK;

    if (fd < 0)
        return GBN_OK;
    for (size_t at = 0; rc == GBN_OK && at < length; at += piece) {
        piece = length - at < HOLE ? length - at : HOLE;
        if (!all_zeros(data + at, piece))
            continue;
        if (at > begin)
            rc = write_all(unpack, fd, path, data + begin, at - begin, offset + begin, err);
        begin = at + piece;
    }
    if (rc == GBN_OK && begin < length)
        rc = write_all(unpack, fd, path, data + begin, length - begin, offset + begin, err);
    return rc;
}

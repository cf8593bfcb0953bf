#include "gbn_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_time.h"

enum { READS = 3 };

static const uint64_t WARM = UINT64_MAX;

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && same_time(&a->st_mtim, &b->st_mtim) &&
           same_time(&a->st_ctim, &b->st_ctim);
}

void
gbn_file_fetch(gbn_file *file)
{
    gbn_cache_page first;

    if (file->size == 0)
        return;
    first = gbn_cache_look(file->fd, 0);
    if (first == GBN_CACHE_WARM)
        return;
    gbn_cache_fetch(file->fd, 0, file->size);
    file->fetched = first == GBN_CACHE_COLD;
}

/* Returns how much there was up to `length`; -1 with errno. `*cold` becomes the first place that had to be fetched
 * from the disk, if that is before it. */
static ssize_t
read_at(int fd, uint64_t offset, uint8_t *buffer, size_t length, uint64_t *cold)
{
    bool waited = *cold <= offset;
    size_t done = 0;
    ssize_t n;

    while (done < length) {
        n = gbn_cache_read(fd, buffer + done, length - done, offset + done, &waited);
        if (waited && offset + done < *cold)
            *cold = offset + done;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* Room for a file that is larger than it was, if it may be. */
static gbn_status
make_room(gbn_file *file, size_t size, size_t limit, uint8_t **buffer, size_t *capacity,
          gbn_error *err)
{
    uint8_t *larger;

    if (size <= *capacity || size > limit)
        return GBN_OK;
    larger = realloc(file->grown, size);
    if (larger == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a file of %zu bytes", size);
    file->grown = larger;
    *buffer = larger;
    *capacity = size;
    return GBN_OK;
}

gbn_status
gbn_file_read_whole(gbn_file *file, struct stat *status, uint8_t *buffer, size_t limit,
                    gbn_file_result *result, gbn_error *err)
{
    size_t capacity = (size_t)file->size;
    uint64_t cold = file->fetched ? 0 : WARM;
    struct stat after;
    size_t wanted;
    ssize_t length = 0;
    gbn_status rc;

    result->torn = true;
    for (int i = 0; i < READS && result->torn; i++) {
        if (i > 0)
            *status = after;
        rc = make_room(file, (size_t)status->st_size, limit, &buffer, &capacity, err);
        if (rc < 0)
            return rc;
        wanted = (size_t)status->st_size < capacity ? (size_t)status->st_size : capacity;
        length = read_at(file->fd, 0, buffer, wanted, &cold);
        if (length < 0 || fstat(file->fd, &after) < 0) {
            result->errnum = errno;
            return GBN_OK;
        }
        result->torn = !same(status, &after) || (size_t)length != wanted;
        result->changed = result->changed || result->torn;
    }
    if (cold != WARM)
        gbn_cache_drop(file->fd, cold, 0);
    result->grown = status->st_size > length;
    status->st_size = length;
    file->content = buffer;
    return GBN_OK;
}

/* Is nothing stored between `offset` and `offset + length`? (lseek(2), SEEK_DATA) */
static bool
is_hole(int fd, const struct stat *status, uint64_t offset, size_t length)
{
    off_t data;

    if ((uint64_t)status->st_blocks * 512 >= (uint64_t)status->st_size)
        return false;
    data = lseek(fd, (off_t)offset, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO && (uint64_t)status->st_size >= offset + length;
    return (uint64_t)data >= offset + length;
}

void
gbn_file_read_slice(const gbn_file *file, const struct stat *status, uint64_t offset,
                    uint8_t *buffer, size_t length, gbn_file_result *result)
{
    uint64_t cold = WARM;
    ssize_t got = 0;

    *result = (gbn_file_result){0};
    if (offset == 0)
        gbn_cache_no_ahead(file->fd);
    if (!is_hole(file->fd, status, offset, length)) {
        got = read_at(file->fd, offset, buffer, length, &cold);
        if (got < 0)
            result->errnum = errno;
        else
            result->shrunk = (size_t)got < length;
    }
    if (got < 0)
        got = 0;
    if (cold < offset + (uint64_t)got)
        gbn_cache_drop(file->fd, cold, offset + (uint64_t)got - cold);
    memset(buffer + got, 0, length - (size_t)got);
}

bool
gbn_file_changed(const gbn_file *file, const struct stat *before)
{
    struct stat after;

    return fstat(file->fd, &after) < 0 || !same(before, &after);
}

bool
gbn_file_settled(const struct stat *status, int64_t settled_ns)
{
    return gbn_time_ns(status->st_ctim.tv_sec, status->st_ctim.tv_nsec) <= settled_ns;
}

long
gbn_file_disk_reads(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_THREAD, &usage) < 0 ? 0 : usage.ru_inblock;
}

void
gbn_file_close(gbn_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void
gbn_file_forget(gbn_file *file)
{
    free(file->grown);
    file->grown = NULL;
}

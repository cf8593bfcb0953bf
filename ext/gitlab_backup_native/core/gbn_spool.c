/*
 * Each record stands between two copies of its length, so that it can be found from either
 * side. `tail` holds what was appended last; with more than TAIL bytes it goes to the file.
 * Reading looks through a window that is filled by pread, `window_at` being its place.
 */
#include "gbn_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL = 1024 * 1024, WINDOW = 256 * 1024, FRAME = sizeof(uint32_t) };

struct gbn_spool {
    char *folder;
    int fd; /* -1 until the tail overflows */
    gbn_bytes tail;
    uint64_t written; /* bytes in the file, where the tail begins */
    gbn_bytes window;
    uint64_t window_at;
    uint64_t position;
};

gbn_status
gbn_spool_new(const char *folder, gbn_spool **result, gbn_error *err)
{
    gbn_spool *spool = calloc(1, sizeof *spool);

    *result = NULL;
    if (spool == NULL || (spool->folder = strdup(folder)) == NULL) {
        free(spool);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "keep notes in %s", folder);
    }
    spool->fd = -1;
    *result = spool;
    return GBN_OK;
}

/* A file without a name; where the file system cannot make one, its name is gone at once. */
static gbn_status
open_file(gbn_spool *spool, gbn_error *err)
{
    char path[4096];

    spool->fd = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd >= 0)
        return GBN_OK;
    if (snprintf(path, sizeof path, "%s/.gbn-spool-XXXXXX", spool->folder) >= (int)sizeof path)
        return gbn_fail(err, GBN_ERR_SYSTEM, ENAMETOOLONG, "keep notes in %s", spool->folder);
    spool->fd = mkostemp(path, O_CLOEXEC);
    if (spool->fd < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "keep notes in %s", spool->folder);
    unlink(path);
    return GBN_OK;
}

static gbn_status
write_tail(gbn_spool *spool, gbn_error *err)
{
    size_t done = 0;
    ssize_t n;
    gbn_status rc = spool->fd < 0 ? open_file(spool, err) : GBN_OK;

    while (rc == GBN_OK && done < spool->tail.length) {
        n = pwrite(spool->fd, spool->tail.data + done, spool->tail.length - done,
                   (off_t)(spool->written + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "keep notes in %s", spool->folder);
        done += (size_t)n;
    }
    if (rc == GBN_OK) {
        spool->written += spool->tail.length;
        gbn_bytes_clear(&spool->tail);
    }
    return rc;
}

gbn_status
gbn_spool_append(gbn_spool *spool, const void *record, size_t length, gbn_error *err)
{
    const uint32_t frame = (uint32_t)length;
    gbn_status rc;

    if (length == 0 || length > GBN_SPOOL_RECORD_MAX)
        return gbn_fail(err, GBN_ERR_LIMIT, 0, "keep a note of %zu bytes", length);
    rc = gbn_bytes_reserve(&spool->tail, length + 2 * (size_t)FRAME, err);
    if (rc < 0)
        return rc;
    gbn_bytes_append(&spool->tail, &frame, FRAME, err);
    gbn_bytes_append(&spool->tail, record, length, err);
    gbn_bytes_append(&spool->tail, &frame, FRAME, err);
    return spool->tail.length > TAIL ? write_tail(spool, err) : GBN_OK;
}

void
gbn_spool_rewind(gbn_spool *spool)
{
    spool->position = 0;
    spool->window_at = 0;
    gbn_bytes_clear(&spool->window);
}

void
gbn_spool_wind(gbn_spool *spool)
{
    gbn_spool_rewind(spool);
    spool->position = spool->written + spool->tail.length;
}

/* Fill the window with [from, to) of the file. */
static gbn_status
load(gbn_spool *spool, uint64_t from, uint64_t to, gbn_error *err)
{
    ssize_t n;

    gbn_bytes_clear(&spool->window);
    spool->window_at = from;
    if (gbn_bytes_reserve(&spool->window, (size_t)(to - from), err) < 0)
        return GBN_ERR_NOMEM;
    while (spool->window.length < to - from) {
        n = pread(spool->fd, spool->window.data + spool->window.length,
                  (size_t)(to - from) - spool->window.length, (off_t)(from + spool->window.length));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, n < 0 ? errno : EIO, "read notes in %s",
                            spool->folder);
        spool->window.length += (size_t)n;
    }
    return GBN_OK;
}

/* Lend [from, to); a record never lies across the file's end, as the tail is written whole. */
static gbn_status
look(gbn_spool *spool, uint64_t from, uint64_t to, bool back, const uint8_t **data, gbn_error *err)
{
    uint64_t begin = from;
    uint64_t end = to;
    gbn_status rc;

    if (from >= spool->written) {
        *data = spool->tail.data + (from - spool->written);
        return GBN_OK;
    }
    if (from < spool->window_at || to > spool->window_at + spool->window.length) {
        if (back)
            begin = to - from >= WINDOW ? from : to < WINDOW ? 0 : to - WINDOW;
        else
            end = to - from >= WINDOW ? to : from + WINDOW;
        rc = load(spool, begin, end > spool->written ? spool->written : end, err);
        if (rc < 0)
            return rc;
    }
    *data = spool->window.data + (from - spool->window_at);
    return GBN_OK;
}

static uint32_t
frame_at(const uint8_t *data)
{
    uint32_t frame;

    memcpy(&frame, data, FRAME);
    return frame;
}

gbn_status
gbn_spool_next(gbn_spool *spool, const uint8_t **record, size_t *length, gbn_error *err)
{
    const uint64_t at = spool->position;
    gbn_status rc;

    if (at == spool->written + spool->tail.length)
        return GBN_END;
    rc = look(spool, at, at + FRAME, false, record, err);
    if (rc < 0)
        return rc;
    *length = frame_at(*record);
    spool->position = at + *length + 2 * (uint64_t)FRAME;
    return look(spool, at + FRAME, at + FRAME + *length, false, record, err);
}

gbn_status
gbn_spool_previous(gbn_spool *spool, const uint8_t **record, size_t *length, gbn_error *err)
{
    const uint64_t end = spool->position;
    gbn_status rc;

    if (end == 0)
        return GBN_END;
    rc = look(spool, end - FRAME, end, true, record, err);
    if (rc < 0)
        return rc;
    *length = frame_at(*record);
    spool->position = end - *length - 2 * (uint64_t)FRAME;
    return look(spool, end - FRAME - *length, end - FRAME, true, record, err);
}

void
gbn_spool_free(gbn_spool *spool)
{
    if (spool == NULL)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    gbn_bytes_free(&spool->tail);
    gbn_bytes_free(&spool->window);
    free(spool->folder);
    free(spool);
}

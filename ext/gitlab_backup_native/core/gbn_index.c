/*
 * A window of the file slides over it: a record that does not end in it is moved to its front
 * and the rest is read behind. It holds two of the longest records, so that moving is rare.
 */
#include "gbn_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_index_order.h"
#include "gbn_regular.h"

enum { WINDOW_SIZE = 2 * GBN_MANIFEST_RECORD_MAX, READ_SIZE = 256 * 1024 };

struct gbn_index {
    char *path;
    int fd;
    bool over; /* the file has been read to its end */
    uint8_t *window;
    size_t begin, end; /* what of the window has not been decoded */
    uint64_t offset;   /* of `begin` in the file */
    size_t consumed;   /* bytes of the last record, which end at `begin` */
    gbn_error failure; /* status 0: none yet */
    gbn_index_order order;
    bool waiting; /* the header, read when the file was opened, is to be given */
    gbn_manifest_reader *reader;
    gbn_manifest_record record;
};

static gbn_status
open_file(gbn_index *index, gbn_error *err)
{
    struct stat status;

    return gbn_regular_open(&(gbn_regular){.path = index->path}, &index->fd, &status, err);
}

static gbn_status
allocate(const char *path, gbn_index **index, gbn_error *err)
{
    gbn_index *made = calloc(1, sizeof *made);
    gbn_status rc;

    if (made == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    made->fd = -1;
    made->path = strdup(path);
    made->window = malloc(WINDOW_SIZE);
    rc = gbn_manifest_reader_new(&made->reader, err);
    if (rc == GBN_OK && (made->path == NULL || made->window == NULL))
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    if (rc < 0)
        gbn_index_close(made);
    else
        *index = made;
    return rc;
}

void
gbn_index_close(gbn_index *index)
{
    if (index == NULL)
        return;
    if (index->fd >= 0)
        close(index->fd);
    gbn_manifest_reader_free(index->reader);
    free(index->window);
    free(index->path);
    free(index);
}

/* Say what is wrong with the record at index->offset. */
static gbn_status
broken(const gbn_index *index, const char *what, gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "read the manifest %s at byte %llu: %s", index->path,
                    (unsigned long long)index->offset, what);
}

static gbn_status
fill(gbn_index *index, gbn_error *err)
{
    const size_t rest = index->end - index->begin;
    ssize_t n;

    if (WINDOW_SIZE - index->end < READ_SIZE) {
        memmove(index->window, index->window + index->begin, rest);
        index->begin = 0;
        index->end = rest;
    }
    do
        n = read(index->fd, index->window + index->end, READ_SIZE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", index->path);
    index->end += (size_t)n;
    index->over = n == 0;
    return GBN_OK;
}

static void
consume(gbn_index *index, size_t length)
{
    index->begin += length;
    index->offset += length;
    index->consumed = length;
}

/* The record at `begin`, still there afterwards; GBN_END if the file ends before one. */
static gbn_status
decode(gbn_index *index, size_t *used, gbn_error *err)
{
    gbn_error reason = {.message = ""};
    gbn_status rc;

    for (;;) {
        rc = gbn_manifest_read(index->reader, index->window + index->begin,
                               index->end - index->begin, used, &index->record, &reason);
        if (rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT) {
            broken(index, reason.message, err);
            if (err != NULL)
                err->status = rc;
        } else if (rc < 0 && err != NULL) {
            *err = reason;
        }
        if (rc != GBN_AGAIN)
            return rc;
        if (index->over && index->begin == index->end)
            return GBN_END;
        if (index->over)
            return broken(index, "it ends amid a record", err);
        rc = fill(index, err);
        if (rc < 0)
            return rc;
    }
}

/* Read and check the next record of a known kind. */
static gbn_status
advance(gbn_index *index, gbn_error *err)
{
    const char *problem;
    size_t used = 0;
    gbn_status rc = decode(index, &used, err);

    while (rc == GBN_SKIPPED && index->order.started && !index->order.done) {
        consume(index, used);
        rc = decode(index, &used, err);
    }
    if (rc == GBN_END && !index->order.done)
        return broken(index, "it ends without a trailer", err);
    if (rc < 0 || rc == GBN_END)
        return rc;
    if (index->order.done)
        return broken(index, "something follows the trailer", err);
    if (rc == GBN_SKIPPED)
        return broken(index, "a record before the header", err);
    problem = gbn_index_order_check(&index->order, &index->record);
    rc = problem == NULL ? GBN_OK : broken(index, problem, err);
    consume(index, used);
    return rc;
}

gbn_status
gbn_index_open(const char *path, gbn_index **index, gbn_error *err)
{
    gbn_index *opened = NULL;
    gbn_status rc = allocate(path, &opened, err);

    if (opened == NULL)
        return rc;
    rc = open_file(opened, err);
    if (rc == GBN_OK)
        rc = advance(opened, err);
    if (rc < 0) {
        gbn_index_close(opened);
        return rc;
    }
    opened->waiting = true;
    *index = opened;
    return GBN_OK;
}

gbn_status
gbn_index_next(gbn_index *index, const gbn_manifest_record **record, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (index->failure.status < 0) {
        if (err != NULL)
            *err = index->failure;
        return index->failure.status;
    }
    if (!index->waiting)
        rc = advance(index, &index->failure);
    index->waiting = false;
    if (rc < 0 && err != NULL)
        *err = index->failure;
    *record = &index->record;
    return rc;
}

const uint8_t *
gbn_index_bytes(const gbn_index *index, size_t *length)
{
    *length = index->consumed;
    return index->window + index->begin - index->consumed;
}

uint64_t
gbn_index_position(const gbn_index *index)
{
    return index->offset;
}

/*
 * A window of the file slides over it: a record that does not end in it is moved to its front
 * and the rest is read behind. It holds two of the longest records, so that moving is rare.
 */
#include "gbn_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_gzip.h"

enum { WINDOW_SIZE = 2 * GBN_MANIFEST_RECORD_MAX, READ_SIZE = 256 * 1024 };

struct gbn_index {
    char *path;
    int fd;
    bool over; /* the file has been read to its end */
    uint8_t *window;
    size_t begin, end;  /* what of the window has not been decoded */
    uint64_t offset;    /* of `begin` in the file */
    size_t consumed;    /* bytes of the last record, which end at `begin` */
    gbn_error failure;  /* status 0: none yet */
    bool plain;         /* codec none */
    bool started, done; /* the header, the trailer has been read */
    bool waiting;       /* the header, read when the file was opened, is to be given */
    gbn_manifest_reader *reader;
    gbn_manifest_record record;
    gbn_manifest_trailer sums; /* of what has been read; stored_size: the end of the last block */
    uint64_t last_raw_size;    /* of the last block */
};

static gbn_status
open_file(gbn_index *index, gbn_error *err)
{
    struct stat status;

    index->fd = open(index->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (index->fd < 0 || fstat(index->fd, &status) < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", index->path);
    if (!S_ISREG(status.st_mode))
        return gbn_fail(err, GBN_ERR_SYSTEM, EINVAL, "open %s", index->path);
    return GBN_OK;
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

static gbn_status
check_header(gbn_index *index, gbn_error *err)
{
    if (index->started)
        return broken(index, "a second header", err);
    index->started = true;
    index->plain = strcmp(index->record.header.codec, "none") == 0;
    index->sums.stored_size = index->plain ? 0 : GBN_GZIP_HEADER_SIZE;
    return GBN_OK;
}

static gbn_status
check_block(gbn_index *index, gbn_error *err)
{
    const gbn_manifest_block *block = &index->record.block;
    gbn_manifest_trailer *sums = &index->sums;

    if (block->number != sums->blocks)
        return broken(index, "a block out of turn", err);
    if (block->raw_offset != sums->raw_size || block->stored_offset != sums->stored_size)
        return broken(index, "a block that does not begin where the one before ends", err);
    if (index->plain &&
        (block->stored_size != block->raw_size || block->stored_crc32 != block->raw_crc32))
        return broken(index, "a block that is stored as it is and differs from itself", err);
    sums->blocks++;
    sums->raw_size += block->raw_size;
    sums->stored_size += block->stored_size;
    if (sums->raw_size > INT64_MAX || sums->stored_size > INT64_MAX)
        return broken(index, "a block past the largest offset", err);
    sums->raw_crc32 = gbn_gzip_crc32_combine(sums->raw_crc32, block->raw_crc32, block->raw_size);
    index->last_raw_size = block->raw_size;
    return GBN_OK;
}

static gbn_status
check_entry(gbn_index *index, gbn_error *err)
{
    const gbn_manifest_entry *entry = &index->record.entry;

    if (entry->block >= index->sums.blocks ||
        (entry->block + 1 == index->sums.blocks && entry->block_offset >= index->last_raw_size))
        return broken(index, "an entry in a block that was not named before it", err);
    index->sums.entries++;
    return GBN_OK;
}

static gbn_status
check_trailer(gbn_index *index, gbn_error *err)
{
    const gbn_manifest_trailer *said = &index->record.trailer;
    gbn_manifest_trailer *sums = &index->sums;

    index->done = true;
    if (!index->plain)
        sums->stored_size += GBN_GZIP_END_SIZE;
    if (said->blocks != sums->blocks || said->entries != sums->entries ||
        said->notes != sums->notes)
        return broken(index, "a trailer that counts other records than there are", err);
    if (said->raw_size != sums->raw_size || said->stored_size != sums->stored_size)
        return broken(index, "a trailer whose sizes are not those of the blocks", err);
    if (said->raw_crc32 != sums->raw_crc32)
        return broken(index, "a trailer whose CRC is not that of the blocks", err);
    return GBN_OK;
}

static gbn_status
check(gbn_index *index, gbn_error *err)
{
    if (!index->started && index->record.kind != GBN_RECORD_HEADER)
        return broken(index, "a record before the header", err);
    switch (index->record.kind) {
    case GBN_RECORD_HEADER:
        return check_header(index, err);
    case GBN_RECORD_BLOCK:
        return check_block(index, err);
    case GBN_RECORD_ENTRY:
        return check_entry(index, err);
    case GBN_RECORD_NOTE:
        index->sums.notes++;
        return GBN_OK;
    case GBN_RECORD_TRAILER:
        return check_trailer(index, err);
    }
    return GBN_OK;
}

/* Read and check the next record of a known kind. */
static gbn_status
advance(gbn_index *index, gbn_error *err)
{
    size_t used = 0;
    gbn_status rc = decode(index, &used, err);

    while (rc == GBN_SKIPPED && index->started && !index->done) {
        consume(index, used);
        rc = decode(index, &used, err);
    }
    if (rc == GBN_END && !index->done)
        return broken(index, "it ends without a trailer", err);
    if (rc < 0 || rc == GBN_END)
        return rc;
    if (index->done)
        return broken(index, "something follows the trailer", err);
    if (rc == GBN_SKIPPED)
        return broken(index, "a record before the header", err);
    rc = check(index, err);
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

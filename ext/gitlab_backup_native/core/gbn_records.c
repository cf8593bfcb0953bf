/*
 * A window of the file, as in gbn_index, but wherever somebody wants to begin: going to a place
 * within it reads nothing, so that records asked for in their order cost one pass over the file. pread,
 * since bytes are copied between without moving the window.
 */
#include "gbn_records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_regular.h"

enum { READ = 64 * 1024 };

struct gbn_records {
    char *path;
    int fd;
    gbn_bytes window;
    uint64_t window_at;
    size_t next; /* in the window */
    gbn_manifest_reader *reader;
    gbn_manifest_record record;
};

gbn_status
gbn_records_open(const char *path, gbn_records **result, gbn_error *err)
{
    gbn_records *records = calloc(1, sizeof *records);
    struct stat status;
    gbn_status rc;

    *result = NULL;
    if (records == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    rc = gbn_regular_open(&(gbn_regular){.path = path}, &records->fd, &status, err);
    if (rc == GBN_OK)
        rc = gbn_manifest_reader_new(&records->reader, err);
    if (rc == GBN_OK && (records->path = strdup(path)) == NULL)
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    if (rc < 0)
        gbn_records_close(records);
    else
        *result = records;
    return rc;
}

void
gbn_records_close(gbn_records *records)
{
    if (records == NULL)
        return;
    if (records->fd >= 0)
        close(records->fd);
    gbn_manifest_reader_free(records->reader);
    gbn_bytes_free(&records->window);
    free(records->path);
    free(records);
}

void
gbn_records_seek(gbn_records *records, uint64_t offset)
{
    if (offset >= records->window_at && offset - records->window_at <= records->window.length) {
        records->next = (size_t)(offset - records->window_at);
        return;
    }
    gbn_bytes_clear(&records->window);
    records->window_at = offset;
    records->next = 0;
}

/* Append up to `length` bytes at `offset`; GBN_END when there are none. */
static gbn_status
read_some(gbn_records *records, uint64_t offset, size_t length, gbn_bytes *out, gbn_error *err)
{
    ssize_t n;
    gbn_status rc = gbn_bytes_reserve(out, length, err);

    if (rc < 0)
        return rc;
    do
        n = pread(records->fd, out->data + out->length, length, (off_t)offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", records->path);
    out->length += (size_t)n;
    return n == 0 ? GBN_END : GBN_OK;
}

static gbn_status
fill(gbn_records *records, gbn_error *err)
{
    gbn_bytes *window = &records->window;
    gbn_status rc;

    if (window->data != NULL)
        memmove(window->data, window->data + records->next, window->length - records->next);
    window->length -= records->next;
    records->window_at += records->next;
    records->next = 0;
    rc = read_some(records, records->window_at + window->length, READ, window, err);
    return rc == GBN_END
               ? gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: it has become shorter", records->path)
               : rc;
}

gbn_status
gbn_records_next(gbn_records *records, const gbn_manifest_record **record, gbn_error *err)
{
    size_t used;
    gbn_status rc = records->window.data == NULL ? fill(records, err) : GBN_OK;

    while (rc == GBN_OK) {
        rc =
            gbn_manifest_read(records->reader, records->window.data + records->next,
                              records->window.length - records->next, &used, &records->record, err);
        if (rc == GBN_AGAIN) {
            rc = fill(records, err);
            continue;
        }
        if (rc != GBN_OK && rc != GBN_SKIPPED)
            break;
        records->next += used;
        if (rc == GBN_OK) {
            *record = &records->record;
            break;
        }
        rc = GBN_OK;
    }
    return rc;
}

gbn_status
gbn_records_next_entry(gbn_records *records, const gbn_manifest_entry **entry, gbn_error *err)
{
    const gbn_manifest_record *record = &records->record;
    gbn_status rc;

    do
        rc = gbn_records_next(records, &record, err);
    while (rc == GBN_OK && record->kind != GBN_RECORD_ENTRY && record->kind != GBN_RECORD_TRAILER);
    if (rc == GBN_OK && record->kind == GBN_RECORD_TRAILER)
        rc = gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: it has changed", records->path);
    *entry = &record->entry;
    return rc;
}

gbn_status
gbn_records_bytes(gbn_records *records, uint64_t offset, uint64_t length, gbn_bytes *out,
                  gbn_error *err)
{
    const size_t begin = out->length;
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && out->length - begin < length) {
        const size_t done = out->length - begin;

        rc = read_some(records, offset + done, (size_t)(length - done), out, err);
    }
    return rc == GBN_END
               ? gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: it has become shorter", records->path)
               : rc;
}

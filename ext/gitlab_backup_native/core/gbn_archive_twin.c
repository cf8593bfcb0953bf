#include <stdlib.h>
#include <string.h>

#include "gbn_archive_state.h"

/* Large files of equal content: stored once, and as hard links from then on. */

static gbn_twin
twin_of(const gbn_entry *entry)
{
    return (gbn_twin){.size = (uint64_t)entry->status.st_size,
                      .mode = entry->status.st_mode & 07777,
                      .uid = entry->status.st_uid,
                      .gid = entry->status.st_gid};
}

static bool
is_large(const gbn_entry *entry)
{
    return entry->sliced && !entry->repeats && entry->status.st_size > GBN_PRODUCT_BLOCK;
}

/* Read a file to its end for nothing but its hash. */
static gbn_status
hash(struct archive *archive, const gbn_file *file, const struct stat *status, uint8_t *buffer,
     gbn_file_result *result, gbn_twin *twin, gbn_error *err)
{
    gbn_status rc = gbn_sha256_reset(archive->sha, err);
    uint64_t offset = 0;

    while (rc == GBN_OK && offset < twin->size && result->errnum == 0) {
        const uint64_t left = twin->size - offset;
        const size_t length = left < GBN_READER_SLICE ? (size_t)left : GBN_READER_SLICE;

        if (gbn_cancel_raised(archive->cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        gbn_file_read_slice(file, status, offset, buffer, length, result);
        rc = gbn_sha256_update(archive->sha, buffer, length, err);
        offset += length;
    }
    return rc == GBN_OK ? gbn_sha256_final(archive->sha, twin->sha256, err) : rc;
}

/* The reader goes on with the same file meanwhile, whose slices are then in the page cache. */
static gbn_status
look(struct archive *archive, const gbn_entry *entry, gbn_twin *twin, gbn_error *err)
{
    gbn_file_result result = {0};
    gbn_file file = {.fd = -1};
    gbn_error reason = {.status = GBN_OK};
    struct stat status;
    uint8_t *buffer = malloc(GBN_READER_SLICE);
    gbn_status rc = GBN_OK;

    if (buffer == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a file twice");
    if (gbn_dir_open_file(entry->parent, entry->name, &file.fd, &status, &reason) == GBN_OK &&
        !gbn_file_changed(&file, &entry->status)) {
        file.size = twin->size;
        rc = hash(archive, &file, &status, buffer, &result, twin, err);
        if (rc == GBN_OK && result.errnum == 0 && !gbn_file_changed(&file, &entry->status))
            archive->twin = gbn_twins_find(archive->twins, twin);
    }
    gbn_file_close(&file);
    free(buffer);
    return rc;
}

gbn_status
gbn_archive_find_twin(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    gbn_twin twin = twin_of(entry);

    archive->twin = NULL;
    if (archive->twins == NULL || !is_large(entry) || !gbn_twins_may(archive->twins, &twin))
        return GBN_OK;
    return look(archive, entry, &twin, err);
}

gbn_status
gbn_archive_skip_content(struct archive *archive)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc;

    do
        rc = gbn_reader_slice(archive->reader, &data, &length);
    while (rc == GBN_OK);
    return rc == GBN_END ? GBN_OK : rc;
}

gbn_status
gbn_archive_keep_twin(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    gbn_twin twin = twin_of(entry);

    if (archive->twins == NULL || archive->twin != NULL || !is_large(entry) || entry->noted)
        return GBN_OK;
    memcpy(twin.sha256, entry->sha256, sizeof twin.sha256);
    return gbn_twins_keep(archive->twins, &twin, (const char *)archive->path.data, err);
}

gbn_status
gbn_archive_keep_former_twin(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    const gbn_manifest_entry *former;
    gbn_twin twin;
    gbn_status rc;

    if (archive->twins == NULL || !archive->earlier.within || row->entries != 1)
        return GBN_OK;
    gbn_records_seek(archive->earlier.records, row->records_at);
    rc = gbn_records_next_entry(archive->earlier.records, &former, err);
    if (rc == GBN_OK)
        rc = gbn_archive_former_path(archive, former, err);
    if (rc < 0)
        return rc;
    twin = (gbn_twin){
        .size = former->size, .mode = former->mode & 07777, .uid = former->uid, .gid = former->gid};
    memcpy(twin.sha256, former->sha256, sizeof twin.sha256);
    return gbn_twins_keep(archive->twins, &twin, (const char *)archive->path.data, err);
}

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_archive_state.h"
#include "gbn_time.h"

/*
 * Blocks the earlier archive should have and has not. Its files were as they had been when all were looked at,
 * so the block can be made again: of small members, one after another, as they are now; of a large one
 * from the bytes that were in it, as others before it may be in this archive already.
 */
/* ---- small members ---- */

static gbn_status
read_content(const struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    const uint64_t size = entry->file.size;
    uint8_t *buffer = malloc(size > 0 ? size : 1);
    gbn_status rc;

    if (buffer == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a file of %llu bytes",
                        (unsigned long long)size);
    rc = gbn_entry_read(entry, buffer, size, archive->sha, err);
    if (entry->file.grown == NULL)
        entry->file.grown = buffer; /* freed with the entry */
    else
        free(buffer);
    return rc;
}

static gbn_status
take_again(struct archive *archive, const gbn_manifest_entry *former, gbn_error *err)
{
    gbn_walk_item item = {.type = former->mode & S_IFMT};
    gbn_entry entry = {.file = {.fd = -1}};
    gbn_plan_path path;
    const char *name;
    gbn_status rc = gbn_way_find(archive->earlier.way, former->path, &item.parent, &name, err);

    if (rc < 0)
        return rc;
    memcpy(item.name, name, strnlen(name, sizeof item.name - 1));
    if (S_ISDIR(former->mode)) {
        item.listed = true;
        item.settled_ns = INT64_MAX;
        path = gbn_plan_path_of(former, GBN_VERDICT_SAME);
        item.status = gbn_plan_former_status(&path);
    }
    gbn_entry_init(&entry, &item, archive->root);
    if (!item.listed)
        rc = gbn_entry_open(&entry, archive->root, err);
    if (rc == GBN_OK && entry.file.fd >= 0)
        rc = read_content(archive, &entry, err);
    if (rc == GBN_OK)
        rc = gbn_archive_take(archive, &entry, err);
    gbn_entry_release(&entry);
    gbn_bytes_free(&entry.target);
    return rc;
}

static gbn_status
mend_small(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    gbn_records *records = archive->earlier.records;
    const gbn_manifest_entry *former;
    gbn_status rc = gbn_product_regroup(archive->product, err);

    gbn_records_seek(records, row->records_at);
    for (uint32_t left = row->entries; rc == GBN_OK && left > 0; left--) {
        rc = gbn_records_next_entry(records, &former, err);
        if (rc == GBN_OK)
            rc = take_again(archive, former, err);
    }
    return rc;
}

/* ---- a part of a large one ---- */

/* Headers of the member `entry` is of, into archive->header. */
static gbn_status
build_header(struct archive *archive, const gbn_manifest_entry *entry, gbn_error *err)
{
    gbn_tar_member member = {
        .mode = entry->mode,
        .size = entry->size,
        .mtime = gbn_time_seconds(entry->mtime_ns),
        .uid = entry->uid,
        .gid = entry->gid,
        .owner = entry->owner,
        .group = entry->group,
    };
    gbn_status rc = gbn_archive_former_path(archive, entry, err);

    member.path = (const char *)archive->path.data;
    gbn_bytes_clear(&archive->header);
    return rc == GBN_OK ? gbn_tar_header(archive->tar, &member, &archive->header, err) : rc;
}

static bool
is_as_it_was(const gbn_manifest_entry *entry, const struct stat *status)
{
    return status->st_dev == entry->device && status->st_ino == entry->inode &&
           (uint64_t)status->st_size == entry->size &&
           gbn_time_is(entry->mtime_ns, status->st_mtim.tv_sec, status->st_mtim.tv_nsec) &&
           gbn_time_is(entry->ctime_ns, status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

/* [from, from + length) of the member: its headers, its content, zeros. */
static gbn_status
append_part(struct archive *archive, const gbn_manifest_entry *entry, const gbn_file *file,
            const struct stat *status, uint64_t from, uint64_t length, gbn_error *err)
{
    const size_t header = archive->header.length;
    gbn_file_result result = {0};
    uint8_t *room;
    size_t size;
    uint64_t part;
    gbn_status rc = GBN_OK;

    if (from < header) {
        part = header - from < length ? header - from : length;
        rc = gbn_product_append(archive->product, archive->header.data + from, part, err);
        from += part;
        length -= part;
    }
    while (rc == GBN_OK && length > 0 && from - header < entry->size) {
        rc = gbn_product_room(archive->product, &room, &size, err);
        if (rc != GBN_OK)
            return rc;
        part = entry->size - (from - header) < length ? entry->size - (from - header) : length;
        size = part < size ? (size_t)part : size;
        gbn_file_read_slice(file, status, from - header, room, size, &result);
        if (result.errnum != 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, result.errnum, "read %s", entry->path);
        gbn_product_filled(archive->product, size);
        from += size;
        length -= size;
    }
    return rc == GBN_OK ? gbn_product_append_zeros(archive->product, length, err) : rc;
}

static gbn_status
changed(const gbn_manifest_entry *entry, gbn_error *err)
{
    return gbn_fail(
        err, GBN_ERR_FORMAT, 0,
        "a block of the earlier archive is damaged, and the file has changed by now: %s",
        entry->path);
}

static gbn_status
append_from_file(struct archive *archive, const gbn_survey_row *row,
                 const gbn_manifest_entry *entry, gbn_error *err)
{
    gbn_error reason = {.status = GBN_OK};
    gbn_file file = {.fd = -1};
    struct stat status;
    gbn_dir *parent;
    const char *name;
    gbn_status rc = gbn_way_find(archive->earlier.way, entry->path, &parent, &name, err);

    if (rc < 0)
        return rc;
    rc = gbn_dir_open_file(parent, name, &file.fd, &status, &reason);
    gbn_dir_release(parent);
    if (rc < 0) {
        *err = reason;
        return rc;
    }
    if (rc == GBN_SKIPPED || !is_as_it_was(entry, &status))
        rc = changed(entry, err);
    file.size = entry->size;
    if (rc == GBN_OK)
        rc = append_part(archive, entry, &file, &status,
                         row->block.raw_offset - archive->earlier.member_at, row->block.raw_size,
                         err);
    if (rc == GBN_OK && gbn_file_changed(&file, &status))
        rc = changed(entry, err);
    gbn_file_close(&file);
    return rc;
}

static gbn_status
mend_part(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    const gbn_manifest_entry *entry = NULL;
    gbn_manifest_entry again;
    gbn_bytes *records;
    gbn_status rc;

    gbn_records_seek(archive->earlier.records, row->records_at);
    rc = gbn_records_next_entry(archive->earlier.records, &entry, err); /* behind the last block */
    if (rc == GBN_OK)
        rc = build_header(archive, entry, err);
    if (rc == GBN_OK)
        rc = append_from_file(archive, row, entry, err);
    if (rc != GBN_OK)
        return rc;
    if (row->entries == 0)
        return gbn_product_cut(archive->product, err);
    again = *entry;
    again.block = gbn_product_blocks(archive->product) - (row->block.number - entry->block);
    archive->result->entries++;
    archive->result->files++;
    rc = gbn_product_records(archive->product, &records, err);
    if (rc == GBN_OK)
        rc = gbn_manifest_put_entry(records, &again, err);
    return rc == GBN_OK ? gbn_product_cut(archive->product, err) : rc;
}

gbn_status
gbn_archive_mend(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    archive->result->damaged_blocks++;
    gbn_product_copy_drop(archive->product);
    return archive->earlier.within || row->continues ? mend_part(archive, row, err)
                                                     : mend_small(archive, row, err);
}

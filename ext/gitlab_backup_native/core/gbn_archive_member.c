#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_archive_state.h"
#include "gbn_time.h"

/* What goes into the archive and what is noted is decided here, in walk order. */

/* ---- notes ---- */

static const char *
member_path(const struct archive *archive)
{
    return (const char *)archive->path.data + strlen(archive->prefix);
}

static gbn_status
keep_note(gbn_product_result *result, gbn_manifest_note_kind kind, const char *path,
          const char *reason, gbn_error *err)
{
    gbn_product_note *notes;
    gbn_product_note *note;

    result->note_counts[kind]++;
    if (result->note_count == GBN_PRODUCT_NOTES)
        return GBN_OK;
    notes = realloc(result->notes, (result->note_count + 1) * sizeof notes[0]);
    if (notes == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "note %s", path);
    result->notes = notes;
    note = &notes[result->note_count];
    *note = (gbn_product_note){.kind = kind, .path = strdup(path), .reason = strdup(reason)};
    result->note_count++;
    return note->path != NULL && note->reason != NULL
               ? GBN_OK
               : gbn_fail(err, GBN_ERR_NOMEM, 0, "note %s", path);
}

static gbn_status
put_note(struct archive *archive, gbn_manifest_note_kind kind, const char *reason, gbn_error *err)
{
    gbn_bytes *records;
    gbn_status rc = gbn_product_records(archive->product, &records, err);

    if (rc == GBN_OK)
        rc = gbn_manifest_put_note(records, kind, member_path(archive), reason, err);
    if (rc == GBN_OK)
        rc = keep_note(archive->result, kind, member_path(archive), reason, err);
    return rc;
}

static gbn_status
put_entry_note(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    char text[256];

    if (!entry->noted)
        return GBN_OK;
    return put_note(
        archive, entry->note,
        entry->errnum == 0 ? entry->reason : gbn_errno_text(entry->errnum, text, sizeof text), err);
}

/* ---- one member ---- */

static gbn_status
build_path(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    gbn_bytes *path = &archive->path;
    gbn_status rc;

    gbn_bytes_clear(path);
    rc = gbn_bytes_append(path, archive->prefix, strlen(archive->prefix), err);
    if (rc == GBN_OK && entry->parent != NULL)
        rc = gbn_dir_path(entry->parent, path, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(path, entry->name, strlen(entry->name) + 1, err);
    return rc;
}

/* The path of the member whose content this one repeats, or NULL. */
static const char *
repeated(const struct archive *archive, const gbn_entry *entry)
{
    assert(!entry->repeats ||
           (entry->link != NULL && entry->link->path != NULL)); /* or it is no member */
    return entry->repeats ? entry->link->path : archive->twin;
}

static bool
has_content(const struct archive *archive, const gbn_entry *entry)
{
    return S_ISREG(entry->status.st_mode) && repeated(archive, entry) == NULL;
}

static uint64_t
content_size(const struct archive *archive, const gbn_entry *entry)
{
    return has_content(archive, entry) ? (uint64_t)entry->status.st_size : 0;
}

static gbn_status
build_header(struct archive *archive, const gbn_entry *entry, gbn_error *err)
{
    const struct stat *status = &entry->status;
    gbn_tar_member member = {
        .path = (const char *)archive->path.data,
        .mode = status->st_mode,
        .size = content_size(archive, entry),
        .mtime = status->st_mtim.tv_sec,
        .uid = status->st_uid,
        .gid = status->st_gid,
        .owner = gbn_owner_user(archive->owner, status->st_uid),
        .group = gbn_owner_group(archive->owner, status->st_gid),
        .rdev = status->st_rdev,
    };

    if (repeated(archive, entry) != NULL) {
        member.mode = S_IFREG | (status->st_mode & 07777);
        member.link = repeated(archive, entry);
    } else if (S_ISLNK(status->st_mode)) {
        member.link = (const char *)entry->target.data;
    }
    gbn_bytes_clear(&archive->header);
    return gbn_tar_header(archive->tar, &member, &archive->header, err);
}

static gbn_status
append_slices(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc = gbn_sha256_reset(archive->sha, err);

    while (rc == GBN_OK && (rc = gbn_reader_slice(archive->reader, &data, &length)) == GBN_OK) {
        rc = gbn_sha256_update(archive->sha, data, length, err);
        if (rc == GBN_OK)
            rc = gbn_product_append(archive->product, data, length, err);
    }
    return rc == GBN_END ? gbn_sha256_final(archive->sha, entry->sha256, err) : rc;
}

static gbn_status
append_content(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    gbn_status rc;

    if (archive->twin != NULL)
        return gbn_archive_skip_content(archive);
    if (!has_content(archive, entry))
        return GBN_OK;
    if (entry->sliced)
        rc = append_slices(archive, entry, err);
    else
        rc = gbn_product_append(archive->product, entry->file.content, content_size(archive, entry),
                                err);
    if (rc == GBN_OK)
        rc = gbn_product_append_zeros(archive->product,
                                      gbn_tar_padding(content_size(archive, entry)), err);
    return rc;
}

static gbn_status
put_entry(struct archive *archive, const gbn_entry *entry, uint64_t block, uint64_t offset,
          gbn_error *err)
{
    const struct stat *status = &entry->status;
    gbn_manifest_entry record = {
        .path = member_path(archive),
        .mode = status->st_mode,
        .hardlink = repeated(archive, entry) != NULL,
        .mtime_ns = gbn_time_ns(status->st_mtim.tv_sec, status->st_mtim.tv_nsec),
        .ctime_ns = gbn_time_ns(status->st_ctim.tv_sec, status->st_ctim.tv_nsec),
        .size = content_size(archive, entry),
        .has_sha256 = has_content(archive, entry),
        .uid = status->st_uid,
        .gid = status->st_gid,
        .owner = gbn_owner_user(archive->owner, status->st_uid),
        .group = gbn_owner_group(archive->owner, status->st_gid),
        .rdev = status->st_rdev,
        .block = block,
        .block_offset = offset,
        .device = status->st_dev,
        .inode = status->st_ino,
        .settled = entry->settled && !entry->noted, /* what is noted is to be looked at anew */
    };
    gbn_bytes *records;
    gbn_status rc = gbn_product_records(archive->product, &records, err);

    if (rc < 0)
        return rc;
    if (record.hardlink) {
        record.link = repeated(archive, entry) + strlen(archive->prefix);
    } else if (S_ISLNK(status->st_mode)) {
        record.link = (const char *)entry->target.data;
    }
    memcpy(record.sha256, entry->sha256, sizeof record.sha256);
    return gbn_manifest_put_entry(records, &record, err);
}

static void
count_member(struct archive *archive, const gbn_entry *entry)
{
    archive->result->entries++;
    if (S_ISDIR(entry->status.st_mode))
        archive->result->directories++;
    else if (S_ISREG(entry->status.st_mode) || entry->repeats)
        archive->result->files++;
    atomic_fetch_add_explicit(&archive->counters->entries, 1, memory_order_relaxed);
}

static gbn_status
put_member(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    uint64_t block;
    uint64_t offset;
    uint64_t size;
    gbn_status rc = gbn_archive_find_twin(archive, entry, err);

    if (rc < 0)
        return rc;
    size = content_size(archive, entry);
    rc = build_header(archive, entry, err);
    if (rc == GBN_ERR_FORMAT && size == 0) /* a device number of more than six octal digits, say */
        return put_note(archive, GBN_NOTE_SKIPPED, "no tar header can express it", err);
    if (rc == GBN_OK)
        rc = gbn_product_begin_member(archive->product,
                                      archive->header.length + size + gbn_tar_padding(size), &block,
                                      &offset, err);
    if (rc == GBN_OK)
        rc =
            gbn_product_append(archive->product, archive->header.data, archive->header.length, err);
    if (rc == GBN_OK)
        rc = append_content(archive, entry, err);
    if (rc == GBN_OK && entry->link != NULL && !entry->repeats)
        rc = gbn_link_keep(entry->link, (const char *)archive->path.data, err);
    if (rc == GBN_OK)
        rc = gbn_archive_keep_twin(archive, entry, err);
    if (rc == GBN_OK)
        rc = put_entry(archive, entry, block, offset, err);
    if (rc == GBN_OK)
        rc = put_entry_note(archive, entry, err);
    if (rc == GBN_OK)
        rc = gbn_product_end_member(archive->product, err);
    if (rc == GBN_OK)
        count_member(archive, entry);
    return rc;
}

gbn_status
gbn_archive_take(struct archive *archive, gbn_entry *entry, gbn_error *err)
{
    gbn_status rc = build_path(archive, entry, err);

    if (rc < 0)
        return rc;
    if (entry->absent)
        return put_entry_note(archive, entry, err);
    if (entry->repeats && entry->link->path == NULL)
        return put_note(archive, GBN_NOTE_UNREADABLE,
                        "another name of this file could not be archived", err);
    return put_member(archive, entry, err);
}

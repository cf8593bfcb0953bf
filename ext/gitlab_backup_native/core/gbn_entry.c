#include "gbn_entry.h"

#include <errno.h>
#include <string.h>

/* A change of a file on another device may be stamped by another clock than the root's. */
static void
judge_settled(gbn_entry *entry, const gbn_root *root, int64_t settled_ns)
{
    entry->settled = gbn_file_settled(&entry->status, settled_ns) &&
                     entry->status.st_dev == gbn_root_device(root);
}

void
gbn_entry_init(gbn_entry *entry, const gbn_walk_item *item, const gbn_root *root)
{
    *entry = (gbn_entry){
        .parent = item->parent,
        .target = entry->target,
        .file = {.fd = -1},
        .listed_type = item->type,
        .list_errnum = item->errnum,
    };
    memcpy(entry->name, item->name, sizeof entry->name);
    if (item->listed) {
        entry->status = item->status;
        judge_settled(entry, root, item->settled_ns);
    }
}

static void
note(gbn_entry *entry, gbn_manifest_note_kind kind, int errnum, const char *reason)
{
    entry->noted = true;
    entry->note = kind;
    entry->errnum = errnum;
    entry->reason = reason;
}

/* Did it fail because the name, or a directory above it, is not what it was? */
static bool
is_gone(int errnum)
{
    return errnum == ENOENT || errnum == ESTALE || errnum == ENOTDIR || errnum == ELOOP;
}

static void
leave_out(gbn_entry *entry, int errnum)
{
    entry->absent = true;
    note(entry, is_gone(errnum) ? GBN_NOTE_VANISHED : GBN_NOTE_UNREADABLE, errnum, NULL);
}

static gbn_status
open_regular(gbn_entry *entry, gbn_error *err)
{
    gbn_status rc =
        gbn_dir_open_file(entry->parent, entry->name, &entry->file.fd, &entry->status, err);

    if (rc == GBN_SKIPPED && err->errnum != EINVAL)
        leave_out(entry, err->errnum);
    return rc;
}

static gbn_status
open_link(gbn_entry *entry, gbn_error *err)
{
    gbn_status rc = gbn_dir_read_link(entry->parent, entry->name, &entry->target, err);

    if (rc == GBN_SKIPPED)
        leave_out(entry, err->errnum == EINVAL ? ENOENT : err->errnum);
    return rc;
}

/* Whatever the walk did not know, or what is no longer as the walk saw it. */
static gbn_status
open_by_status(gbn_entry *entry, gbn_error *err)
{
    gbn_status rc = gbn_dir_stat(entry->parent, entry->name, &entry->status, err);

    if (rc == GBN_SKIPPED)
        leave_out(entry, err->errnum);
    if (rc != GBN_OK)
        return rc;
    switch (entry->status.st_mode & S_IFMT) {
    case S_IFREG:
        rc = open_regular(entry, err);
        if (rc == GBN_SKIPPED && err->errnum == EINVAL)
            leave_out(entry, ENOENT);
        break;
    case S_IFLNK:
        rc = open_link(entry, err);
        break;
    case S_IFSOCK:
        entry->absent = true;
        note(entry, GBN_NOTE_SKIPPED, 0, "a socket has no content");
        break;
    case S_IFDIR:
        if (entry->list_errnum != 0 && !is_gone(entry->list_errnum))
            note(entry, GBN_NOTE_UNREADABLE, entry->list_errnum, NULL);
        else
            note(entry, GBN_NOTE_CHANGED, 0, "was replaced by a directory while it was read");
        break;
    default:
        break;
    }
    return rc;
}

gbn_status
gbn_entry_open(gbn_entry *entry, const gbn_root *root, gbn_error *err)
{
    int64_t settled_ns = gbn_root_settled_ns(root);
    gbn_error reason = {.status = GBN_OK};
    gbn_status rc = GBN_SKIPPED;

    reason.errnum = EINVAL;
    if (S_ISREG(entry->listed_type))
        rc = open_regular(entry, &reason);
    if (rc == GBN_SKIPPED && reason.errnum == EINVAL)
        rc = open_by_status(entry, &reason);
    if (rc < 0) {
        *err = reason;
        return rc;
    }
    entry->file.size = entry->file.fd < 0 ? 0 : (uint64_t)entry->status.st_size;
    judge_settled(entry, root, settled_ns);
    return GBN_OK;
}

static gbn_status
hash(gbn_entry *entry, gbn_sha256 *sha, gbn_error *err)
{
    gbn_status rc = gbn_sha256_reset(sha, err);

    if (rc == GBN_OK)
        rc = gbn_sha256_update(sha, entry->file.content, (size_t)entry->status.st_size, err);
    return rc == GBN_OK ? gbn_sha256_final(sha, entry->sha256, err) : rc;
}

gbn_status
gbn_entry_read(gbn_entry *entry, uint8_t *buffer, size_t limit, gbn_sha256 *sha, gbn_error *err)
{
    gbn_file_result result = {0};
    gbn_status rc = gbn_file_read_whole(&entry->file, &entry->status, buffer, limit, &result, err);

    if (rc < 0)
        return rc;
    entry->settled = entry->settled && !result.changed;
    if (result.errnum != 0) {
        leave_out(entry, result.errnum);
        return GBN_OK;
    }
    if (result.torn)
        note(entry, GBN_NOTE_TORN, 0, "changed during each of three reads");
    else if (result.grown)
        note(entry, GBN_NOTE_CHANGED, 0, "grew while it was read");
    return hash(entry, sha, err);
}

void
gbn_entry_note_slice(gbn_entry *entry, const gbn_file_result *result)
{
    if (result->errnum != 0)
        note(entry, GBN_NOTE_UNREADABLE, result->errnum, NULL);
    else if (result->shrunk && !entry->noted)
        note(entry, GBN_NOTE_CHANGED, 0, "shrank while it was read: filled with zeros");
}

void
gbn_entry_note_sliced(gbn_entry *entry)
{
    bool changed = gbn_file_changed(&entry->file, &entry->status);

    if (changed && !entry->noted)
        note(entry, GBN_NOTE_CHANGED, 0, "changed while it was read");
    entry->settled = entry->settled && !changed && !entry->noted;
}

void
gbn_entry_release(gbn_entry *entry)
{
    gbn_file_close(&entry->file);
    gbn_file_forget(&entry->file);
    gbn_dir_release(entry->parent);
    entry->parent = NULL;
}

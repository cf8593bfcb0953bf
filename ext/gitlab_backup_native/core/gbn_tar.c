/*
 * A writer of libarchive's that has got a header wants the content next, and
 * writes zeros for what is missing when it is closed. Contents go another way
 * here, so each header has a writer of its own, and `append` refuses whatever
 * comes after the header: then closing stops at its first zeros. (archive_write_fail
 * is meant for that, but makes libarchive 3.6 leak the writer's buffer.) With 0
 * bytes per block nothing is held back.
 *
 * Strings are set as bytes (archive_entry_copy_*) and asked for as bytes by the
 * gnutar format, so no locale has a say. Of the numbers, gnutar writes base-256
 * for sizes, uids and gids that exceed their fields; times it does not, so those
 * before 1970 or past 2242 are put in here, as GNU tar writes them.
 */
#include "gbn_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Offsets in a header block: GNU tar's manual, "Basic Tar Format". */
enum {
    MTIME_OFFSET = 136,
    MTIME_SIZE = 12,
    CHECKSUM_OFFSET = 148,
    CHECKSUM_SIZE = 8,
};

static const int64_t MTIME_OCTAL_END = INT64_C(1) << 33; /* 11 octal digits */

struct gbn_tar {
    struct archive_entry *entry;
    gbn_bytes *out; /* of the current call */
    gbn_error *err;
    gbn_status status;
    bool complete; /* the header is; what follows is refused */
};

gbn_status
gbn_tar_new(gbn_tar **result, gbn_error *err)
{
    gbn_tar *tar = calloc(1, sizeof *tar);

    *result = NULL;
    if (tar == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a tar writer");
    tar->entry = archive_entry_new();
    if (tar->entry == NULL) {
        free(tar);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a tar writer");
    }
    *result = tar;
    return GBN_OK;
}

void
gbn_tar_free(gbn_tar *tar)
{
    if (tar == NULL)
        return;
    archive_entry_free(tar->entry);
    free(tar);
}

static la_ssize_t
append(struct archive *writer, void *opaque, const void *data, size_t length)
{
    gbn_tar *tar = opaque;

    (void)writer;
    if (tar->complete)
        return -1;
    tar->status = gbn_bytes_append(tar->out, data, length, tar->err);
    return tar->status < 0 ? -1 : (la_ssize_t)length;
}

static void
fill_entry(struct archive_entry *entry, const gbn_tar_member *member)
{
    archive_entry_clear(entry);
    archive_entry_copy_pathname(entry, member->path);
    archive_entry_set_mode(entry, member->mode);
    archive_entry_set_size(entry, (la_int64_t)member->size);
    archive_entry_set_mtime(entry, member->mtime, 0);
    archive_entry_set_uid(entry, (la_int64_t)member->uid);
    archive_entry_set_gid(entry, (la_int64_t)member->gid);
    archive_entry_copy_uname(entry, member->owner);
    archive_entry_copy_gname(entry, member->group);
    archive_entry_set_rdev(entry, member->rdev);
    if (member->link == NULL)
        return;
    if (S_ISLNK(member->mode))
        archive_entry_copy_symlink(entry, member->link);
    else
        archive_entry_copy_hardlink(entry, member->link);
}

static gbn_status
write_header(gbn_tar *tar, struct archive *writer)
{
    int rc = archive_write_set_format_gnutar(writer);

    if (rc == ARCHIVE_OK)
        rc = archive_write_set_bytes_per_block(writer, 0);
    if (rc == ARCHIVE_OK)
        rc = archive_write_open(writer, tar, NULL, append, NULL);
    if (rc == ARCHIVE_OK)
        rc = archive_write_header(writer, tar->entry);
    tar->complete = true;
    if (tar->status < 0)
        return tar->status;
    if (rc == ARCHIVE_OK)
        return GBN_OK;
    if (archive_errno(writer) == ENOMEM)
        return gbn_fail(tar->err, GBN_ERR_NOMEM, 0, "write a tar header");
    return gbn_fail(tar->err, GBN_ERR_FORMAT, 0, "write a tar header for %s (%s)",
                    archive_entry_pathname(tar->entry), archive_error_string(writer));
}

/* The sum of the header's bytes, its own field taken as spaces: six digits, NUL, space. */
static void
put_checksum(uint8_t *header)
{
    uint8_t *field = header + CHECKSUM_OFFSET;
    unsigned sum = 0;
    int i;

    memset(field, ' ', CHECKSUM_SIZE);
    for (i = 0; i < GBN_TAR_BLOCK; i++)
        sum += header[i];
    field[6] = '\0';
    for (i = 5; i >= 0; i--, sum >>= 3)
        field[i] = (uint8_t)('0' + (sum & 7));
}

/* GNU base-256: two's complement, most significant byte first, the top bit of the field set. */
static void
put_mtime(uint8_t *header, int64_t mtime)
{
    uint8_t *field = header + MTIME_OFFSET;
    uint64_t rest = (uint64_t)mtime;
    int i;

    memset(field, mtime < 0 ? 0xff : 0, MTIME_SIZE);
    for (i = MTIME_SIZE - 1; i >= MTIME_SIZE - 8; i--, rest >>= 8)
        field[i] = (uint8_t)(rest & 0xff);
    field[0] |= 0x80;
    put_checksum(header);
}

gbn_status
gbn_tar_header(gbn_tar *tar, const gbn_tar_member *member, gbn_bytes *out, gbn_error *err)
{
    struct archive *writer;
    size_t before = out->length;
    gbn_status rc;

    if (member->size > INT64_MAX || member->uid > INT64_MAX || member->gid > INT64_MAX)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "write a tar header for %s (number too large)",
                        member->path);
    writer = archive_write_new();
    if (writer == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "write a tar header");
    tar->out = out;
    tar->err = err;
    tar->status = GBN_OK;
    tar->complete = false;
    fill_entry(tar->entry, member);
    rc = write_header(tar, writer);
    archive_write_close(writer); /* free alone closes no writer that has failed */
    archive_write_free(writer);
    if (rc < 0)
        out->length = before;
    else if (member->mtime < 0 || member->mtime >= MTIME_OCTAL_END)
        put_mtime(out->data + out->length - GBN_TAR_BLOCK, member->mtime);
    return rc;
}

size_t
gbn_tar_padding(uint64_t size)
{
    return (size_t)(-size & (GBN_TAR_BLOCK - 1));
}

size_t
gbn_tar_end(uint64_t length)
{
    const uint64_t end = length + 2 * GBN_TAR_BLOCK;

    return (size_t)(2 * GBN_TAR_BLOCK + (GBN_TAR_RECORD - end % GBN_TAR_RECORD) % GBN_TAR_RECORD);
}

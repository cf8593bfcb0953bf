#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_unpack_place.h"
#include "gbn_unpack_state.h"

gbn_status
gbn_unpack_name(gbn_unpack_worker *worker, const char *name, gbn_error *err)
{
    return gbn_target_name(name, &worker->path, err);
}

static const char *
path_of(const gbn_unpack_worker *worker)
{
    return (const char *)worker->path.data;
}

gbn_target_attributes
gbn_unpack_attributes(const gbn_unpack_worker *worker, const gbn_parcel *parcel)
{
    const gbn_tar_member *member = &parcel->member;
    gbn_target_attributes attributes = {
        .mode = member->mode & 01777,
        .own = worker->ids != NULL,
        .mtime_ns = parcel->mtime_ns,
    };

    if (attributes.own) {
        attributes.uid = (uid_t)gbn_owner_ids_user(worker->ids, member->owner, member->uid);
        attributes.gid = (gid_t)gbn_owner_ids_group(worker->ids, member->group, member->gid);
    }
    return attributes;
}

/* ---- files ---- */

static gbn_status
write_file(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
           const uint8_t *content, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    const uint64_t size = parcel->member.size;
    const gbn_target_attributes attributes = gbn_unpack_attributes(worker, parcel);
    int fd;
    gbn_status rc = gbn_unpack_create(worker, piece, &fd, err);

    if (rc != GBN_OK || fd < 0)
        return rc;
    rc = gbn_unpack_write(unpack, fd, path_of(worker), content, size, 0, err);
    if (rc == GBN_OK && size > 0 && content[size - 1] == 0 && ftruncate(fd, (off_t)size) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path_of(worker));
    if (rc == GBN_OK)
        rc = gbn_target_set_file(fd, path_of(worker), &attributes, err);
    if (close(fd) < 0 && rc == GBN_OK)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path_of(worker));
    return rc;
}

static gbn_status
check_hash(gbn_unpack_worker *worker, const uint8_t *content, uint64_t size,
           const gbn_manifest_entry *expected, bool *good, gbn_error *err)
{
    uint8_t digest[GBN_SHA256_SIZE] = {0};
    gbn_status rc;

    *good = true;
    if (expected == NULL || !expected->has_sha256)
        return GBN_OK;
    rc = gbn_sha256_reset(worker->sha, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_update(worker->sha, content, size, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_final(worker->sha, digest, err);
    *good = rc == GBN_OK && memcmp(digest, expected->sha256, sizeof digest) == 0;
    return rc;
}

static gbn_status
place_file(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
           const uint8_t *content, const gbn_manifest_entry *expected, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    bool good;
    gbn_status rc = check_hash(worker, content, parcel->member.size, expected, &good, err);

    if (rc == GBN_OK && !good)
        return gbn_findings_add(&unpack->findings, GBN_FINDING_FILE, path_of(worker),
                                gbn_piece_range(piece),
                                "its content is not what was backed up (SHA-256 differs)", err);
    if (rc == GBN_OK && unpack->target != NULL)
        rc = write_file(worker, piece, parcel, content, err);
    piece->files += rc == GBN_OK;
    return rc;
}

/* ---- all kinds ---- */

static gbn_status
place_directory(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                gbn_error *err)
{
    gbn_status rc = gbn_target_directory(worker->unpack->target, path_of(worker), err);

    piece->directories += rc == GBN_OK;
    return rc == GBN_OK ? gbn_parcel_put(&piece->deferred, parcel, err) : rc;
}

/* What making a hard link would find out, as far as one member can tell. */
static gbn_status
check_link(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (S_ISREG(parcel->member.mode))
        rc = gbn_target_name(parcel->member.link, &worker->scratch, err);
    if (rc != GBN_ERR_FORMAT)
        return rc;
    return gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, path_of(worker),
                            gbn_piece_range(piece),
                            "it is a hard link to a name that leads out of the target", err);
}

static gbn_status
place_other(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel, gbn_error *err)
{
    const mode_t type = parcel->member.mode & S_IFMT;
    gbn_unpack *unpack = worker->unpack;

    if (type == S_IFCHR || type == S_IFBLK)
        return gbn_findings_add(&unpack->findings, GBN_FINDING_SKIPPED, path_of(worker),
                                gbn_piece_range(piece), "devices are not extracted", err);
    if (unpack->target == NULL) {
        piece->directories += type == S_IFDIR;
        return check_link(worker, piece, parcel, err);
    }
    if (type == S_IFDIR)
        return place_directory(worker, piece, parcel, err);
    piece->files += S_ISREG(type);
    return gbn_parcel_put(&piece->deferred, parcel, err);
}

gbn_status
gbn_unpack_place(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                 const uint8_t *content, const gbn_manifest_entry *expected, gbn_error *err)
{
    gbn_status rc;

    if (!gbn_unpack_selects(worker->unpack, path_of(worker)))
        return GBN_OK;
    piece->entries++;
    if (S_ISREG(parcel->member.mode) && parcel->member.link == NULL)
        rc = place_file(worker, piece, parcel, content, expected, err);
    else
        rc = place_other(worker, piece, parcel, err);
    return rc;
}

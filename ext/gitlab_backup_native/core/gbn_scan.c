/*
 * Extraction with hashing in the place of writing: the archive goes by once, as one stream, and each
 * member becomes an entry. Where the blocks of the product begin nobody knows, so those of the
 * manifest are cut at even distances of the raw bytes.
 */
#include "gbn_scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_plain.h"
#include "gbn_scan_manifest.h"
#include "gbn_tar_read.h"
#include "gbn_target.h"

/* A hole costs nothing to claim and time to hash: this much is some minutes. */
static const uint64_t HOLE_MAX = UINT64_C(1) << 40;

struct scan {
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    gbn_place source;
    char *backup_id, *product;
    gbn_scan_manifest manifest;
    gbn_plain *plain;
    gbn_tar_reader *tar;
    gbn_sha256 *sha;
    gbn_bytes path, link;
};

/* A gbn_tar_source that counts blocks on the way. */
static gbn_status
pull(void *context, const uint8_t **data, size_t *length, gbn_error *err)
{
    struct scan *scan = context;
    gbn_status rc = gbn_plain_next(scan->plain, data, length, err);

    atomic_store(&scan->counters->raw, gbn_plain_raw(scan->plain));
    atomic_store(&scan->counters->stored, gbn_plain_stored(scan->plain));
    return rc == GBN_OK ? gbn_scan_manifest_count(&scan->manifest, *data, *length, err) : rc;
}

/* ---- members ---- */

static gbn_status
hash_hole(struct scan *scan, uint64_t length, gbn_error *err)
{
    static const uint8_t zeros[64 * 1024];
    size_t piece;
    gbn_status rc = GBN_OK;

    if (length > HOLE_MAX)
        return gbn_fail(err, GBN_ERR_LIMIT, 0, "hash %s from %s: a hole of %" PRIu64 " bytes",
                        (const char *)scan->path.data, gbn_place_name(&scan->source), length);
    for (; rc == GBN_OK && length > 0; length -= piece) {
        piece = length < sizeof zeros ? (size_t)length : sizeof zeros;
        rc = gbn_cancel_raised(scan->cancel) ? gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled")
                                             : gbn_sha256_update(scan->sha, zeros, piece, err);
    }
    return rc;
}

static gbn_status
hash_content(struct scan *scan, gbn_manifest_entry *entry, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    uint64_t offset;
    uint64_t done = 0;
    gbn_status rc = gbn_sha256_reset(scan->sha, err);

    while (rc == GBN_OK &&
           (rc = gbn_tar_reader_data(scan->tar, &data, &length, &offset, err)) == GBN_OK) {
        rc = hash_hole(scan, offset - done, err);
        if (rc == GBN_OK)
            rc = gbn_sha256_update(scan->sha, data, length, err);
        done = offset + length;
    }
    if (rc == GBN_END)
        rc = hash_hole(scan, entry->size - done, err);
    if (rc < 0)
        return rc;
    entry->has_sha256 = true;
    return gbn_sha256_final(scan->sha, entry->sha256, err);
}

static gbn_status
link_of(struct scan *scan, const gbn_tar_member *member, gbn_manifest_entry *entry, gbn_error *err)
{
    gbn_status rc;

    entry->hardlink = S_ISREG(member->mode) && member->link != NULL;
    entry->link = member->link;
    if (!entry->hardlink)
        return GBN_OK;
    entry->link = NULL;
    rc = gbn_target_name(member->link, &scan->link, err);
    if (rc == GBN_OK)
        entry->link = (const char *)scan->link.data;
    return rc;
}

static gbn_status
take_member(struct scan *scan, const gbn_tar_member *member, gbn_error *err)
{
    const uint64_t offset = gbn_tar_reader_offset(scan->tar);
    gbn_manifest_entry entry = {
        .mode = member->mode,
        .mtime_ns = gbn_tar_reader_mtime_ns(scan->tar),
        .uid = member->uid,
        .gid = member->gid,
        .owner = member->owner,
        .group = member->group,
        .rdev = member->rdev,
        .block = offset / GBN_SCAN_BLOCK,
        .block_offset = offset % GBN_SCAN_BLOCK,
    };
    gbn_status rc = gbn_target_name(member->path, &scan->path, err);

    if (rc == GBN_OK)
        rc = link_of(scan, member, &entry, err);
    if (rc < 0)
        return rc;
    entry.path = (const char *)scan->path.data;
    if (S_ISREG(member->mode) && !entry.hardlink) {
        entry.size = member->size;
        rc = hash_content(scan, &entry, err);
    }
    return rc == GBN_OK ? gbn_scan_manifest_entry(&scan->manifest, &entry, err) : rc;
}

/* ---- the work ---- */

static gbn_status
read_members(struct scan *scan, gbn_error *err)
{
    gbn_tar_member member;
    const uint8_t *data;
    size_t length;
    gbn_status rc;

    while ((rc = gbn_tar_reader_next(scan->tar, &member, err)) == GBN_OK) {
        rc = take_member(scan, &member, err);
        if (rc < 0)
            return rc;
        atomic_fetch_add(&scan->counters->entries, 1);
    }
    while (rc == GBN_END && (rc = pull(scan, &data, &length, err)) == GBN_OK)
        rc = GBN_END; /* gzip's CRC comes last */
    return rc == GBN_END ? GBN_OK : rc;
}

/* What is wrong with the content of the archive is told without its name. */
static gbn_status
blame_source(const struct scan *scan, gbn_status rc, gbn_error *err)
{
    gbn_error damage;

    if (rc != GBN_ERR_FORMAT)
        return rc;
    damage = *err;
    return gbn_fail(err, rc, 0, "read %s: %s", gbn_place_name(&scan->source), damage.message);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct scan *scan = context;
    const gbn_manifest_header header = {
        .backup_id = scan->backup_id, .product = scan->product, .codec = "none"};
    gbn_status rc;

    scan->cancel = cancel;
    scan->counters = counters;
    rc = gbn_plain_open(&scan->source, false, cancel, &scan->plain, err);

    if (rc == GBN_OK)
        rc = gbn_tar_reader_new(pull, scan, &scan->tar, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_new(&scan->sha, err);
    if (rc == GBN_OK)
        rc = gbn_scan_manifest_begin(&scan->manifest, &header, err);
    if (rc == GBN_OK)
        rc = blame_source(scan, read_members(scan, err), err);
    return rc == GBN_OK ? gbn_scan_manifest_publish(&scan->manifest, err) : rc;
}

static void
abort_scan(void *context)
{
    (void)context; /* gbn_plain and hash_hole look at `cancel`, and nothing else takes long */
}

static void
release(void *context)
{
    struct scan *scan = context;

    gbn_tar_reader_free(scan->tar);
    gbn_plain_close(scan->plain);
    gbn_sha256_free(scan->sha);
    gbn_scan_manifest_discard(&scan->manifest);
    gbn_bytes_free(&scan->path);
    gbn_bytes_free(&scan->link);
    gbn_place_free(&scan->source);
    free(scan->backup_id);
    free(scan->product);
    free(scan);
}

gbn_status
gbn_scan_start(const gbn_scan_options *options, gbn_job **job, gbn_error *err)
{
    struct scan *scan = calloc(1, sizeof *scan);
    gbn_status rc;

    *job = NULL;
    if (scan == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&options->source));
    rc = gbn_place_copy(&scan->source, &options->source, err);
    scan->backup_id = strdup(options->backup_id);
    scan->product = strdup(options->product);
    if (rc == GBN_OK && (scan->backup_id == NULL || scan->product == NULL))
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&options->source));
    if (rc == GBN_OK)
        rc = gbn_scan_manifest_open(&scan->manifest, options->manifest, err);
    if (rc < 0) {
        release(scan);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = scan, .run = run, .abort = abort_scan, .release = release}, job,
        err);
}

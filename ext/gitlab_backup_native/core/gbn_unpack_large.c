/*
 * The slices of a large file are spread over the workers, and only the first has the tar header: whoever has
 * it makes the file, the others wait for that and write at their offsets. It was given out before them, so
 * somebody is always at work. What needs an order, the hash and the verdict, is the sink's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_unpack_large.h"
#include "gbn_unpack_place.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

gbn_status
gbn_large_new(gbn_unpack *unpack, gbn_large **result, gbn_error *err)
{
    gbn_large *large = calloc(1, sizeof *large);
    gbn_status rc;

    *result = NULL;
    if (large == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&unpack->options.source));
    large->fd = -1;
    rc = gbn_sha256_new(&large->sha, err);
    if (rc < 0) {
        free(large);
        return rc;
    }
    pthread_mutex_init(&large->lock, NULL);
    pthread_cond_init(&large->opened, NULL);
    pthread_mutex_lock(&unpack->lock);
    large->next = unpack->larges;
    unpack->larges = large;
    pthread_mutex_unlock(&unpack->lock);
    *result = large;
    return GBN_OK;
}

/* A file that is still open has not become what it should be. */
static void
remove_file(gbn_unpack *unpack, gbn_large *large)
{
    if (large->fd < 0)
        return;
    gbn_target_remove(unpack->target, (const char *)large->path.data, large->fd, NULL);
    close(large->fd);
    large->fd = -1;
}

static void
free_large(gbn_unpack *unpack, gbn_large *large)
{
    remove_file(unpack, large);
    gbn_sha256_free(large->sha);
    gbn_bytes_free(&large->header);
    gbn_bytes_free(&large->path);
    pthread_cond_destroy(&large->opened);
    pthread_mutex_destroy(&large->lock);
    free(large);
}

static void
forget(gbn_unpack *unpack, gbn_large *large)
{
    gbn_large **link = &unpack->larges;

    pthread_mutex_lock(&unpack->lock);
    while (*link != large)
        link = &(*link)->next;
    *link = large->next;
    pthread_mutex_unlock(&unpack->lock);
    free_large(unpack, large);
}

void
gbn_large_free_all(gbn_unpack *unpack)
{
    while (unpack->larges != NULL)
        forget(unpack, unpack->larges);
}

static void
change_state(gbn_large *large, int state)
{
    pthread_mutex_lock(&large->lock);
    large->state = state;
    pthread_cond_broadcast(&large->opened);
    pthread_mutex_unlock(&large->lock);
}

void
gbn_large_lose(gbn_large *large)
{
    change_state(large, GBN_LARGE_LOST);
}

gbn_status
gbn_large_open(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
               gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_large *large = piece->large;
    const char *path = (const char *)worker->path.data;
    gbn_status rc = gbn_parcel_put(&large->header, parcel, err);

    large->size = parcel->member.size;
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&large->path, path, worker->path.length + 1, err);
    if (rc == GBN_OK && unpack->target != NULL && gbn_unpack_selects(unpack, path))
        rc = gbn_unpack_create(worker, piece, &large->fd, err);
    change_state(large, rc == GBN_OK ? GBN_LARGE_OPEN : GBN_LARGE_LOST);
    return rc;
}

/* Waits for the worker that has the first slice; that one was given out before ours. */
gbn_status
gbn_large_wait(gbn_unpack *unpack, gbn_large *large)
{
    struct timespec deadline;
    gbn_status rc = GBN_OK;

    pthread_mutex_lock(&large->lock);
    while (large->state == GBN_LARGE_UNKNOWN && rc == GBN_OK) {
        gbn_unpack_deadline(&deadline);
        pthread_cond_timedwait(&large->opened, &large->lock, &deadline);
        if (gbn_pipeline_aborted(unpack->pipeline))
            rc = GBN_ERR_CANCELLED;
    }
    if (rc == GBN_OK && large->state == GBN_LARGE_LOST)
        rc = GBN_SKIPPED;
    pthread_mutex_unlock(&large->lock);
    return rc;
}

/* ---- the sink's part ---- */

static gbn_status
finish_file(gbn_unpack_worker *worker, gbn_large *large, gbn_error *err)
{
    const char *path = (const char *)large->path.data;
    gbn_target_attributes attributes;
    gbn_parcel parcel;
    int fd = large->fd;
    gbn_status rc;

    if (fd < 0)
        return GBN_OK;
    gbn_parcel_get(large->header.data, &parcel);
    attributes = gbn_unpack_attributes(worker, &parcel);
    if (ftruncate(fd, (off_t)large->size) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path);
    else
        rc = gbn_target_set_file(fd, path, &attributes, err);
    large->fd = -1;
    if (close(fd) < 0 && rc == GBN_OK)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path);
    return rc;
}

/* The exact time stands in the manifest, which tells of a member after its last block. */
static void
take_time(gbn_large *large, const gbn_manifest_entry *expected)
{
    gbn_parcel parcel;

    gbn_parcel_get(large->header.data, &parcel);
    parcel.mtime_ns = expected->mtime_ns;
    memcpy(large->header.data, &parcel, sizeof parcel);
}

static gbn_status
compare(gbn_unpack_worker *worker, gbn_large *large, const gbn_manifest_entry *expected,
        const char **problem, gbn_error *err)
{
    uint8_t digest[GBN_SHA256_SIZE];
    gbn_parcel parcel;
    gbn_status rc;

    *problem = NULL;
    gbn_parcel_get(large->header.data, &parcel);
    if (worker->unpack->options.manifest != NULL && large->hashed != large->size)
        *problem = "part of its content is lost";
    else if (worker->unpack->options.manifest != NULL && expected == NULL)
        *problem = "the manifest says something else of its blocks";
    else if (expected != NULL)
        *problem = gbn_unpack_difference((const char *)large->path.data, &parcel.member, expected);
    if (*problem != NULL || expected == NULL)
        return GBN_OK;
    rc = gbn_sha256_final(large->sha, digest, err);
    if (rc == GBN_OK && expected->has_sha256 &&
        memcmp(digest, expected->sha256, sizeof digest) != 0)
        *problem = "its content is not what was backed up (SHA-256 differs)";
    return rc;
}

/* What the manifest expects here, one entry; NULL when there is none, or it cannot be read. */
static const gbn_manifest_entry *
expected_entry(gbn_unpack_worker *worker, gbn_piece *piece, gbn_manifest_record *record)
{
    size_t used;

    if (worker->unpack->options.manifest == NULL || piece->records.length == 0 ||
        gbn_manifest_read(worker->manifest, piece->records.data, piece->records.length, &used,
                          record, NULL) != GBN_OK ||
        used != piece->records.length || record->kind != GBN_RECORD_ENTRY)
        return NULL;
    return &record->entry;
}

static gbn_status
finish(gbn_unpack_worker *worker, gbn_piece *piece, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_large *large = piece->large;
    gbn_manifest_record record;
    const gbn_manifest_entry *expected = expected_entry(worker, piece, &record);
    const char *path = expected != NULL ? expected->path : (const char *)large->path.data;
    const char *problem = "its header is lost";
    gbn_status rc = GBN_OK;

    if (large->state == GBN_LARGE_LOST && unpack->options.manifest == NULL)
        return GBN_OK; /* its name was refused, and that has been told */
    if (large->state == GBN_LARGE_OPEN && unpack->options.paths != NULL &&
        !gbn_unpack_selects(unpack, (const char *)large->path.data))
        return GBN_OK;
    if (large->state == GBN_LARGE_OPEN)
        rc = compare(worker, large, expected, &problem, err);
    if (rc == GBN_OK && problem != NULL)
        return gbn_findings_add(&unpack->findings, GBN_FINDING_FILE, path, large->range, problem,
                                err);
    if (rc == GBN_OK && expected != NULL)
        take_time(large, expected);
    if (rc == GBN_OK)
        rc = finish_file(worker, large, err);
    piece->files += rc == GBN_OK;
    piece->entries += rc == GBN_OK;
    return rc;
}

gbn_status
gbn_large_settle(gbn_unpack_worker *worker, gbn_piece *piece, gbn_error *err)
{
    gbn_large *large = piece->large;
    const gbn_range range = gbn_piece_range(piece);
    gbn_status rc = GBN_OK;

    if (piece->first)
        large->range = range;
    else
        large->range.length = range.offset + range.length - large->range.offset;
    if (piece->content != NULL && large->state == GBN_LARGE_OPEN) {
        if (worker->unpack->options.manifest != NULL)
            rc = gbn_sha256_update(large->sha, piece->content, piece->content_length, err);
        large->hashed += piece->content_length;
    }
    if (rc == GBN_OK && piece->last)
        rc = finish(worker, piece, err);
    if (piece->last) {
        forget(worker->unpack, large);
        piece->large = NULL;
    }
    return rc;
}

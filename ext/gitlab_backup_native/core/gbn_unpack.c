#include "gbn_unpack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_unpack_state.h"

/* ---- workers ---- */

void
gbn_unpack_close_worker(void *opaque)
{
    gbn_unpack_worker *worker = opaque;

    if (worker == NULL)
        return;
    gbn_gunzip_free(worker->gunzip);
    gbn_sha256_free(worker->sha);
    gbn_manifest_reader_free(worker->manifest);
    gbn_tar_reader_free(worker->tar);
    gbn_owner_ids_free(worker->ids);
    gbn_bytes_free(&worker->path);
    gbn_bytes_free(&worker->scratch);
    free(worker);
}

gbn_status
gbn_unpack_open_worker(void *context, void **result, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_unpack_worker *worker = calloc(1, sizeof *worker);
    gbn_status rc;

    *result = NULL;
    if (worker == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", unpack->options.source);
    worker->unpack = unpack;
    rc = gbn_gunzip_new(unpack->codec, &worker->gunzip, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_new(&worker->sha, err);
    if (rc == GBN_OK)
        rc = gbn_manifest_reader_new(&worker->manifest, err);
    if (rc == GBN_OK)
        rc = gbn_tar_reader_new(gbn_unpack_pull, worker, &worker->tar, err);
    if (rc == GBN_OK && unpack->options.owners)
        rc = gbn_owner_ids_new(&worker->ids, err);
    if (rc < 0) {
        gbn_unpack_close_worker(worker);
        return rc;
    }
    *result = worker;
    return GBN_OK;
}

/* ---- blocks ---- */

gbn_status
gbn_unpack_take(gbn_unpack *unpack, gbn_block **block)
{
    gbn_status rc = gbn_pipeline_take(unpack->pipeline, block);
    gbn_piece *piece;

    if (rc < 0)
        return rc;
    piece = gbn_piece_of(*block);
    gbn_bytes_clear(&piece->records);
    gbn_bytes_clear(&piece->deferred);
    memset(&piece->place, 0, sizeof piece->place);
    piece->large = NULL;
    piece->first = false;
    piece->last = false;
    piece->slice_offset = 0;
    piece->content = NULL;
    piece->content_length = 0;
    piece->files = 0;
    piece->directories = 0;
    piece->entries = 0;
    atomic_store(&piece->written_count, 0);
    return GBN_OK;
}

static gbn_status
spool_deferred(gbn_unpack *unpack, const gbn_piece *piece, gbn_error *err)
{
    gbn_parcel parcel;
    size_t length;
    gbn_status rc = GBN_OK;

    for (size_t at = 0; rc == GBN_OK && at < piece->deferred.length; at += length) {
        length = gbn_parcel_get(piece->deferred.data + at, &parcel);
        rc = gbn_spool_append(unpack->spool, piece->deferred.data + at, length, err);
    }
    return rc;
}

static void
count(gbn_unpack *unpack, const gbn_piece *piece, const gbn_block *block)
{
    gbn_unpack_result *result = unpack->result;

    result->files += piece->files;
    result->directories += piece->directories;
    result->entries += piece->entries;
    atomic_fetch_add(&unpack->counters->entries, piece->entries);
    if (unpack->options.manifest == NULL)
        return; /* the source counts bytes */
    result->raw += block->out_length;
    result->stored += block->raw_length;
    atomic_fetch_add(&unpack->counters->raw, block->out_length);
    atomic_fetch_add(&unpack->counters->stored, block->raw_length);
}

static void
keep_tail(gbn_unpack *unpack, const gbn_piece *piece)
{
    if (!unpack->options.archive && piece->content != NULL)
        gbn_unpack_keep_tail(unpack->result, piece->content, piece->content_length);
}

/* The first sink: what has to happen in the product's order. */
static gbn_status
settle(void *context, gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_piece *piece = gbn_piece_of(block);
    gbn_status rc = GBN_OK;

    if (piece->large != NULL)
        rc = gbn_large_settle(unpack->settler, piece, err);
    if (rc == GBN_OK && unpack->spool != NULL)
        rc = spool_deferred(unpack, piece, err);
    keep_tail(unpack, piece);
    count(unpack, piece, block);
    pthread_mutex_lock(&unpack->lock);
    unpack->passed = block->number + 1;
    pthread_cond_broadcast(&unpack->moved);
    pthread_mutex_unlock(&unpack->lock);
    return rc;
}

static gbn_status
hash_bytes(gbn_unpack *unpack, const void *data, size_t length, gbn_error *err)
{
    unpack->hashed += length;
    return gbn_sha256_update(unpack->sha, data, length, err);
}

/* A product with a manifest: header and trailer of its gzip frame are in no block. */
static gbn_status
hash_frame(gbn_unpack *unpack, uint64_t offset, size_t length, gbn_error *err)
{
    uint8_t frame[GBN_GZIP_HEADER_SIZE + GBN_GZIP_END_SIZE];
    ssize_t n;

    if (unpack->stored || unpack->size < sizeof frame)
        return GBN_OK;
    n = pread(unpack->fd, frame, length, (off_t)offset);
    return hash_bytes(unpack, frame, n < 0 ? 0 : (size_t)n, err);
}

/* The second sink. Whether there is a frame is known once there is a block. */
static gbn_status
hash_stored(void *context, gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_status rc = block->number == 0 ? hash_frame(unpack, 0, GBN_GZIP_HEADER_SIZE, err) : GBN_OK;

    return rc == GBN_OK ? hash_bytes(unpack, block->raw, block->raw_length, err) : rc;
}

/* ---- the work ---- */

static gbn_status
new_pipeline(gbn_unpack *unpack, gbn_error *err)
{
    const bool indexed = unpack->options.manifest != NULL;
    const gbn_pipeline_options options = {
        .workers = unpack->options.workers,
        .raw_size = indexed ? gbn_gzip_bound(GBN_UNPACK_BLOCK) : GBN_UNPACK_BLOCK,
        .out_size = indexed ? GBN_UNPACK_BLOCK : 0,
        .attachment_size = sizeof(gbn_piece),
        .context = unpack,
        .source = indexed ? gbn_unpack_source_indexed : gbn_unpack_source_streamed,
        .worker_open = gbn_unpack_open_worker,
        .worker_close = gbn_unpack_close_worker,
        .stage = indexed ? gbn_unpack_stage_indexed : gbn_unpack_stage_streamed,
        .sinks = {settle, unpack->sha != NULL ? hash_stored : NULL},
    };

    return gbn_pipeline_new(&options, &unpack->pipeline, err);
}

/* Of a product that is not as long as its manifest says, not all was read. */
static gbn_status
run_pipeline(gbn_unpack *unpack, gbn_error *err)
{
    gbn_status rc = gbn_pipeline_run(unpack->pipeline, err);

    if (unpack->sha == NULL)
        return rc;
    if (rc == GBN_OK && unpack->passed == 0)
        rc = hash_frame(unpack, 0, GBN_GZIP_HEADER_SIZE, err);
    if (rc == GBN_OK)
        rc = hash_frame(unpack, unpack->size - GBN_GZIP_END_SIZE, GBN_GZIP_END_SIZE, err);
    unpack->result->hashed = unpack->hashed == unpack->size;
    return rc == GBN_OK ? gbn_sha256_final(unpack->sha, unpack->result->sha256, err) : rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_status rc;

    unpack->cancel = cancel;
    unpack->counters = counters;
    rc = run_pipeline(unpack, err);
    if (unpack->options.manifest != NULL && !unpack->stored && unpack->options.paths == NULL)
        unpack->result->stored += GBN_GZIP_HEADER_SIZE + GBN_GZIP_END_SIZE;
    if (rc == GBN_OK && unpack->target != NULL)
        rc = gbn_unpack_finish(unpack->settler, err);
    return rc;
}

static void
abort_unpack(void *context)
{
    gbn_unpack *unpack = context;

    gbn_pipeline_abort(unpack->pipeline);
}

/* ---- beginning and end ---- */

static void
free_pieces(gbn_pipeline *pipeline)
{
    gbn_block_set *blocks = pipeline == NULL ? NULL : gbn_pipeline_blocks(pipeline);

    for (size_t i = 0; blocks != NULL && i < gbn_block_set_count(blocks); i++) {
        gbn_bytes_free(&gbn_piece_of(gbn_block_set_at(blocks, i))->records);
        gbn_bytes_free(&gbn_piece_of(gbn_block_set_at(blocks, i))->deferred);
    }
}

static void
release(void *context)
{
    gbn_unpack *unpack = context;
    gbn_unpack_options *options = &unpack->options;

    free_pieces(unpack->pipeline);
    gbn_pipeline_free(unpack->pipeline);
    gbn_large_free_all(unpack);
    gbn_unpack_close_worker(unpack->settler);
    gbn_spool_free(unpack->spool);
    gbn_target_close(unpack->target);
    gbn_sha256_free(unpack->sha);
    if (unpack->fd >= 0)
        close(unpack->fd);
    for (size_t i = 0; options->paths != NULL && i < options->path_count; i++)
        free((char *)(uintptr_t)options->paths[i]);
    free((void *)(uintptr_t)options->paths);
    free((char *)(uintptr_t)options->source);
    free((char *)(uintptr_t)options->manifest);
    free((char *)(uintptr_t)options->target);
    gbn_findings_free(&unpack->findings);
    pthread_cond_destroy(&unpack->moved);
    pthread_mutex_destroy(&unpack->lock);
    free(unpack);
}

static gbn_status
copy_string(const char **string, gbn_error *err)
{
    if (*string != NULL && (*string = strdup(*string)) == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "copy options");
    return GBN_OK;
}

static gbn_status
copy_options(gbn_unpack *unpack, const gbn_unpack_options *given, gbn_error *err)
{
    gbn_unpack_options *options = &unpack->options;
    const char **paths = NULL;
    gbn_status rc;

    *options = *given;
    options->paths = NULL;
    options->manifest = NULL;
    options->target = NULL;
    rc = copy_string(&options->source, err);
    if (rc == GBN_OK) {
        options->manifest = given->manifest;
        rc = copy_string(&options->manifest, err);
    }
    if (rc == GBN_OK) {
        options->target = given->target;
        rc = copy_string(&options->target, err);
    }
    if (rc == GBN_OK && given->paths != NULL &&
        (paths = calloc(given->path_count + 1, sizeof paths[0])) == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "copy options");
    options->paths = paths;
    for (size_t i = 0; rc == GBN_OK && paths != NULL && i < given->path_count; i++) {
        paths[i] = given->paths[i];
        rc = copy_string(&paths[i], err);
    }
    return rc;
}

static gbn_status
open_all(gbn_unpack *unpack, gbn_error *err)
{
    const gbn_unpack_options *options = &unpack->options;
    gbn_status rc = GBN_OK;

    if (options->manifest != NULL)
        rc = gbn_unpack_open_indexed(unpack, err);
    if (rc == GBN_OK && options->target != NULL)
        rc = gbn_target_open(options->target, &unpack->target, err);
    if (rc == GBN_OK && options->target != NULL)
        rc = gbn_spool_new(options->target, &unpack->spool, err);
    if (rc == GBN_OK && options->target == NULL && options->manifest != NULL)
        rc = gbn_sha256_new(&unpack->sha, err);
    if (rc == GBN_OK)
        rc = gbn_unpack_open_worker(unpack, &unpack->settler, err);
    return rc == GBN_OK ? new_pipeline(unpack, err) : rc;
}

gbn_status
gbn_unpack_start(const gbn_unpack_options *options, gbn_unpack_result *result, gbn_job **job,
                 gbn_error *err)
{
    gbn_unpack *unpack = calloc(1, sizeof *unpack);
    gbn_status rc;

    *job = NULL;
    if (unpack == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", options->source);
    unpack->fd = -1;
    unpack->result = result;
    result->hashed = options->target == NULL;
    unpack->codec = gbn_gzip_codec_find(NULL);
    pthread_mutex_init(&unpack->lock, NULL);
    pthread_cond_init(&unpack->moved, NULL);
    rc = copy_options(unpack, options, err);
    gbn_findings_init(&unpack->findings, result, unpack->options.source, options->target != NULL);
    if (rc == GBN_OK)
        rc = open_all(unpack, err);
    if (rc < 0) {
        release(unpack);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = unpack, .run = run, .abort = abort_unpack, .release = release},
        job, err);
}

#include "gbn_unpack.h"

#include <stdlib.h>
#include <unistd.h>

#include "gbn_unpack_large.h"
#include "gbn_unpack_settle.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

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
        .sinks = {gbn_unpack_settle, unpack->sha != NULL ? gbn_unpack_hash : NULL},
    };

    return gbn_pipeline_new(&options, &unpack->pipeline, err);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_status rc;

    unpack->cancel = cancel;
    unpack->counters = counters;
    rc = gbn_pipeline_run(unpack->pipeline, err);
    if (rc == GBN_OK && unpack->sha != NULL)
        rc = gbn_unpack_hash_end(unpack, err);
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

    free_pieces(unpack->pipeline);
    gbn_pipeline_free(unpack->pipeline);
    gbn_large_free_all(unpack);
    gbn_unpack_close_worker(unpack->settler);
    gbn_spool_free(unpack->spool);
    gbn_target_close(unpack->target);
    gbn_sha256_free(unpack->sha);
    gbn_infile_close(unpack->file);
    gbn_unpack_options_free(&unpack->options);
    gbn_findings_free(&unpack->findings);
    pthread_cond_destroy(&unpack->moved);
    pthread_mutex_destroy(&unpack->lock);
    free(unpack);
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
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(&options->source));
    unpack->result = result;
    result->hashed = options->target == NULL;
    unpack->codec = gbn_gzip_codec_find(NULL);
    pthread_mutex_init(&unpack->lock, NULL);
    pthread_cond_init(&unpack->moved, NULL);
    rc = gbn_unpack_options_copy(&unpack->options, options, err);
    gbn_findings_init(&unpack->findings, result, gbn_place_name(&unpack->options.source),
                      options->target != NULL && !options->salvage);
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

#include "gbn_product.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_product_state.h"

/*
 * The life of a product: both files begun, the pipeline run, both files ended and
 * published.
 */

void
gbn_product_result_free(gbn_product_result *result)
{
    for (size_t i = 0; i < result->note_count; i++) {
        free(result->notes[i].path);
        free(result->notes[i].reason);
    }
    free(result->notes);
    free(result->previous_trouble);
    result->previous_trouble = NULL;
    result->notes = NULL;
    result->note_count = 0;
}

/* ---- beginning ---- */

/* Also flushes the last block, which the source leaves behind. */
static gbn_status
run_source(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_product *product = context;
    gbn_status rc = product->source(product->context, product, err);

    (void)pipeline;
    if (rc >= 0 && product->block != NULL && product->block->raw_length > 0)
        rc = gbn_product_flush(product, err);
    return rc;
}

static gbn_status
open_all(gbn_product *product, const gbn_product_options *options, gbn_error *err)
{
    const gbn_pipeline_options pipeline = {
        .workers = options->workers,
        .raw_size = GBN_PRODUCT_BLOCK,
        .out_size = product->compressed ? gbn_gzip_bound(GBN_PRODUCT_BLOCK) : 0,
        .attachment_size = sizeof(gbn_product_segment),
        .context = product,
        .source = run_source,
        .worker_open = gbn_product_open_worker,
        .worker_close = gbn_product_close_worker,
        .stage = gbn_product_deflate_block,
        .sinks = {gbn_product_write_block, gbn_product_hash_block},
    };
    gbn_status rc = gbn_sha256_new(&product->sha, err);

    if (rc == GBN_OK)
        rc = gbn_pipeline_new(&pipeline, &product->pipeline, err);
    if (rc == GBN_OK)
        rc = options->append ? gbn_outfile_append(options->fd, options->target, &product->file, err)
                             : gbn_outfile_open(options->target, &product->file, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_open(options->manifest, &product->manifest, err);
    return rc;
}

static bool
copy_options(gbn_product *product, const gbn_product_options *options)
{
    product->batch = options->rsyncable ? GBN_PRODUCT_BLOCK : GBN_PRODUCT_BATCH;
    product->backup_id = strdup(options->backup_id);
    product->name = strdup(options->name);
    if (product->backup_id == NULL || product->name == NULL)
        return false;
    if (!options->append && (product->target = strdup(options->target)) == NULL)
        return false;
    if (!options->rsyncable)
        return true;
    product->boundary = malloc(sizeof *product->boundary);
    if (product->boundary != NULL)
        gbn_boundary_init(product->boundary);
    return product->boundary != NULL;
}

gbn_status
gbn_product_new(const gbn_product_options *options, gbn_product **result, gbn_error *err)
{
    gbn_product *product = calloc(1, sizeof *product);
    gbn_status rc;

    *result = NULL;
    if (product == NULL || !copy_options(product, options)) {
        gbn_product_free(product);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "write %s", options->target);
    }
    gbn_pace_init(&product->pace, options->bytes_per_second);
    product->compressed = options->codec != NULL;
    product->codec = product->compressed ? options->codec : gbn_gzip_codec_find(NULL);
    rc = open_all(product, options, err);
    if (rc < 0) {
        gbn_product_free(product);
        return rc;
    }
    *result = product;
    return GBN_OK;
}

/* Only now is it known what it was made of. */
static gbn_status
write_header(gbn_product *product, gbn_error *err)
{
    const gbn_manifest_header header = {
        .backup_id = product->backup_id,
        .product = product->name,
        .codec = product->compressed ? gbn_gzip_codec_name(product->codec) : "none",
        .generation = product->generation,
        .previous = product->previous,
    };
    uint8_t magic[GBN_GZIP_HEADER_SIZE];
    gbn_status rc = gbn_manifest_put_header(&product->scratch, &header, err);

    if (rc == GBN_OK)
        rc = gbn_outfile_write(product->manifest, product->scratch.data, product->scratch.length,
                               err);
    if (rc < 0 || !product->compressed)
        return rc;
    gbn_gzip_header(magic);
    rc = gbn_outfile_write(product->file, magic, sizeof magic, err);
    return rc == GBN_OK ? gbn_sha256_update(product->sha, magic, sizeof magic, err) : rc;
}

/* ---- ending ---- */

static gbn_status
end_file(gbn_product *product, gbn_error *err)
{
    uint8_t end[GBN_GZIP_END_SIZE];
    gbn_status rc;

    if (!product->compressed)
        return GBN_OK;
    gbn_gzip_end(end, product->raw_crc32, product->raw_written);
    rc = gbn_outfile_write(product->file, end, sizeof end, err);
    return rc == GBN_OK ? gbn_sha256_update(product->sha, end, sizeof end, err) : rc;
}

static gbn_status
end_manifest(gbn_product *product, const gbn_product_result *result, gbn_error *err)
{
    gbn_manifest_trailer trailer = {
        .blocks = product->blocks,
        .entries = result->entries,
        .raw_size = result->raw,
        .stored_size = result->stored,
        .raw_crc32 = product->raw_crc32,
        .reused_blocks = result->reused_blocks,
        .reused_raw = result->reused_raw,
        .reused_stored = result->reused_stored,
    };
    gbn_status rc;

    for (int i = 0; i < GBN_NOTE_KINDS; i++)
        trailer.notes += result->note_counts[i];
    memcpy(trailer.sha256, result->sha256, sizeof trailer.sha256);
    gbn_bytes_clear(&product->scratch);
    if (product->block != NULL) /* notes after the last byte */
        rc = gbn_bytes_append(&product->scratch,
                              gbn_product_segment_of(product->block)->records.data,
                              gbn_product_segment_of(product->block)->records.length, err);
    else
        rc = GBN_OK;
    if (rc == GBN_OK)
        rc = gbn_manifest_put_trailer(&product->scratch, &trailer, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_write(product->manifest, product->scratch.data, product->scratch.length,
                               err);
    return rc;
}

static gbn_status
publish(gbn_product *product, gbn_error *err)
{
    gbn_outfile *file = product->file;
    gbn_outfile *manifest = product->manifest;
    gbn_status rc;

    if (product->target == NULL) { /* the end of another file: settled, it cannot fail */
        rc = gbn_outfile_settle(file, err);
        if (rc < 0)
            return rc;
        product->manifest = NULL; /* publishing takes them */
        rc = gbn_outfile_publish(manifest, err);
        if (rc < 0)
            return rc;
        product->file = NULL;
        return gbn_outfile_publish(file, err);
    }
    product->file = NULL;
    rc = gbn_outfile_publish(file, err);
    if (rc < 0)
        return rc;
    product->manifest = NULL;
    rc = gbn_outfile_publish(manifest, err);
    if (rc < 0)
        unlink(product->target); /* a product without its manifest is not what was asked for */
    return rc;
}

static gbn_status
finish(gbn_product *product, gbn_product_result *result, gbn_error *err)
{
    gbn_status rc = end_file(product, err);

    if (rc == GBN_OK)
        rc = gbn_sha256_final(product->sha, result->sha256, err);
    result->handover_ns = gbn_pipeline_handover_ns(product->pipeline);
    result->raw = product->raw_written;
    result->stored = gbn_outfile_size(product->file);
    result->tail = product->tail;
    if (rc == GBN_OK)
        rc = end_manifest(product, result, err);
    if (rc == GBN_OK && gbn_cancel_raised(product->cancel))
        rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    return rc == GBN_OK ? publish(product, err) : rc;
}

gbn_status
gbn_product_run(gbn_product *product, gbn_product_source *source, void *context, gbn_cancel *cancel,
                gbn_job_counters *counters, gbn_product_result *result, gbn_error *err)
{
    gbn_status rc;

    product->source = source;
    product->context = context;
    product->cancel = cancel;
    product->counters = counters;
    gbn_outfile_heed(product->file, cancel);
    rc = write_header(product, err);
    if (rc == GBN_OK)
        rc = gbn_pipeline_run(product->pipeline, err);
    return rc == GBN_OK ? finish(product, result, err) : rc;
}

void
gbn_product_abort(gbn_product *product)
{
    gbn_pipeline_abort(product->pipeline);
}

void
gbn_product_free(gbn_product *product)
{
    gbn_block_set *blocks;

    if (product == NULL)
        return;
    if (product->pipeline != NULL) {
        blocks = gbn_pipeline_blocks(product->pipeline);
        for (size_t i = 0; i < gbn_block_set_count(blocks); i++)
            gbn_bytes_free(&gbn_product_segment_of(gbn_block_set_at(blocks, i))->records);
    }
    gbn_pipeline_free(product->pipeline);
    gbn_outfile_discard(product->file);
    gbn_outfile_discard(product->manifest);
    gbn_sha256_free(product->sha);
    gbn_bytes_free(&product->scratch);
    gbn_bytes_free(&product->cut);
    free(product->boundary);
    free(product->target);
    free(product->backup_id);
    free(product->name);
    free(product->previous);
    free(product);
}

#include "gbn_product.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_outfile.h"
#include "gbn_pipeline.h"

/*
 * Each block carries a `struct segment` as its attachment: what the stage found out
 * about it and the manifest records of the members that end in it. So both files
 * are written by the sink alone, and the manifest's order is the archive's.
 */
enum { RECORDS = 1024 * 1024 }; /* with more a block is sent off: far more than members make */

struct segment {
    const uint8_t *data;
    size_t length;
    uint32_t raw_crc32;
    uint32_t stored_crc32;
    gbn_bytes records;
};

struct gbn_product {
    char *target;
    const gbn_gzip_codec *codec; /* also of the checksums when nothing is compressed */
    bool compressed;
    gbn_outfile *file;
    gbn_outfile *manifest;
    gbn_pipeline *pipeline;
    gbn_sha256 *sha; /* of the product's bytes; the second sink's */

    gbn_product_source *source;
    void *context;
    gbn_cancel *cancel;
    gbn_job_counters *counters;

    gbn_block *block; /* being filled; NULL when there is none */
    uint64_t blocks;  /* given, with content */
    uint64_t length;  /* bytes in so far */
    bool spanning;    /* the current member is larger than a block */

    gbn_bytes scratch; /* the sink's, for block records */
    uint64_t blocks_written;
    uint64_t raw_written;
    uint32_t raw_crc32;
};

static struct segment *
segment_of(gbn_block *block)
{
    return block->attachment;
}

void
gbn_product_result_free(gbn_product_result *result)
{
    for (size_t i = 0; i < result->note_count; i++) {
        free(result->notes[i].path);
        free(result->notes[i].reason);
    }
    free(result->notes);
    result->notes = NULL;
    result->note_count = 0;
}

/* ---- the pipeline's functions ---- */

static gbn_status
open_worker(void *context, void **worker, gbn_error *err)
{
    const gbn_product *product = context;
    gbn_gzip_deflater *deflater = NULL;
    gbn_status rc = GBN_OK;

    if (product->compressed)
        rc = gbn_gzip_deflater_new(product->codec, &deflater, err);
    *worker = deflater;
    return rc;
}

static void
close_worker(void *worker)
{
    gbn_gzip_deflater_free(worker);
}

static gbn_status
deflate_block(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    const gbn_product *product = context;
    struct segment *segment = segment_of(block);
    gbn_status rc;

    segment->raw_crc32 = gbn_gzip_crc32(product->codec, 0, block->raw, block->raw_length);
    if (!product->compressed) {
        segment->data = block->raw;
        segment->length = block->raw_length;
        segment->stored_crc32 = segment->raw_crc32;
        return GBN_OK;
    }
    rc = gbn_gzip_segment(worker, block->raw, block->raw_length, block->out, &block->out_length,
                          err);
    segment->data = block->out;
    segment->length = block->out_length;
    segment->stored_crc32 = gbn_gzip_crc32(product->codec, 0, block->out, block->out_length);
    return rc;
}

static gbn_status
write_records(gbn_product *product, const struct segment *segment, const gbn_block *block,
              gbn_error *err)
{
    const gbn_manifest_block record = {
        .number = product->blocks_written,
        .raw_offset = product->raw_written,
        .raw_size = block->raw_length,
        .stored_offset = gbn_outfile_size(product->file) - segment->length,
        .stored_size = segment->length,
        .raw_crc32 = segment->raw_crc32,
        .stored_crc32 = segment->stored_crc32,
    };
    gbn_status rc = GBN_OK;

    gbn_bytes_clear(&product->scratch);
    if (block->raw_length > 0) /* else it was sent for its records alone */
        rc = gbn_manifest_put_block(&product->scratch, &record, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_write(product->manifest, product->scratch.data, product->scratch.length,
                               err);
    if (rc == GBN_OK && segment->records.length > 0)
        rc = gbn_outfile_write(product->manifest, segment->records.data, segment->records.length,
                               err);
    return rc;
}

static gbn_status
write_block(void *context, gbn_block *block, gbn_error *err)
{
    gbn_product *product = context;
    struct segment *segment = segment_of(block);
    gbn_status rc = gbn_outfile_write(product->file, segment->data, segment->length, err);

    if (rc == GBN_OK)
        rc = write_records(product, segment, block, err);
    product->raw_crc32 =
        gbn_gzip_crc32_combine(product->raw_crc32, segment->raw_crc32, block->raw_length);
    product->raw_written += block->raw_length;
    product->blocks_written += block->raw_length > 0;
    atomic_fetch_add_explicit(&product->counters->raw, block->raw_length, memory_order_relaxed);
    atomic_fetch_add_explicit(&product->counters->stored, segment->length, memory_order_relaxed);
    return rc;
}

static gbn_status
hash_block(void *context, gbn_block *block, gbn_error *err)
{
    const gbn_product *product = context;
    const struct segment *segment = segment_of(block);

    return gbn_sha256_update(product->sha, segment->data, segment->length, err);
}

/* Also flushes the last block, which the source leaves behind. */
static gbn_status
run_source(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_product *product = context;
    gbn_status rc = product->source(product->context, product, err);

    if (rc >= 0 && product->block != NULL && product->block->raw_length > 0) {
        rc = gbn_pipeline_give(pipeline, product->block);
        product->block = NULL;
        product->blocks++;
    }
    return rc;
}

/* ---- beginning ---- */

static gbn_status
write_header(gbn_product *product, const gbn_product_options *options, gbn_error *err)
{
    const gbn_manifest_header header = {
        .backup_id = options->backup_id,
        .product = options->name,
        .codec = product->compressed ? gbn_gzip_codec_name(product->codec) : "none",
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

static gbn_status
open_all(gbn_product *product, const gbn_product_options *options, gbn_error *err)
{
    const gbn_pipeline_options pipeline = {
        .workers = options->workers,
        .raw_size = GBN_PRODUCT_BLOCK,
        .out_size = product->compressed ? gbn_gzip_bound(GBN_PRODUCT_BLOCK) : 0,
        .attachment_size = sizeof(struct segment),
        .context = product,
        .source = run_source,
        .worker_open = open_worker,
        .worker_close = close_worker,
        .stage = deflate_block,
        .sinks = {write_block, hash_block},
    };
    gbn_status rc = gbn_sha256_new(&product->sha, err);

    if (rc == GBN_OK)
        rc = gbn_pipeline_new(&pipeline, &product->pipeline, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_open(options->target, &product->file, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_open(options->manifest, &product->manifest, err);
    return rc == GBN_OK ? write_header(product, options, err) : rc;
}

gbn_status
gbn_product_new(const gbn_product_options *options, gbn_product **result, gbn_error *err)
{
    gbn_product *product = calloc(1, sizeof *product);
    gbn_status rc;

    *result = NULL;
    if (product == NULL || (product->target = strdup(options->target)) == NULL) {
        free(product);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "write %s", options->target);
    }
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

/* ---- feeding ---- */

static gbn_status
flush(gbn_product *product, gbn_error *err)
{
    gbn_block *block = product->block;

    if (gbn_cancel_raised(product->cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    product->block = NULL;
    product->blocks += block->raw_length > 0;
    return gbn_pipeline_give(product->pipeline, block);
}

static gbn_status
need_block(gbn_product *product)
{
    gbn_status rc = GBN_OK;

    if (product->block == NULL) {
        rc = gbn_pipeline_take(product->pipeline, &product->block);
        if (rc == GBN_OK)
            gbn_bytes_clear(&segment_of(product->block)->records);
        else
            product->block = NULL;
    }
    assert(rc != GBN_OK || product->block != NULL);
    return rc;
}

gbn_status
gbn_product_begin_member(gbn_product *product, uint64_t size, uint64_t *block, uint64_t *offset,
                         gbn_error *err)
{
    gbn_status rc = need_block(product);
    size_t used = rc == GBN_OK ? product->block->raw_length : 0;

    product->spanning = size > GBN_PRODUCT_BLOCK;
    if (rc == GBN_OK && used > 0 && size > GBN_PRODUCT_BLOCK - used) {
        rc = flush(product, err);
        if (rc == GBN_OK)
            rc = need_block(product);
    }
    if (rc == GBN_OK) {
        *block = product->blocks;
        *offset = product->block->raw_length;
    }
    return rc;
}

gbn_status
gbn_product_end_member(gbn_product *product, gbn_error *err)
{
    bool flush_now = product->spanning && product->block != NULL && product->block->raw_length > 0;

    product->spanning = false;
    return flush_now ? flush(product, err) : GBN_OK;
}

gbn_status
gbn_product_room(gbn_product *product, uint8_t **data, size_t *length, gbn_error *err)
{
    gbn_status rc;

    if (product->block != NULL && product->block->raw_length == GBN_PRODUCT_BLOCK) {
        rc = flush(product, err);
        if (rc < 0)
            return rc;
    }
    rc = need_block(product);
    if (rc == GBN_OK) {
        *data = product->block->raw + product->block->raw_length;
        *length = GBN_PRODUCT_BLOCK - product->block->raw_length;
    }
    return rc;
}

void
gbn_product_filled(gbn_product *product, size_t length)
{
    assert(length <= GBN_PRODUCT_BLOCK - product->block->raw_length);
    product->block->raw_length += length;
    product->length += length;
}

/* `data` NULL stands for zeros. */
static gbn_status
append(gbn_product *product, const uint8_t *data, uint64_t length, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    uint8_t *room;
    size_t size;

    while (rc == GBN_OK && length > 0) {
        rc = gbn_product_room(product, &room, &size, err);
        if (rc != GBN_OK)
            break;
        if (size > length)
            size = (size_t)length;
        if (data != NULL) {
            memcpy(room, data, size);
            data += size;
        } else {
            memset(room, 0, size);
        }
        length -= size;
        gbn_product_filled(product, size);
    }
    return rc;
}

gbn_status
gbn_product_append(gbn_product *product, const void *data, uint64_t length, gbn_error *err)
{
    return append(product, data, length, err);
}

gbn_status
gbn_product_append_zeros(gbn_product *product, uint64_t length, gbn_error *err)
{
    return append(product, NULL, length, err);
}

uint64_t
gbn_product_length(const gbn_product *product)
{
    return product->length;
}

gbn_status
gbn_product_records(gbn_product *product, gbn_bytes **records, gbn_error *err)
{
    gbn_status rc = need_block(product);

    if (rc == GBN_OK && segment_of(product->block)->records.length >= RECORDS) {
        rc = flush(product, err);
        if (rc == GBN_OK)
            rc = need_block(product);
    }
    if (rc != GBN_OK)
        return gbn_fail(err, rc, 0, "cancelled");
    *records = &segment_of(product->block)->records;
    return GBN_OK;
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
    };
    gbn_status rc;

    for (int i = 0; i < GBN_NOTE_KINDS; i++)
        trailer.notes += result->note_counts[i];
    memcpy(trailer.sha256, result->sha256, sizeof trailer.sha256);
    gbn_bytes_clear(&product->scratch);
    if (product->block != NULL) /* notes after the last byte */
        rc = gbn_bytes_append(&product->scratch, segment_of(product->block)->records.data,
                              segment_of(product->block)->records.length, err);
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

    product->file = NULL; /* publishing takes them */
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
    result->raw = product->raw_written;
    result->stored = gbn_outfile_size(product->file);
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
            gbn_bytes_free(&segment_of(gbn_block_set_at(blocks, i))->records);
    }
    gbn_pipeline_free(product->pipeline);
    gbn_outfile_discard(product->file);
    gbn_outfile_discard(product->manifest);
    gbn_sha256_free(product->sha);
    gbn_bytes_free(&product->scratch);
    free(product->target);
    free(product);
}

#include "gbn_product_state.h"

/*
 * What becomes of a block: a worker takes its checksums and deflates it, the first
 * sink writes it and its records, the second hashes what was written.
 */

gbn_status
gbn_product_open_worker(void *context, void **worker, gbn_error *err)
{
    const gbn_product *product = context;
    gbn_gzip_deflater *deflater = NULL;
    gbn_status rc = GBN_OK;

    if (product->compressed)
        rc = gbn_gzip_deflater_new(product->codec, &deflater, err);
    *worker = deflater;
    return rc;
}

void
gbn_product_close_worker(void *worker)
{
    gbn_gzip_deflater_free(worker);
}

gbn_status
gbn_product_deflate_block(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    const gbn_product *product = context;
    gbn_product_segment *segment = gbn_product_segment_of(block);
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
write_records(gbn_product *product, const gbn_product_segment *segment, const gbn_block *block,
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

gbn_status
gbn_product_write_block(void *context, gbn_block *block, gbn_error *err)
{
    gbn_product *product = context;
    gbn_product_segment *segment = gbn_product_segment_of(block);
    gbn_status rc = gbn_outfile_write(product->file, segment->data, segment->length, err);

    if (rc == GBN_OK)
        rc = write_records(product, segment, block, err);
    product->raw_crc32 =
        gbn_gzip_crc32_combine(product->raw_crc32, segment->raw_crc32, block->raw_length);
    product->raw_written += block->raw_length;
    if (segment->copied)
        product->tail.length = 0; /* not at hand; an archive ends with zeros of its own */
    else
        gbn_bytes_tail_put(&product->tail, block->raw, block->raw_length);
    product->blocks_written += block->raw_length > 0;
    atomic_fetch_add_explicit(&product->counters->raw, block->raw_length, memory_order_relaxed);
    atomic_fetch_add_explicit(&product->counters->stored, segment->length, memory_order_relaxed);
    return rc;
}

gbn_status
gbn_product_hash_block(void *context, gbn_block *block, gbn_error *err)
{
    const gbn_product *product = context;
    const gbn_product_segment *segment = gbn_product_segment_of(block);

    return gbn_sha256_update(product->sha, segment->data, segment->length, err);
}

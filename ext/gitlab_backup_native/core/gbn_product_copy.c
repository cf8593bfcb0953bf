#include "gbn_product_copy.h"

#include <string.h>

#include "gbn_product_state.h"

/* Blocks of an earlier product: stored as they are, or made anew where they were. */

/* What was smaller has not enough for a block; what grows past the other is cut. */
enum { GROUP_LEAST = GBN_PRODUCT_BATCH / 2, GROUP_MOST = GBN_PRODUCT_BATCH + GROUP_LEAST };

gbn_status
gbn_product_regroup(gbn_product *product, gbn_error *err)
{
    if (product->batch == GBN_PRODUCT_BATCH)
        product->batch = GROUP_MOST;
    if (product->block != NULL && product->block->raw_length >= GROUP_LEAST)
        return gbn_product_flush(product, err);
    return GBN_OK;
}

void
gbn_product_regrouped(gbn_product *product)
{
    if (product->batch == GROUP_MOST)
        product->batch = GBN_PRODUCT_BATCH;
}

gbn_status
gbn_product_cut(gbn_product *product, gbn_error *err)
{
    return product->block != NULL ? gbn_product_flush(product, err) : GBN_OK;
}

gbn_status
gbn_product_copy_room(gbn_product *product, uint8_t **data, gbn_error *err)
{
    gbn_status rc = gbn_product_cut(product, err);

    if (rc == GBN_OK)
        rc = gbn_product_need_block(product);
    if (rc != GBN_OK)
        return rc == GBN_ERR_CANCELLED ? gbn_fail(err, rc, 0, "cancelled") : rc;
    product->members = true;
    product->copying = true;
    *data = product->compressed ? product->block->out : product->block->raw;
    return GBN_OK;
}

gbn_status
gbn_product_copy(gbn_product *product, const gbn_manifest_block *block, gbn_error *err)
{
    gbn_product_segment *segment = gbn_product_segment_of(product->block);

    product->copying = false;
    product->block->raw_length = (size_t)block->raw_size;
    product->block->out_length = (size_t)block->stored_size;
    product->length += block->raw_size;
    segment->copied = true;
    segment->data = product->compressed ? product->block->out : product->block->raw;
    segment->length = (size_t)block->stored_size;
    segment->raw_crc32 = block->raw_crc32;
    segment->stored_crc32 = block->stored_crc32;
    return gbn_product_flush(product, err);
}

void
gbn_product_copy_drop(gbn_product *product)
{
    product->copying = false;
}

uint64_t
gbn_product_blocks(const gbn_product *product)
{
    return product->blocks;
}

gbn_status
gbn_product_succeed(gbn_product *product, uint64_t generation, const char *previous, gbn_error *err)
{
    product->generation = generation;
    product->previous = strdup(previous);
    return product->previous != NULL ? GBN_OK
                                     : gbn_fail(err, GBN_ERR_NOMEM, 0, "write %s", product->name);
}

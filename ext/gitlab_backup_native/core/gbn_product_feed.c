#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "gbn_product_state.h"

/*
 * What the source calls: bytes and records go into the current block; a block that is
 * full, or that a member must not be cut by, is given to the pipeline.
 */
enum { RECORDS = 1024 * 1024 }; /* with more a block is sent off: far more than members make */

/* The pipeline is aborted as well when a sink has failed. */
static bool
stopped(void *context)
{
    gbn_product *product = context;

    return gbn_cancel_raised(product->cancel) || gbn_pipeline_aborted(product->pipeline);
}

static gbn_status
wait_for_turn(gbn_product *product, size_t length)
{
    const gbn_pace_clock clock = {
        .now = gbn_pace_now, .sleep = gbn_pace_sleep, .stopped = stopped, .context = product};

    return gbn_pace_wait(&product->pace, (uint32_t)length, &clock);
}

gbn_status
gbn_product_flush(gbn_product *product, gbn_error *err)
{
    gbn_block *block = product->block;
    const size_t moved =
        gbn_product_segment_of(block)->copied ? block->out_length : block->raw_length;

    if (wait_for_turn(product, moved) < 0 || gbn_cancel_raised(product->cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    product->block = NULL;
    product->searched = 0;
    product->blocks += block->raw_length > 0;
    return gbn_product_segment_of(block)->copied ? gbn_pipeline_pass(product->pipeline, block)
                                                 : gbn_pipeline_give(product->pipeline, block);
}

gbn_status
gbn_product_need_block(gbn_product *product)
{
    gbn_status rc = GBN_OK;

    if (product->block == NULL) {
        rc = gbn_pipeline_take(product->pipeline, &product->block);
        if (rc == GBN_OK) {
            gbn_bytes_clear(&gbn_product_segment_of(product->block)->records);
            gbn_product_segment_of(product->block)->copied = false;
        } else {
            product->block = NULL;
        }
    }
    assert(rc != GBN_OK || product->block != NULL);
    return rc;
}

gbn_status
gbn_product_begin_member(gbn_product *product, uint64_t size, uint64_t *block, uint64_t *offset,
                         gbn_error *err)
{
    gbn_status rc = gbn_product_need_block(product);
    size_t used = rc == GBN_OK ? product->block->raw_length : 0;

    product->members = true;
    product->spanning = size > GBN_PRODUCT_BLOCK;
    if (rc == GBN_OK && used > 0 && (size > GBN_PRODUCT_BLOCK - used || used >= product->batch)) {
        rc = gbn_product_flush(product, err);
        if (rc == GBN_OK)
            rc = gbn_product_need_block(product);
    }
    if (rc == GBN_OK) {
        *block = product->blocks;
        *offset = product->block->raw_length;
    }
    return rc;
}

/* Is there a boundary in what was added to the block since the last look? `*place` is behind the first. */
static bool
find_boundary(gbn_product *product, size_t *place)
{
    const gbn_block *block = product->block;
    size_t rest = block->raw_length - product->searched;
    size_t found = gbn_boundary_find(product->boundary, block->raw + product->searched, rest);

    *place = product->searched + found;
    product->searched = found > rest ? block->raw_length : *place;
    return found <= rest;
}

/* Members are not cut: the block ends with the one that a boundary lies in. */
static bool
ends_with_member(gbn_product *product)
{
    bool found = product->spanning;
    size_t place;

    while (product->boundary != NULL && product->searched < product->block->raw_length)
        found = find_boundary(product, &place) || found;
    return found;
}

gbn_status
gbn_product_end_member(gbn_product *product, gbn_error *err)
{
    bool flush_now =
        product->block != NULL && product->block->raw_length > 0 && ends_with_member(product);

    product->spanning = false;
    return flush_now ? gbn_product_flush(product, err) : GBN_OK;
}

/* The block up to a boundary in it is given, the rest begins the next; again, while there is one. */
static gbn_status
cut_at_boundaries(gbn_product *product, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    size_t place;

    while (rc == GBN_OK && product->block != NULL && find_boundary(product, &place)) {
        gbn_bytes_clear(&product->cut);
        rc = gbn_bytes_append(&product->cut, product->block->raw + place,
                              product->block->raw_length - place, err);
        product->block->raw_length = place;
        if (rc == GBN_OK)
            rc = gbn_product_flush(product, err);
        if (rc == GBN_OK && product->cut.length > 0)
            rc = gbn_product_need_block(product);
        if (rc != GBN_OK || product->block == NULL)
            break;
        memcpy(product->block->raw, product->cut.data, product->cut.length);
        product->block->raw_length = product->cut.length;
    }
    return rc;
}

gbn_status
gbn_product_room(gbn_product *product, uint8_t **data, size_t *length, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (product->boundary != NULL && !product->members)
        rc = cut_at_boundaries(product, err);
    if (rc == GBN_OK && product->block != NULL && product->block->raw_length == GBN_PRODUCT_BLOCK)
        rc = gbn_product_flush(product, err);
    if (rc == GBN_OK)
        rc = gbn_product_need_block(product);
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
    gbn_status rc = gbn_product_need_block(product);

    if (rc == GBN_OK && !product->copying &&
        gbn_product_segment_of(product->block)->records.length >= RECORDS) {
        rc = gbn_product_flush(product, err);
        if (rc == GBN_OK)
            rc = gbn_product_need_block(product);
    }
    if (rc != GBN_OK)
        return gbn_fail(err, rc, 0, "cancelled");
    *records = &gbn_product_segment_of(product->block)->records;
    return GBN_OK;
}

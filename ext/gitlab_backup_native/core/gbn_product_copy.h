#ifndef GBN_PRODUCT_COPY_H
#define GBN_PRODUCT_COPY_H

#include "gbn_product.h"

/*
 * gbn_product_copy - what a source needs beside gbn_product.h that makes a product from an earlier one.
 */

/* It is made from an earlier one, which is in the backup `previous`. Before gbn_product_run. */
gbn_status gbn_product_succeed(gbn_product *product, uint64_t generation, const char *previous,
                               gbn_error *err);

/*
 * Blocks made anew in the place of earlier ones, from the first of these to gbn_product_regrouped:
 * the members that come between two calls of gbn_product_regroup stay together, even if they have grown,
 * unless they are too few for a block of their own.
 */
gbn_status gbn_product_regroup(gbn_product *product, gbn_error *err);
void gbn_product_regrouped(gbn_product *product);

/*
 * For the source: store a block of an earlier product as it is. gbn_product_copy_room lends room for its
 * `stored_size` bytes; then come the records of its members; gbn_product_copy takes it,
 * whose number and offsets are not looked at; gbn_product_copy_drop
 * takes the room back instead.
 *
 * Returns  GBN_OK, GBN_ERR_CANCELLED, GBN_ERR_NOMEM.
 */
gbn_status gbn_product_copy_room(gbn_product *product, uint8_t **data, gbn_error *err);
gbn_status gbn_product_copy(gbn_product *product, const gbn_manifest_block *block, gbn_error *err);

void gbn_product_copy_drop(gbn_product *product);

/* End the current block, if there is anything in it. Returns as gbn_product_copy. */
gbn_status gbn_product_cut(gbn_product *product, gbn_error *err);

/* How many blocks went in so far, those sent for their records alone left out: the next one's number. */
uint64_t gbn_product_blocks(const gbn_product *product);

#endif

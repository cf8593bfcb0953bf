#ifndef GBN_STREAM_H
#define GBN_STREAM_H

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_product.h"

/*
 * gbn_stream - whatever a descriptor delivers, up to its end -> a .gz and its manifest.
 */
typedef struct gbn_stream_options {
    int fd; /* duplicated: the caller's stays the caller's */
    gbn_product_options product;
} gbn_stream_options;

/*
 * Start the work. A stream that merely ends is complete: whether its writer ended well is
 * for the caller to find out.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     `result` is the caller's, zeroed, and lives until gbn_job_finish, which fills it.
 */
gbn_status gbn_stream_start(const gbn_stream_options *options, gbn_product_result *result,
                            gbn_job **job, gbn_error *err);

#endif

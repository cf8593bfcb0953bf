#ifndef GBN_DIGEST_H
#define GBN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_sha256.h"

/*
 * gbn_digest - the SHA-256 of many files, several at a time, made durable on the way if asked to:
 * for files that other programs wrote.
 */
typedef struct gbn_digest_options {
    const char *const *paths; /* copied */
    size_t count;
    unsigned workers;
    bool sync; /* fsync each */
    bool drop; /* from the page cache, as far as it is on the disk */
} gbn_digest_options;

/*
 * Start the work. Links are not followed; anything but a regular file is a failure.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_SYSTEM.
 * Owns     `digests`, room for `count`, is the caller's and lives until gbn_job_finish; it is
 *          complete only if that returns GBN_OK. The first file that cannot be read ends it.
 */
gbn_status gbn_digest_start(const gbn_digest_options *options, uint8_t (*digests)[GBN_SHA256_SIZE],
                            gbn_job **job, gbn_error *err);

#endif

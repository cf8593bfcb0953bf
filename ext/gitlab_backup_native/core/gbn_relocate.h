#ifndef GBN_RELOCATE_H
#define GBN_RELOCATE_H

#include <stdint.h>

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_sha256.h"

/*
 * gbn_relocate - a file's bytes to the end of another file, in pieces that are punched out
 * of the first as soon as they are written: both together take no more room than one of
 * them and a piece. Where a file system cannot punch holes the room comes back at the end.
 */
enum { GBN_RELOCATE_PIECE = 64 * 1024 * 1024 };

typedef struct gbn_relocate_result {
    uint64_t size; /* bytes */
    uint8_t sha256[GBN_SHA256_SIZE];
} gbn_relocate_result;

/*
 * Start the work: `path`, a regular file (no link), to the end of the open file `fd`,
 * whose position is neither used nor changed. At the end `path` is removed. After a failure it
 * may have lost bytes, and `fd` has been cut back to where it was.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_INVALID.
 * Owns     a duplicate of `fd`. `result` is the caller's and lives until gbn_job_finish, which fills it.
 */
gbn_status gbn_relocate_start(const char *path, int fd, gbn_relocate_result *result, gbn_job **job,
                              gbn_error *err);

#endif

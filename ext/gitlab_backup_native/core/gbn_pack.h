#ifndef GBN_PACK_H
#define GBN_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_job.h"

/*
 * gbn_pack - whether a pack of git's still holds what was once written to it, by the CRC-32 that
 * its index, version 2 (gitformat-pack), has of each object's bytes; and the index, by its own
 * hash. Nothing is inflated.
 */
typedef struct gbn_pack_options {
    const char *pack;  /* copied, as is: */
    const char *index; /* its .idx */
    size_t id_size;    /* bytes of an object's id: 20 or 32 */
    uint32_t entries;  /* most objects to take into memory, of up to 32 bytes each */
} gbn_pack_options;

/*
 * Start the work. At the end `*sound` is true if all bytes of both files are as they were; false if
 * some are not, and also if that cannot be told: an index that is of another version, cut off,
 * absurd or of too many entries, files that are not there or cannot be read.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_SYSTEM; GBN_ERR_INVALID for another id_size.
 * Owns     `sound` is the caller's and lives until gbn_job_finish.
 */
gbn_status gbn_pack_start(const gbn_pack_options *options, bool *sound, gbn_job **job,
                          gbn_error *err);

#endif

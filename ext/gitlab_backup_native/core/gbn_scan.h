#ifndef GBN_SCAN_H
#define GBN_SCAN_H

#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_job.h"

/*
 * gbn_scan - the manifest of an archive that came without one: what is in it, with a hash for
 * each file. It describes the tar as if it were not compressed (codec "none"), so its blocks are
 * not those of the product and its trailer has no hash: it is for looking, not for extracting.
 */
typedef struct gbn_scan_options {
    gbn_place source;     /* .tar.gz or .tar */
    const char *manifest; /* the file to make */
    const char *backup_id;
    const char *product; /* as the manifest names it */
} gbn_scan_options;

/*
 * Start the work. The file appears when it is complete.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM; the job ends in GBN_ERR_FORMAT when the
 *          archive is damaged.
 */
gbn_status gbn_scan_start(const gbn_scan_options *options, gbn_job **job, gbn_error *err);

#endif

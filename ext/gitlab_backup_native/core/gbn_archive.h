#ifndef GBN_ARCHIVE_H
#define GBN_ARCHIVE_H

#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_job.h"
#include "gbn_product.h"

/*
 * gbn_archive - a directory -> a .tar.gz (or .tar) and its manifest. The same tree gives the
 * same archive, whatever the number of threads.
 *
 * Descriptors: constant, adapted to the process's limit.
 */
typedef struct gbn_archive_options {
    const char *root;           /* NULL: an archive without members */
    const char *const *exclude; /* names at the top that are left out */
    size_t exclude_count;
    /* NULL: everything, as "./...". Else these names at the top, in this order, without "./". */
    const char *const *members;
    size_t member_count;
    /* An earlier archive of the same tree, whose blocks are used again as far as nothing in them
     * has changed: its manifest, NULL for none, and where it lies. */
    const char *previous_manifest;
    gbn_place previous;
    bool dedup; /* files of equal content, larger than a block, become hard links to the first */
    gbn_product_options product;
} gbn_archive_options;

/*
 * Start the work. What cannot be read, vanishes or changes is noted and does not end it.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM when the root or an output cannot be opened; GBN_ERR_NOMEM.
 * Owns     `result` is the caller's, zeroed, and lives until gbn_job_finish, which fills it.
 */
gbn_status gbn_archive_start(const gbn_archive_options *options, gbn_product_result *result,
                             gbn_job **job, gbn_error *err);

#endif

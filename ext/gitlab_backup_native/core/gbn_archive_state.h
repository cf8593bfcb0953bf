#ifndef GBN_ARCHIVE_STATE_H
#define GBN_ARCHIVE_STATE_H

#include "gbn_archive.h"
#include "gbn_owner.h"
#include "gbn_pool.h"
#include "gbn_reader.h"
#include "gbn_tar.h"

/* What the files of the module archive share. */
struct archive {
    gbn_product *product;
    gbn_product_result *result;
    gbn_root *root; /* NULL: nothing to read */
    gbn_walk *walk;
    gbn_reader *reader;
    gbn_pool *readers;
    unsigned reader_count;
    const char *prefix; /* of every member: "./" or "" */
    gbn_tar *tar;
    gbn_owner *owner;
    gbn_sha256 *sha;
    gbn_bytes path; /* of the current member, prefix included, with a NUL behind it */
    gbn_bytes header;
    gbn_job_counters *counters;
};

/*
 * Make a member of an entry, or a note, or both.
 *
 * Returns  GBN_OK or a failure that ends the archive.
 */
gbn_status gbn_archive_take(struct archive *archive, gbn_entry *entry, gbn_error *err);

#endif

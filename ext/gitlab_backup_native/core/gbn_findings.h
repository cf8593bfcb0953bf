#ifndef GBN_FINDINGS_H
#define GBN_FINDINGS_H

#include <pthread.h>

#include "gbn_unpack.h"

/*
 * gbn_findings - what gbn_unpack finds wrong, from any of its threads. Either the first
 * damage is a failure, or all of it goes into a result.
 */
typedef struct gbn_findings {
    pthread_mutex_t lock;
    gbn_unpack_result *result;
    const char *source; /* named in failures */
    bool strict;
} gbn_findings;

void gbn_findings_init(gbn_findings *findings, gbn_unpack_result *result, const char *source,
                       bool strict);
void gbn_findings_free(gbn_findings *findings);

/* The bytes of the product a finding is about; length 0: not known. */
typedef struct gbn_range {
    uint64_t offset, length;
} gbn_range;

/*
 * Note one. `path` may be NULL.
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT when strict, unless of the kind GBN_FINDING_SKIPPED.
 */
gbn_status gbn_findings_add(gbn_findings *findings, gbn_finding_kind kind, const char *path,
                            gbn_range range, const char *reason, gbn_error *err);

#endif

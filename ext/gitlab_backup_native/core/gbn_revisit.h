#ifndef GBN_REVISIT_H
#define GBN_REVISIT_H

#include "gbn_reader.h"
#include "gbn_root.h"
#include "gbn_spool.h"

/*
 * gbn_revisit - the names a gbn_reader is to read for an archive that is made from an earlier one: first those the
 * plan names, one for each of its paths, then those that are new, each directory
 * among them followed by its content in walk order.
 *
 * Memory: the listings of the directories on the way to the current name.
 */
typedef struct gbn_revisit gbn_revisit;

typedef struct gbn_revisit_options {
    gbn_root *root;
    gbn_spool *paths;   /* gbn_plan_paths */
    gbn_spool *news;    /* gbn_survey_news */
    int64_t settled_ns; /* gbn_survey_settled_ns */
} gbn_revisit_options;

/* All in `options` is lent until gbn_revisit_free. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_revisit_new(const gbn_revisit_options *options, gbn_revisit **revisit,
                           gbn_error *err);

/* It, as a reader takes it. */
gbn_names gbn_revisit_names(gbn_revisit *revisit);

/* NULL does nothing. */
void gbn_revisit_free(gbn_revisit *revisit);

#endif

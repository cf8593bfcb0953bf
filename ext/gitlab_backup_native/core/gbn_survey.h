#ifndef GBN_SURVEY_H
#define GBN_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_manifest.h"
#include "gbn_root.h"
#include "gbn_spool.h"

/*
 * gbn_survey - what has become of the members of an earlier archive. Each is looked at once, many
 * side by side; a directory is listed only if it has changed itself, for else its names
 * are those the archive knows.
 *
 * Memory: gbn_pipeline's formula, which for 32 threads is 68 blocks of 128 KiB; the names
 * of a directory that is listed, and of those it is in; 2 bits for each member of the earlier
 * archive and 1 for each of its blocks. What is more goes to files without names in `folder`.
 */
typedef struct gbn_survey gbn_survey;

typedef struct gbn_survey_options {
    gbn_root *root;
    const char *manifest; /* of the earlier archive */
    uint64_t stored_size; /* its size as it is now */
    const char *folder;
    const char *const *exclude; /* see gbn_walk */
    size_t exclude_count;
    bool
        dedup; /* a hard link whose file is no link may stand for equal content, as long as both are the same */
} gbn_survey_options;

typedef enum gbn_verdict {
    GBN_VERDICT_GONE,    /* not there, or of another type */
    GBN_VERDICT_CHANGED, /* there, but not proven to be as it was */
    GBN_VERDICT_SAME,
} gbn_verdict;

/* A block of the earlier archive, with the records of the members that end in it. */
typedef struct gbn_survey_row {
    gbn_manifest_block block;
    uint64_t records_at, records_length; /* in the manifest's file */
    uint64_t first_entry;                /* its number in that file, from 0 */
    uint32_t entries, files, directories;
    bool notes;     /* there are notes among the records */
    bool continues; /* the next block goes on with the member that is in this one */
} gbn_survey_row;

/* Strings in `options` are lent until gbn_survey_free. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_survey_new(const gbn_survey_options *options, gbn_survey **survey, gbn_error *err);

/*
 * Do it, once.
 *
 * Returns  GBN_OK; GBN_SKIPPED with the reason in `err` when the earlier archive is of no use: its manifest
 *          cannot be read or contradicts itself, or the product has another size; GBN_ERR_*.
 * Blocks   until all threads have ended.
 */
gbn_status gbn_survey_run(gbn_survey *survey, gbn_error *err);

/* Make gbn_survey_run return soon. Any thread. */
void gbn_survey_abort(gbn_survey *survey);

/* What follows: after gbn_survey_run has returned GBN_OK. */

/* What the earlier manifest's header says; lent. */
const char *gbn_survey_backup_id(const gbn_survey *survey);
uint64_t gbn_survey_generation(const gbn_survey *survey);
uint64_t gbn_survey_raw_size(const gbn_survey *survey);
bool gbn_survey_plain(const gbn_survey *survey); /* its blocks are stored as they are */

/* gbn_root_settled_ns before any directory was listed. */
int64_t gbn_survey_settled_ns(const gbn_survey *survey);

/* What has become of the `entry`th member of that file. */
gbn_verdict gbn_survey_verdict(const gbn_survey *survey, uint64_t entry);

/* Is a member that begins in this block not the same any more? */
bool gbn_survey_touched(const gbn_survey *survey, uint64_t block);

/* A gbn_survey_row for each block, in order. Lent. */
gbn_spool *gbn_survey_rows(gbn_survey *survey);

/* The paths that are new, in walk order; what is beneath them is not named. Lent. */
gbn_spool *gbn_survey_news(gbn_survey *survey);

/* NULL does nothing. */
void gbn_survey_free(gbn_survey *survey);

#endif

#ifndef GBN_ARCHIVE_STATE_H
#define GBN_ARCHIVE_STATE_H

#include "gbn_archive.h"
#include "gbn_owner.h"
#include "gbn_plan.h"
#include "gbn_pool.h"
#include "gbn_product_copy.h"
#include "gbn_reader.h"
#include "gbn_records.h"
#include "gbn_revisit.h"
#include "gbn_survey.h"
#include "gbn_tar.h"
#include "gbn_twins.h"
#include "gbn_way.h"

/* An earlier archive this one is made from (gbn_archive_again.c). */
struct earlier {
    char *manifest, *folder;
    char **exclude;
    size_t exclude_count;
    gbn_infile *file;
    gbn_survey *survey;
    gbn_plan *plan; /* NULL until it is known to be of use */
    gbn_revisit *revisit;
    gbn_records *records;
    gbn_way *way;
    uint64_t member_at; /* raw offset of the member that blocks go on with */
    bool within;
};

/* What the files of the module archive share. */
struct archive {
    gbn_product *product;
    gbn_product_result *result;
    gbn_root *root; /* NULL: nothing to read */
    gbn_walk *walk;
    gbn_names names; /* what the reader reads: of the walk, or of the revisit */
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
    gbn_cancel *cancel;
    gbn_twins *twins; /* NULL: equal files are stored as often as there are */
    const char *twin; /* path of the member that has the current one's content, or NULL */
    const gbn_gzip_codec *codec; /* NULL: the bytes as they are */
    struct earlier earlier;
};

/*
 * Open the earlier archive. What is wrong with it is told in the result, and the archive is made in full.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_SYSTEM.
 */
gbn_status gbn_archive_open_earlier(struct archive *archive, const gbn_archive_options *options,
                                    gbn_error *err);

/* Compare it with the tree and make a plan. Returns as the above and GBN_ERR_CANCELLED. */
gbn_status gbn_archive_plan(struct archive *archive, gbn_error *err);

/* Put what the plan says, all but what is new. Returns GBN_OK or a failure that ends the archive. */
gbn_status gbn_archive_follow(struct archive *archive, gbn_error *err);

/* Put `count` of the reader's entries; fewer only at its end, with GBN_END. */
gbn_status gbn_archive_take_some(struct archive *archive, uint64_t count, gbn_error *err);

/* Store a block of the earlier archive, or, where that is damaged, make it anew of the files. */
gbn_status gbn_archive_copy(struct archive *archive, const gbn_survey_row *row, gbn_error *err);

/* Make a block anew of its files, which were as they had been a moment ago. */
gbn_status gbn_archive_mend(struct archive *archive, const gbn_survey_row *row, gbn_error *err);

/* Put the path of a member the earlier archive had into archive->path. */
gbn_status gbn_archive_former_path(struct archive *archive, const gbn_manifest_entry *former,
                                   gbn_error *err);

/* Set archive->twin to what the entry may repeat. */
gbn_status gbn_archive_find_twin(struct archive *archive, const gbn_entry *entry, gbn_error *err);

/* Take the entry's slices and forget them. */
gbn_status gbn_archive_skip_content(struct archive *archive);

/* Later members may repeat this one; or the large one that ends in a block that was copied. */
gbn_status gbn_archive_keep_twin(struct archive *archive, const gbn_entry *entry, gbn_error *err);
gbn_status gbn_archive_keep_former_twin(struct archive *archive, const gbn_survey_row *row,
                                        gbn_error *err);

void gbn_archive_close_earlier(struct earlier *earlier);

/*
 * Make a member of an entry, or a note, or both.
 *
 * Returns  GBN_OK or a failure that ends the archive.
 */
gbn_status gbn_archive_take(struct archive *archive, gbn_entry *entry, gbn_error *err);

#endif

/*
 * One pass over the survey's rows, looking one row ahead: whether a block may stay as it is depends on the
 * next one too, as small neighbours are put together. Steps and paths go to spools, since they may be
 * millions and are read once, in this order.
 */
#include "gbn_plan.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_product.h"
#include "gbn_records.h"
#include "gbn_tar.h"
#include "gbn_time.h"

enum { SMALL = GBN_PRODUCT_BATCH / 2, TOGETHER = 2 * GBN_PRODUCT_BATCH };

struct gbn_plan {
    gbn_survey *survey;
    gbn_records *records;
    gbn_spool *steps, *paths;
    gbn_bytes path;
    /* on the way through the rows */
    gbn_survey_row row, next; /* the one in hand and the one behind it */
    bool has_row, has_next;
    bool within; /* the row goes on with a member that began before it */
    bool copied; /* what became of that one */
    bool joins;  /* the row before is too small to stay alone */
};

/* ---- the verdict on a block ---- */

/* Are all bytes of the block those of one member, and of others as well? */
static bool
is_part(bool within, const gbn_survey_row *row)
{
    return within || row->continues;
}

static bool
joins_next(const gbn_plan *plan)
{
    const gbn_survey_row *row = &plan->row;
    const gbn_survey_row *next = &plan->next;

    return plan->has_next && !is_part(plan->within, row) && !next->continues &&
           row->block.raw_size < SMALL && row->block.raw_size + next->block.raw_size <= TOGETHER;
}

/* Where exactly the zeros of the end begin nobody has written down. */
static bool
is_near_end(const gbn_plan *plan, const gbn_manifest_block *block)
{
    return block->raw_offset + block->raw_size + GBN_TAR_END_MAX >
           gbn_survey_raw_size(plan->survey);
}

static bool
can_copy(gbn_plan *plan)
{
    const gbn_survey_row *row = &plan->row;
    const bool joined = plan->joins;

    if (plan->within)
        return plan->copied;
    plan->joins = joins_next(plan);
    return !is_near_end(plan, &row->block) && !joined && !plan->joins &&
           !gbn_survey_touched(plan->survey, row->block.number);
}

/* ---- steps ---- */

gbn_plan_path
gbn_plan_path_of(const gbn_manifest_entry *entry, gbn_verdict verdict)
{
    return (gbn_plan_path){
        .mode = entry->mode,
        .verdict = (uint8_t)verdict,
        .uid = entry->uid,
        .gid = entry->gid,
        .device = entry->device,
        .inode = entry->inode,
        .mtime_ns = entry->mtime_ns,
        .ctime_ns = entry->ctime_ns,
    };
}

static struct timespec
time_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)gbn_time_seconds(ns), .tv_nsec = gbn_time_rest(ns)};
}

struct stat
gbn_plan_former_status(const gbn_plan_path *path)
{
    return (struct stat){
        .st_mode = path->mode,
        .st_uid = (uid_t)path->uid,
        .st_gid = (gid_t)path->gid,
        .st_dev = path->device,
        .st_ino = path->inode,
        .st_nlink = 1,
        .st_mtim = time_of(path->mtime_ns),
        .st_ctim = time_of(path->ctime_ns),
    };
}

static gbn_status
put_path(gbn_plan *plan, const gbn_manifest_entry *entry, gbn_verdict verdict, gbn_error *err)
{
    const gbn_plan_path record = gbn_plan_path_of(entry, verdict);
    gbn_status rc;

    gbn_bytes_clear(&plan->path);
    rc = gbn_bytes_append(&plan->path, &record, sizeof record, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&plan->path, entry->path, strlen(entry->path) + 1, err);
    return rc == GBN_OK ? gbn_spool_append(plan->paths, plan->path.data, plan->path.length, err)
                        : rc;
}

static gbn_status
put_reads(gbn_plan *plan, gbn_error *err)
{
    const gbn_survey_row *row = &plan->row;
    gbn_plan_step step = {.row = *row};
    const gbn_manifest_entry *former;
    gbn_verdict verdict;
    gbn_status rc = GBN_OK;

    gbn_records_seek(plan->records, row->records_at);
    for (uint32_t i = 0; rc == GBN_OK && i < row->entries; i++) {
        rc = gbn_records_next_entry(plan->records, &former, err);
        verdict = gbn_survey_verdict(plan->survey, row->first_entry + i);
        if (rc < 0 || verdict == GBN_VERDICT_GONE)
            continue;
        step.reads++;
        rc = put_path(plan, former, verdict, err);
    }
    return rc == GBN_OK && step.reads > 0 ? gbn_spool_append(plan->steps, &step, sizeof step, err)
                                          : rc;
}

static gbn_status
put_row(gbn_plan *plan, gbn_error *err)
{
    const gbn_plan_step step = {.copy = true, .row = plan->row};
    const bool copy = can_copy(plan);

    plan->within = plan->row.continues;
    plan->copied = copy;
    return copy ? gbn_spool_append(plan->steps, &step, sizeof step, err) : put_reads(plan, err);
}

static gbn_status
take_row(gbn_plan *plan, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc = gbn_spool_next(gbn_survey_rows(plan->survey), &data, &length, err);

    plan->row = plan->next;
    plan->has_row = plan->has_next;
    plan->has_next = rc == GBN_OK;
    if (plan->has_next)
        memcpy(&plan->next, data, sizeof plan->next);
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
put_rows(gbn_plan *plan, gbn_error *err)
{
    gbn_status rc;

    gbn_spool_rewind(gbn_survey_rows(plan->survey));
    rc = take_row(plan, err);
    if (rc == GBN_OK)
        rc = take_row(plan, err);
    while (rc == GBN_OK && plan->has_row) {
        rc = put_row(plan, err);
        if (rc == GBN_OK)
            rc = take_row(plan, err);
    }
    gbn_spool_rewind(plan->steps);
    gbn_spool_rewind(plan->paths);
    return rc;
}

/* ---- its life ---- */

gbn_status
gbn_plan_new(gbn_survey *survey, const char *manifest, const char *folder, gbn_plan **result,
             gbn_error *err)
{
    gbn_plan *plan = calloc(1, sizeof *plan);
    gbn_status rc;

    *result = NULL;
    if (plan == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "plan an archive");
    plan->survey = survey;
    rc = gbn_records_open(manifest, &plan->records, err);
    if (rc == GBN_OK)
        rc = gbn_spool_new(folder, &plan->steps, err);
    if (rc == GBN_OK)
        rc = gbn_spool_new(folder, &plan->paths, err);
    if (rc == GBN_OK)
        rc = put_rows(plan, err);
    if (rc < 0)
        gbn_plan_free(plan);
    else
        *result = plan;
    return rc;
}

gbn_status
gbn_plan_next(gbn_plan *plan, gbn_plan_step *step, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc = gbn_spool_next(plan->steps, &data, &length, err);

    if (rc == GBN_OK)
        memcpy(step, data, sizeof *step);
    return rc;
}

gbn_spool *
gbn_plan_paths(gbn_plan *plan)
{
    return plan->paths;
}

void
gbn_plan_free(gbn_plan *plan)
{
    if (plan == NULL)
        return;
    gbn_records_close(plan->records);
    gbn_spool_free(plan->steps);
    gbn_spool_free(plan->paths);
    gbn_bytes_free(&plan->path);
    free(plan);
}

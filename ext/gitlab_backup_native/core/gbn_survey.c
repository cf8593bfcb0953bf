#include "gbn_survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_survey_state.h"
#include "gbn_time.h"

/* ---- looking at members ---- */

/* A further name of an inode is read anew always: which of its names comes first is the reader's business. */
static bool
is_same(const gbn_survey *survey, const gbn_known *known, const struct stat *status)
{
    if (!known->settled || (known->hardlink && !survey->options.dedup) ||
        status->st_dev != known->device || status->st_ino != known->inode ||
        (status->st_mode & 07777) != (known->mode & 07777) ||
        !gbn_time_is(known->mtime_ns, status->st_mtim.tv_sec, status->st_mtim.tv_nsec) ||
        !gbn_time_is(known->ctime_ns, status->st_ctim.tv_sec, status->st_ctim.tv_nsec))
        return false;
    if (S_ISDIR(status->st_mode))
        return true;
    return status->st_nlink == 1 && (!S_ISREG(status->st_mode) || known->hardlink ||
                                     (uint64_t)status->st_size == known->size);
}

/* A path of more than PATH_MAX bytes has to be gone step by step. */
static int
look_far(gbn_way *way, const char *path, struct stat *status)
{
    gbn_error reason = {.errnum = 0};
    gbn_dir *parent;
    const char *name;
    gbn_status rc = gbn_way_find(way, path, &parent, &name, &reason);

    if (rc == GBN_OK)
        rc = gbn_dir_stat(parent, name, status, &reason);
    gbn_dir_release(parent);
    if (rc == GBN_OK)
        return 0;
    return reason.errnum != 0 ? reason.errnum : ENOMEM;
}

static gbn_found
look(const gbn_survey *survey, gbn_way *way, const gbn_known *known, const char *path)
{
    struct stat status;
    int errnum = gbn_root_stat(survey->options.root, path, &status);

    if (errnum == ENAMETOOLONG)
        errnum = look_far(way, path, &status);
    if (errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ESTALE)
        return GBN_FOUND_NOTHING;
    if (errnum != 0)
        return GBN_FOUND_OTHER; /* reading it will tell */
    if ((status.st_mode & S_IFMT) != (known->mode & S_IFMT))
        return GBN_FOUND_OTHER_TYPE;
    return is_same(survey, known, &status) ? GBN_FOUND_SAME : GBN_FOUND_OTHER;
}

static gbn_status
look_at_block(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    gbn_survey *survey = context;
    gbn_known known;

    (void)err;
    for (size_t at = 0; at < block->raw_length; at += sizeof known + known.length + 1) {
        memcpy(&known, block->raw + at, sizeof known);
        if (known.note == GBN_SURVEY_LINKED)
            continue;
        known.found = (uint8_t)look(survey, worker, &known, (char *)block->raw + at + sizeof known);
        memcpy(block->raw + at, &known, sizeof known);
    }
    return GBN_OK;
}

static gbn_status
open_worker(void *context, void **worker, gbn_error *err)
{
    gbn_survey *survey = context;
    gbn_way *way;
    gbn_status rc = gbn_way_new(survey->options.root, &way, err);

    *worker = way;
    return rc;
}

static void
close_worker(void *worker)
{
    gbn_way_free(worker);
}

/* ---- its life ---- */

gbn_status
gbn_survey_new(const gbn_survey_options *options, gbn_survey **result, gbn_error *err)
{
    gbn_survey *survey = calloc(1, sizeof *survey);
    const gbn_pipeline_options pipeline = {
        .workers = GBN_SURVEY_THREADS,
        .raw_size = GBN_SURVEY_BLOCK,
        .context = survey,
        .source = gbn_survey_read,
        .worker_open = open_worker,
        .worker_close = close_worker,
        .stage = look_at_block,
        .sinks = {gbn_survey_judge},
    };
    gbn_status rc;

    *result = NULL;
    if (survey == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "compare with an earlier archive");
    survey->options = *options;
    rc = gbn_spool_new(options->folder, &survey->rows, err);
    if (rc == GBN_OK)
        rc = gbn_spool_new(options->folder, &survey->news, err);
    if (rc == GBN_OK)
        rc = gbn_way_new(options->root, &survey->way, err);
    if (rc == GBN_OK)
        rc = gbn_pipeline_new(&pipeline, &survey->pipeline, err);
    if (rc < 0)
        gbn_survey_free(survey);
    else
        *result = survey;
    return rc;
}

void
gbn_survey_free(gbn_survey *survey)
{
    if (survey == NULL)
        return;
    gbn_pipeline_free(survey->pipeline);
    gbn_sorter_free(survey->sorter);
    gbn_spool_free(survey->rows);
    gbn_spool_free(survey->news);
    while (survey->level_count > 0)
        gbn_listing_free(&survey->levels[--survey->level_count].listing);
    gbn_way_free(survey->way);
    gbn_bytes_free(&survey->record);
    gbn_bytes_free(&survey->last);
    gbn_bytes_free(&survey->name);
    gbn_bytes_free(&survey->verdicts);
    gbn_bytes_free(&survey->touched);
    gbn_bytes_free(&survey->orphans);
    free(survey->levels);
    free(survey->backup_id);
    free(survey);
}

gbn_status
gbn_survey_run(gbn_survey *survey, gbn_error *err)
{
    gbn_status rc;

    survey->settled_ns = gbn_root_settled_ns(survey->options.root);
    rc = gbn_pipeline_run(survey->pipeline, err);
    gbn_sorter_free(survey->sorter);
    survey->sorter = NULL;
    if (rc == GBN_OK)
        rc = gbn_survey_leave(survey, err);
    if (rc >= 0 || !survey->refused)
        return rc;
    return err->status == GBN_ERR_NOMEM || err->status == GBN_ERR_CANCELLED ? rc : GBN_SKIPPED;
}

void
gbn_survey_abort(gbn_survey *survey)
{
    gbn_pipeline_abort(survey->pipeline);
}

gbn_status
gbn_survey_refuse(gbn_survey *survey, gbn_error *err, const char *what)
{
    survey->refused = true;
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "read the manifest %s: %s", survey->options.manifest,
                    what);
}

/* ---- what came of it ---- */

const char *
gbn_survey_backup_id(const gbn_survey *survey)
{
    return survey->backup_id;
}

uint64_t
gbn_survey_generation(const gbn_survey *survey)
{
    return survey->generation;
}

uint64_t
gbn_survey_raw_size(const gbn_survey *survey)
{
    return survey->raw_size;
}

bool
gbn_survey_plain(const gbn_survey *survey)
{
    return survey->plain;
}

int64_t
gbn_survey_settled_ns(const gbn_survey *survey)
{
    return survey->settled_ns;
}

static bool
has_bit(const gbn_bytes *bits, uint64_t number)
{
    return number / 8 < bits->length && (bits->data[number / 8] >> number % 8 & 1) != 0;
}

gbn_verdict
gbn_survey_verdict(const gbn_survey *survey, uint64_t entry)
{
    gbn_verdict verdict;

    if (entry / 4 >= survey->verdicts.length)
        return GBN_VERDICT_GONE;
    verdict = (gbn_verdict)(survey->verdicts.data[entry / 4] >> 2 * (entry % 4) & 3);
    return verdict == GBN_VERDICT_SAME && has_bit(&survey->orphans, entry) ? GBN_VERDICT_CHANGED
                                                                           : verdict;
}

bool
gbn_survey_touched(const gbn_survey *survey, uint64_t block)
{
    return has_bit(&survey->touched, block);
}

gbn_spool *
gbn_survey_rows(gbn_survey *survey)
{
    return survey->rows;
}

gbn_spool *
gbn_survey_news(gbn_survey *survey)
{
    return survey->news;
}

#include <stdlib.h>
#include <string.h>

#include "gbn_archive_state.h"

/* An archive made from an earlier one: opened, compared, planned, followed. */

/* ---- opening ---- */

static gbn_status
tell(struct archive *archive, const gbn_error *reason, gbn_error *err)
{
    gbn_product_result *result = archive->result;
    char text[256];
    size_t size = sizeof reason->message + sizeof text + 3;

    result->previous_trouble = malloc(size);
    if (result->previous_trouble == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "tell of an earlier archive");
    strcpy(result->previous_trouble, reason->message);
    if (reason->errnum != 0) {
        strcat(result->previous_trouble, ": ");
        strcat(result->previous_trouble, gbn_errno_text(reason->errnum, text, sizeof text));
    }
    return GBN_OK;
}

static gbn_status
copy_names(struct earlier *earlier, const gbn_archive_options *options)
{
    const char *manifest = options->product.manifest;
    const char *slash = strrchr(manifest, '/');
    bool complete;

    earlier->manifest = strdup(options->previous_manifest);
    earlier->folder = slash == NULL
                          ? strdup(".")
                          : strndup(manifest, slash == manifest ? 1 : (size_t)(slash - manifest));
    earlier->exclude = calloc(options->exclude_count + 1, sizeof earlier->exclude[0]);
    complete = earlier->manifest != NULL && earlier->folder != NULL && earlier->exclude != NULL;
    for (size_t i = 0; complete && i < options->exclude_count; i++) {
        earlier->exclude[i] = strdup(options->exclude[i]);
        complete = earlier->exclude[i] != NULL;
        earlier->exclude_count++;
    }
    return complete ? GBN_OK : GBN_ERR_NOMEM;
}

static gbn_status
new_survey(struct archive *archive, gbn_error *err)
{
    struct earlier *earlier = &archive->earlier;
    const gbn_survey_options options = {
        .root = archive->root,
        .manifest = earlier->manifest,
        .stored_size = gbn_infile_size(earlier->file),
        .folder = earlier->folder,
        .exclude = (const char *const *)earlier->exclude,
        .exclude_count = earlier->exclude_count,
        .dedup = archive->twins != NULL,
    };

    return gbn_survey_new(&options, &earlier->survey, err);
}

gbn_status
gbn_archive_open_earlier(struct archive *archive, const gbn_archive_options *options,
                         gbn_error *err)
{
    gbn_error reason;
    gbn_status rc;

    if (copy_names(&archive->earlier, options) < 0)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "open an earlier archive");
    if (options->members != NULL) {
        gbn_fail(&reason, GBN_ERR_INVALID, 0, "not all of the folder is to be in this one");
        return tell(archive, &reason, err);
    }
    rc = gbn_infile_open(&options->previous, &archive->earlier.file, &reason);
    if (rc == GBN_OK)
        return new_survey(archive, err);
    if (rc == GBN_ERR_NOMEM) {
        *err = reason;
        return rc;
    }
    return tell(archive, &reason, err);
}

void
gbn_archive_close_earlier(struct earlier *earlier)
{
    gbn_revisit_free(earlier->revisit);
    gbn_plan_free(earlier->plan);
    gbn_survey_free(earlier->survey);
    gbn_records_close(earlier->records);
    gbn_infile_close(earlier->file);
    gbn_way_free(earlier->way);
    for (size_t i = 0; i < earlier->exclude_count; i++)
        free(earlier->exclude[i]);
    free(earlier->exclude);
    free(earlier->manifest);
    free(earlier->folder);
}

/* ---- planning ---- */

static gbn_status
make_plan(struct archive *archive, gbn_error *err)
{
    struct earlier *earlier = &archive->earlier;
    gbn_revisit_options options = {.root = archive->root,
                                   .news = gbn_survey_news(earlier->survey),
                                   .settled_ns = gbn_survey_settled_ns(earlier->survey)};
    gbn_plan *plan;
    gbn_status rc = gbn_plan_new(earlier->survey, earlier->manifest, earlier->folder, &plan, err);

    if (rc < 0)
        return rc;
    earlier->plan = plan;
    options.paths = gbn_plan_paths(plan);
    rc = gbn_revisit_new(&options, &earlier->revisit, err);
    if (rc == GBN_OK)
        rc = gbn_records_open(earlier->manifest, &earlier->records, err);
    if (rc == GBN_OK)
        rc = gbn_way_new(archive->root, &earlier->way, err);
    if (rc == GBN_OK)
        rc = gbn_product_succeed(archive->product, gbn_survey_generation(earlier->survey) + 1,
                                 gbn_survey_backup_id(earlier->survey), err);
    if (rc < 0)
        return rc;
    archive->result->generation = gbn_survey_generation(earlier->survey) + 1;
    archive->names = gbn_revisit_names(earlier->revisit);
    return GBN_OK;
}

gbn_status
gbn_archive_plan(struct archive *archive, gbn_error *err)
{
    gbn_error reason;
    gbn_status rc = gbn_survey_run(archive->earlier.survey, &reason);

    if (rc == GBN_OK && gbn_survey_plain(archive->earlier.survey) != (archive->codec == NULL))
        rc = gbn_fail(&reason, GBN_SKIPPED, 0, "%s is compressed and the other is not",
                      archive->codec == NULL ? "the earlier one" : "this one");
    if (rc == GBN_OK)
        return make_plan(archive, err);
    if (rc == GBN_SKIPPED)
        return tell(archive, &reason, err);
    *err = reason;
    return rc;
}

gbn_status
gbn_archive_former_path(struct archive *archive, const gbn_manifest_entry *former, gbn_error *err)
{
    gbn_status rc;

    gbn_bytes_clear(&archive->path);
    rc = gbn_bytes_append(&archive->path, archive->prefix, strlen(archive->prefix), err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(&archive->path, former->path, strlen(former->path) + 1, err);
    return rc;
}

/* ---- following ---- */

gbn_status
gbn_archive_follow(struct archive *archive, gbn_error *err)
{
    gbn_plan_step step;
    gbn_status rc;

    while ((rc = gbn_plan_next(archive->earlier.plan, &step, err)) == GBN_OK) {
        if (step.copy) {
            rc = gbn_archive_copy(archive, &step.row, err);
        } else {
            rc = gbn_product_regroup(archive->product, err);
            if (rc == GBN_OK)
                rc = gbn_archive_take_some(archive, step.reads, err);
        }
        if (rc != GBN_OK)
            return rc < 0 ? rc : gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    }
    gbn_product_regrouped(archive->product);
    return rc == GBN_END ? GBN_OK : rc;
}

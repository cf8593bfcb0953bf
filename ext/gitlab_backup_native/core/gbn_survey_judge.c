#include <stdlib.h>
#include <string.h>

#include "gbn_survey_state.h"
#include "gbn_walk.h"

/* What became of each member, in walk order; the directories on the way are gbn_survey_levels.c. */

/* ---- bits ---- */

static gbn_status
need_bytes(gbn_bytes *bytes, uint64_t length, gbn_error *err)
{
    return length <= bytes->length
               ? GBN_OK
               : gbn_bytes_append_zeros(bytes, (size_t)length - bytes->length + 1024, err);
}

static gbn_status
set_bit(gbn_bytes *bits, uint64_t number, gbn_error *err)
{
    gbn_status rc = need_bytes(bits, number / 8 + 1, err);

    if (rc == GBN_OK)
        bits->data[number / 8] |= (uint8_t)(1U << number % 8);
    return rc;
}

static gbn_status
set_verdict(gbn_survey *survey, const gbn_known *known, gbn_verdict verdict, gbn_error *err)
{
    gbn_status rc = need_bytes(&survey->verdicts, known->entry / 4 + 1, err);

    if (rc == GBN_OK)
        survey->verdicts.data[known->entry / 4] |= (uint8_t)(verdict << 2 * (known->entry % 4));
    survey->last_verdict = verdict;
    if (rc < 0 || verdict == GBN_VERDICT_SAME)
        return rc;
    return set_bit(&survey->touched, known->block, err);
}

/* What links to a member is as it was only if the member is, wherever the two stand. */
static gbn_status
judge_linked(gbn_survey *survey, const gbn_known *known, const char *path, gbn_error *err)
{
    const bool found = survey->last.length > 0 && strcmp((char *)survey->last.data, path) == 0;
    gbn_status rc;

    if (found && survey->last_verdict == GBN_VERDICT_SAME)
        return GBN_OK;
    rc = set_bit(&survey->orphans, known->entry, err);
    return rc == GBN_OK ? set_bit(&survey->touched, known->block, err) : rc;
}

/* ---- members ---- */

/* A directory whose own status is as it was has the names it had; a server's clock proves nothing. */
static bool
needs_listing(const gbn_survey *survey, const gbn_known *known)
{
    return known->length == 0 || known->found != GBN_FOUND_SAME ||
           gbn_root_remote(survey->options.root);
}

/* One that cannot be listed is left to whoever reads it: as if it were new, it is listed and noted there. */
static gbn_status
enter_directory(gbn_survey *survey, const gbn_known *known, const char *path, gbn_verdict *verdict,
                bool *news, gbn_error *err)
{
    gbn_listing listing = {0};
    gbn_status rc = GBN_OK;

    if (*verdict != GBN_VERDICT_GONE && needs_listing(survey, known))
        rc = gbn_survey_list(survey, path, &listing, err);
    if (rc == GBN_SKIPPED) {
        *news = true;
        *verdict = GBN_VERDICT_GONE;
    } else if (rc < 0) {
        return rc;
    }
    rc = gbn_survey_enter_level(survey, known->length, *verdict == GBN_VERDICT_GONE, err);
    if (rc == GBN_OK)
        gbn_survey_current(survey)->listing = listing;
    else
        gbn_listing_free(&listing);
    return rc;
}

static gbn_status
keep_path(gbn_survey *survey, const char *path, size_t length, gbn_error *err)
{
    gbn_bytes_clear(&survey->last);
    return gbn_bytes_append(&survey->last, path, length + 1, err);
}

/* What comes first has to be the folder itself. */
static gbn_status
judge_root(gbn_survey *survey, const gbn_known *known, gbn_error *err)
{
    gbn_verdict verdict = known->found == GBN_FOUND_SAME ? GBN_VERDICT_SAME : GBN_VERDICT_CHANGED;
    bool news = false;
    gbn_status rc;

    if (known->length != 0 || !S_ISDIR(known->mode) || known->note)
        return gbn_survey_refuse(survey, err, "it does not begin with the folder itself");
    rc = keep_path(survey, "", 0, err);
    if (rc == GBN_OK)
        rc = enter_directory(survey, known, "", &verdict, &news, err);
    if (rc == GBN_OK && news) { /* for the folder itself nobody else will say why */
        err->status = GBN_ERR_SYSTEM;
        return GBN_ERR_SYSTEM;
    }
    return rc == GBN_OK ? set_verdict(survey, known, verdict, err) : rc;
}

/* Names that were left out are tried again, if they are there. */
static gbn_status
judge_note(gbn_survey *survey, gbn_survey_level *parent, const gbn_known *known, const char *name,
           bool listed, gbn_error *err)
{
    survey->last_verdict = GBN_VERDICT_GONE;
    if (parent->gone || (known->found == GBN_FOUND_NOTHING && !listed))
        return GBN_OK;
    return gbn_survey_put_news(survey, parent, name, err);
}

static gbn_status
judge_member(gbn_survey *survey, size_t parent, const gbn_known *known, const char *path,
             const char *name, bool listed, gbn_error *err)
{
    bool news =
        known->found == GBN_FOUND_OTHER_TYPE || (known->found == GBN_FOUND_NOTHING && listed);
    gbn_verdict verdict = GBN_VERDICT_GONE;
    gbn_status rc;

    if (survey->levels[parent].gone || gbn_survey_excludes(survey, &survey->levels[parent], name))
        news = false;
    else if (known->found == GBN_FOUND_OTHER)
        verdict = GBN_VERDICT_CHANGED;
    else if (known->found == GBN_FOUND_SAME)
        verdict = GBN_VERDICT_SAME;
    rc = keep_path(survey, path, known->length, err);
    if (rc == GBN_OK && S_ISDIR(known->mode))
        rc = enter_directory(survey, known, path, &verdict, &news, err);
    if (rc == GBN_OK && news)
        rc = gbn_survey_put_news(survey, &survey->levels[parent], name, err);
    return rc == GBN_OK ? set_verdict(survey, known, verdict, err) : rc;
}

static gbn_status
judge(gbn_survey *survey, const gbn_known *known, const char *path, gbn_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    gbn_survey_level *parent;
    bool listed = false;
    int order;
    gbn_status rc = GBN_OK;

    if (known->note == GBN_SURVEY_LINKED)
        return judge_linked(survey, known, path, err);
    if (survey->last.length == 0)
        return judge_root(survey, known, err);
    order = gbn_walk_order((const char *)survey->last.data, path);
    if (order == 0 && known->note)
        return GBN_OK; /* a note about a member */
    if (order > 0 || (order == 0 && !known->note))
        return gbn_survey_refuse(survey, err, "its members are not in walk order");
    while (rc == GBN_OK && survey->level_count > 0 &&
           !gbn_survey_is_beneath(survey, gbn_survey_current(survey), path, known->length))
        rc = gbn_survey_leave_level(survey, err);
    if (rc < 0)
        return rc;
    parent = gbn_survey_current(survey);
    if (parent == NULL || parent->length != (slash == NULL ? 0 : (size_t)(slash - path)))
        return gbn_survey_refuse(survey, err, "it has a member whose folder it does not have");
    rc = gbn_survey_pass_names(survey, parent, name, &listed, err);
    if (rc < 0)
        return rc;
    if (known->note) {
        rc = judge_note(survey, parent, known, name, listed, err);
        return rc == GBN_OK ? keep_path(survey, path, known->length, err) : rc;
    }
    return judge_member(survey, survey->level_count - 1, known, path, name, listed, err);
}

gbn_status
gbn_survey_judge(void *context, gbn_block *block, gbn_error *err)
{
    gbn_survey *survey = context;
    gbn_known known;
    gbn_status rc = GBN_OK;

    for (size_t at = 0; rc == GBN_OK && at < block->raw_length;
         at += sizeof known + known.length + 1) {
        memcpy(&known, block->raw + at, sizeof known);
        rc = judge(survey, &known, (const char *)block->raw + at + sizeof known, err);
    }
    return rc;
}

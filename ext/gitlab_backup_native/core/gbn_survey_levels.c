#include <stdlib.h>
#include <string.h>

#include "gbn_survey_state.h"
#include "gbn_walk.h"

/*
 * Members come in walk order, so the directories they are in form a stack of levels. One that
 * has been listed has its names compared with the members as these go by: what no member is called is
 * new.
 */

gbn_survey_level *
gbn_survey_current(gbn_survey *survey)
{
    return survey->level_count == 0 ? NULL : &survey->levels[survey->level_count - 1];
}

bool
gbn_survey_excludes(const gbn_survey *survey, const gbn_survey_level *of, const char *name)
{
    return gbn_walk_excludes(survey->options.exclude, survey->options.exclude_count,
                             of->length == 0, name);
}

/* survey->last begins with the path of every level. */
gbn_status
gbn_survey_put_news(gbn_survey *survey, const gbn_survey_level *of, const char *name,
                    gbn_error *err)
{
    gbn_bytes *path = &survey->name;
    gbn_status rc;

    if (gbn_survey_excludes(survey, of, name))
        return GBN_OK;
    gbn_bytes_clear(path);
    rc = gbn_bytes_append(path, survey->last.data, of->length, err);
    if (rc == GBN_OK && of->length > 0)
        rc = gbn_bytes_append(path, "/", 1, err);
    if (rc == GBN_OK)
        rc = gbn_bytes_append(path, name, strlen(name) + 1, err);
    return rc == GBN_OK ? gbn_spool_append(survey->news, path->data, path->length, err) : rc;
}

/* The names before `name` (NULL: all that are left) are new. Is it one of them itself? */
gbn_status
gbn_survey_pass_names(gbn_survey *survey, gbn_survey_level *of, const char *name, bool *listed,
                      gbn_error *err)
{
    int order = -1;
    gbn_status rc = GBN_OK;

    *listed = false;
    while (rc == GBN_OK && of->next < of->listing.count) {
        if (name != NULL)
            order = strcmp(of->listing.names[of->next].name, name);
        if (order > 0)
            break;
        *listed = order == 0;
        if (!*listed)
            rc = gbn_survey_put_news(survey, of, of->listing.names[of->next].name, err);
        of->next++;
        if (*listed)
            break;
    }
    return rc;
}

gbn_status
gbn_survey_leave_level(gbn_survey *survey, gbn_error *err)
{
    gbn_survey_level *last = gbn_survey_current(survey);
    bool listed;
    gbn_status rc = gbn_survey_pass_names(survey, last, NULL, &listed, err);

    gbn_listing_free(&last->listing);
    survey->level_count--;
    return rc;
}

gbn_status
gbn_survey_leave(gbn_survey *survey, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && survey->level_count > 0)
        rc = gbn_survey_leave_level(survey, err);
    return rc;
}

bool
gbn_survey_is_beneath(const gbn_survey *survey, const gbn_survey_level *of, const char *path,
                      size_t length)
{
    if (of->length == 0)
        return length > 0;
    return length > of->length && path[of->length] == '/' &&
           memcmp(path, survey->last.data, of->length) == 0;
}

gbn_status
gbn_survey_enter_level(gbn_survey *survey, size_t length, bool gone, gbn_error *err)
{
    const size_t capacity = survey->level_capacity == 0 ? 16 : 2 * survey->level_capacity;
    gbn_survey_level *levels;

    if (survey->level_count == survey->level_capacity) {
        levels = realloc(survey->levels, capacity * sizeof levels[0]);
        if (levels == NULL)
            return gbn_fail(err, GBN_ERR_NOMEM, 0, "compare with an earlier archive");
        survey->levels = levels;
        survey->level_capacity = capacity;
    }
    survey->levels[survey->level_count++] = (gbn_survey_level){.length = length, .gone = gone};
    return GBN_OK;
}

gbn_status
gbn_survey_list(gbn_survey *survey, const char *path, gbn_listing *listing, gbn_error *err)
{
    struct stat status;
    gbn_dir *parent;
    gbn_dir *dir;
    const char *name;
    gbn_status rc = gbn_way_find(survey->way, path, &parent, &name, err);

    if (rc < 0)
        return rc;
    if (parent == NULL)
        dir = gbn_root_top(survey->options.root);
    else
        rc = gbn_dir_child(parent, name, &dir, err);
    if (rc == GBN_OK) {
        rc = gbn_dir_list(dir, 0, listing, &status, err);
        gbn_dir_release(dir);
    }
    gbn_dir_release(parent);
    return rc;
}

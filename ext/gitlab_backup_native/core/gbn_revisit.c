#include "gbn_revisit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_plan.h"
#include "gbn_walk.h"
#include "gbn_way.h"

/* A new directory whose names are being given out. */
struct level {
    gbn_dir *dir;
    gbn_listing listing;
    size_t next;
};

struct gbn_revisit {
    gbn_revisit_options options;
    gbn_way *way;
    gbn_bytes path;
    struct level *levels;
    size_t count, capacity;
    bool paths_over;
};

gbn_status
gbn_revisit_new(const gbn_revisit_options *options, gbn_revisit **result, gbn_error *err)
{
    gbn_revisit *revisit = calloc(1, sizeof *revisit);
    gbn_status rc;

    *result = NULL;
    if (revisit == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a tree again");
    revisit->options = *options;
    gbn_spool_rewind(options->paths);
    gbn_spool_rewind(options->news);
    rc = gbn_way_new(options->root, &revisit->way, err);
    if (rc < 0)
        gbn_revisit_free(revisit);
    else
        *result = revisit;
    return rc;
}

static void
leave_level(gbn_revisit *revisit)
{
    struct level *last = &revisit->levels[--revisit->count];

    gbn_listing_free(&last->listing);
    gbn_dir_release(last->dir);
}

void
gbn_revisit_free(gbn_revisit *revisit)
{
    if (revisit == NULL)
        return;
    while (revisit->count > 0)
        leave_level(revisit);
    gbn_way_free(revisit->way);
    gbn_bytes_free(&revisit->path);
    free(revisit->levels);
    free(revisit);
}

/* ---- what the earlier archive had ---- */

/*
 * What is in it has been dealt with, or will be: it stays a directory, whatever takes its place meanwhile. It is settled
 * only if no name can have come since the survey listed it: the next archive will take its names for known.
 */
static gbn_status
fill_directory(gbn_revisit *revisit, const gbn_plan_path *path, gbn_walk_item *item, gbn_error *err)
{
    gbn_error reason = {.status = GBN_OK};
    gbn_status rc = GBN_OK;
    int errnum = 0;

    item->listed = true;
    item->status = gbn_plan_former_status(path);
    item->settled_ns = INT64_MAX;
    if (path->verdict == GBN_VERDICT_SAME)
        return GBN_OK;
    item->settled_ns = revisit->options.settled_ns;
    if (item->parent == NULL)
        errnum = gbn_root_stat(revisit->options.root, "", &item->status);
    else
        rc = gbn_dir_stat(item->parent, item->name, &item->status, &reason);
    if (rc < 0) {
        *err = reason;
        return rc;
    }
    if (rc == GBN_SKIPPED || errnum != 0 || !S_ISDIR(item->status.st_mode)) {
        item->status = gbn_plan_former_status(path);
        item->settled_ns = INT64_MIN;
    }
    return GBN_OK;
}

static gbn_status
find(gbn_revisit *revisit, const char *path, gbn_walk_item *item, gbn_error *err)
{
    const char *name;
    gbn_status rc = gbn_way_find(revisit->way, path, &item->parent, &name, err);

    if (rc < 0)
        return rc;
    if (strlen(name) >= sizeof item->name)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "read a name of more than %zu bytes",
                        sizeof item->name - 1);
    strcpy(item->name, name);
    return GBN_OK;
}

static gbn_status
next_path(gbn_revisit *revisit, gbn_walk_item *item, gbn_error *err)
{
    const uint8_t *record;
    gbn_plan_path path;
    size_t length;
    gbn_status rc = gbn_spool_next(revisit->options.paths, &record, &length, err);

    if (rc != GBN_OK)
        return rc;
    memcpy(&path, record, sizeof path);
    rc = find(revisit, (const char *)record + sizeof path, item, err);
    item->type = path.mode & S_IFMT;
    if (rc == GBN_OK && S_ISDIR(path.mode))
        rc = fill_directory(revisit, &path, item, err);
    return rc;
}

/* ---- what is new ---- */

static gbn_status
need_level(gbn_revisit *revisit, gbn_error *err)
{
    const size_t capacity = revisit->capacity == 0 ? 16 : 2 * revisit->capacity;
    struct level *levels;

    if (revisit->count < revisit->capacity)
        return GBN_OK;
    levels = realloc(revisit->levels, capacity * sizeof levels[0]);
    if (levels == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a tree again");
    revisit->levels = levels;
    revisit->capacity = capacity;
    return GBN_OK;
}

/* List a directory, whose content comes next. */
static gbn_status
enter(gbn_revisit *revisit, gbn_walk_item *item, gbn_error *err)
{
    struct level level = {0};
    gbn_error reason = {.status = GBN_OK};
    gbn_status rc = need_level(revisit, err);

    if (rc == GBN_OK)
        rc = gbn_dir_child(item->parent, item->name, &level.dir, err);
    if (rc < 0)
        return rc;
    item->settled_ns = gbn_root_settled_ns(revisit->options.root);
    rc = gbn_dir_list(level.dir, 0, &level.listing, &item->status, &reason);
    item->listed = rc == GBN_OK;
    if (rc == GBN_OK) {
        revisit->levels[revisit->count++] = level;
        return GBN_OK;
    }
    gbn_dir_release(level.dir);
    item->errnum = reason.errnum;
    if (rc < 0)
        *err = reason;
    return rc < 0 ? rc : GBN_OK;
}

static gbn_status
next_new(gbn_revisit *revisit, gbn_walk_item *item, gbn_error *err)
{
    const uint8_t *path;
    struct stat status;
    gbn_error reason = {.status = GBN_OK};
    size_t length;
    gbn_status rc = gbn_spool_next(revisit->options.news, &path, &length, err);

    if (rc == GBN_OK)
        rc = find(revisit, (const char *)path, item, err);
    if (rc != GBN_OK)
        return rc;
    rc = gbn_dir_stat(item->parent, item->name, &status, &reason);
    if (rc < 0) {
        *err = reason;
        return rc;
    }
    item->type = rc == GBN_OK ? status.st_mode & S_IFMT : 0;
    return S_ISDIR(item->type) ? enter(revisit, item, err) : GBN_OK;
}

static gbn_status
next_beneath(gbn_revisit *revisit, gbn_walk_item *item, gbn_error *err)
{
    struct level *level = &revisit->levels[revisit->count - 1];
    const gbn_name *name = &level->listing.names[level->next++];

    item->parent = gbn_dir_retain(level->dir);
    item->type = name->type;
    assert(strlen(name->name) < sizeof item->name);
    strcpy(item->name, name->name);
    return S_ISDIR(item->type) ? enter(revisit, item, err) : GBN_OK;
}

static bool
has_beneath(gbn_revisit *revisit)
{
    struct level *level;

    while (revisit->count > 0) {
        level = &revisit->levels[revisit->count - 1];
        while (level->next < level->listing.count &&
               gbn_walk_excludes(NULL, 0, false, level->listing.names[level->next].name))
            level->next++;
        if (level->next < level->listing.count)
            return true;
        leave_level(revisit);
    }
    return false;
}

static gbn_status
next(void *context, gbn_walk_item *item, gbn_error *err)
{
    gbn_revisit *revisit = context;
    gbn_status rc = GBN_END;

    *item = (gbn_walk_item){.name = ""};
    if (!revisit->paths_over) {
        rc = next_path(revisit, item, err);
        revisit->paths_over = rc == GBN_END;
    }
    if (rc == GBN_END)
        rc = has_beneath(revisit) ? next_beneath(revisit, item, err) : next_new(revisit, item, err);
    if (rc != GBN_OK) {
        gbn_dir_release(item->parent);
        item->parent = NULL;
    }
    return rc;
}

gbn_names
gbn_revisit_names(gbn_revisit *revisit)
{
    return (gbn_names){.context = revisit, .next = next};
}

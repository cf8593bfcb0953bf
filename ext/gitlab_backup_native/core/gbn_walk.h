#ifndef GBN_WALK_H
#define GBN_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "gbn_error.h"
#include "gbn_root.h"

/*
 * gbn_walk - a directory tree in walk order: the names of a directory by byte, each
 * directory followed at once by its content. One caller at a time asks for the
 * next name; others may list directories ahead of it, which changes the time the walk
 * takes and nothing else.
 *
 * Memory: the listings of the directories on the way to the current one, and at
 * most GBN_WALK_AHEAD bytes of listings ahead.
 */
typedef struct gbn_walk gbn_walk;

enum { GBN_WALK_AHEAD = 4 * 1024 * 1024, GBN_WALK_NAME = 256 };

typedef struct gbn_walk_options {
    gbn_root *root;
    /* Names at the top that are left out. "lost+found" is left out everywhere, ".gbn-*" at the top. */
    const char *const *exclude;
    size_t exclude_count;
    /* Instead of the whole tree: these names at the top, in this order, and not the top itself. */
    const char *const *members;
    size_t member_count;
} gbn_walk_options;

/* Names, one after another: what gbn_reader reads. */
typedef struct gbn_names gbn_names;

/* One step. */
typedef struct gbn_walk_item {
    gbn_dir *parent;          /* a reference of the caller's; NULL for the root itself */
    char name[GBN_WALK_NAME]; /* "" for the root itself */
    mode_t type;              /* as far as the listing knows; 0 unknown */
    bool listed;              /* a directory whose content comes next; `status` is its */
    struct stat status;
    int64_t settled_ns; /* gbn_root_settled_ns before its names were read */
    int errnum;         /* why a directory could not be listed, else 0 */
} gbn_walk_item;

/* Each of these is the function below of that name, or takes its place; `ahead` may be NULL. */
struct gbn_names {
    void *context;
    gbn_status (*next)(void *context, gbn_walk_item *item, gbn_error *err);
    gbn_status (*ahead)(void *context, gbn_error *err);
};

/* Is `name`, of a directory that is the `top` or not, left out? */
bool gbn_walk_excludes(const char *const *exclude, size_t count, bool top, const char *name);

/* Walk order of two paths ("a/b"), as strcmp(3) says it: "a/b" comes before "a.b". */
int gbn_walk_order(const char *a, const char *b);

/* Names in `options` are copied. The root must outlive the walk. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_walk_new(const gbn_walk_options *options, gbn_walk **walk, gbn_error *err);

/*
 * Take the next step.
 *
 * Returns  GBN_OK; GBN_END after the last; a failure when the root cannot be read or the
 *          process is out of memory or descriptors.
 * Threads  one at a time, beside any number of gbn_walk_ahead.
 * Blocks   while a directory is read.
 */
gbn_status gbn_walk_next(gbn_walk *walk, gbn_walk_item *item, gbn_error *err);

/*
 * List the first directory that nobody has listed yet.
 *
 * Returns  GBN_OK; GBN_SKIPPED if there is none just now, or enough was listed ahead.
 * Threads  any number.
 * Blocks   while a directory is read.
 */
gbn_status gbn_walk_ahead(gbn_walk *walk, gbn_error *err);

/* The walk, as a reader takes it. */
gbn_names gbn_walk_names(gbn_walk *walk);

/* Nobody may be using it. NULL does nothing. */
void gbn_walk_free(gbn_walk *walk);

#endif

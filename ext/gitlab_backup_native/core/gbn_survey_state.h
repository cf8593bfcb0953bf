#ifndef GBN_SURVEY_STATE_H
#define GBN_SURVEY_STATE_H

#include "gbn_pipeline.h"
#include "gbn_sorter.h"
#include "gbn_survey.h"
#include "gbn_way.h"

/*
 * A pipeline: the source reads the manifest and puts its members into walk order, if they are not
 * (gbn_survey_read.c), many threads look at them (gbn_survey.c), and the sink compares the two trees
 * (gbn_survey_judge.c).
 */
enum {
    GBN_SURVEY_BLOCK = 128 * 1024,
    GBN_SURVEY_NOTE = 1,
    GBN_SURVEY_LINKED = 2,
    GBN_SURVEY_THREADS = 32
};

/* What was found in a member's place. */
typedef enum gbn_found {
    GBN_FOUND_NOTHING,
    GBN_FOUND_OTHER_TYPE,
    GBN_FOUND_OTHER,
    GBN_FOUND_SAME
} gbn_found;

/* A member as it was, its path with a NUL behind it; at any address, so to be copied before use. */
typedef struct gbn_known {
    uint64_t entry, block;
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
    uint32_t mode;
    uint32_t length; /* of the path */
    uint8_t
        note; /* no member: GBN_SURVEY_NOTE, a name that was left out; GBN_SURVEY_LINKED, one that `entry` links to */
    uint8_t settled, hardlink;
    uint8_t found;
} gbn_known;

/* A directory on the way to the member the sink is at. */
typedef struct gbn_survey_level {
    size_t length; /* of its path */
    bool gone;
    gbn_listing listing;
    size_t next;
} gbn_survey_level;

struct gbn_survey {
    gbn_survey_options options;
    gbn_pipeline *pipeline;
    int64_t settled_ns;
    bool refused; /* the failure is the earlier archive's */

    /* the source's */
    char *backup_id;
    uint64_t generation, raw_size;
    bool plain;
    gbn_spool *rows;
    gbn_sorter *sorter; /* NULL when the manifest is in walk order */
    gbn_block *block;
    gbn_bytes record;
    uint64_t entries;

    /* the sink's */
    gbn_way *way;
    gbn_bytes last; /* path of the last member */
    gbn_survey_level *levels;
    size_t level_count, level_capacity;
    gbn_spool *news;
    gbn_bytes name;
    gbn_verdict last_verdict;
    gbn_bytes verdicts, touched; /* bits */
    gbn_bytes orphans;           /* links to what is not the same any more */
};

gbn_status gbn_survey_read(void *context, gbn_pipeline *pipeline, gbn_error *err);
gbn_status gbn_survey_judge(void *context, gbn_block *block, gbn_error *err);

/* Names that are left of the directories the sink is in. */
gbn_status gbn_survey_leave(gbn_survey *survey, gbn_error *err);

/* The directory the last member is in, or is; NULL before the first. */
gbn_survey_level *gbn_survey_current(gbn_survey *survey);
gbn_status gbn_survey_enter_level(gbn_survey *survey, size_t length, bool gone, gbn_error *err);
gbn_status gbn_survey_leave_level(gbn_survey *survey, gbn_error *err);
bool gbn_survey_is_beneath(const gbn_survey *survey, const gbn_survey_level *of, const char *path,
                           size_t length);

/* Is a name of this directory left out? */
bool gbn_survey_excludes(const gbn_survey *survey, const gbn_survey_level *of, const char *name);

/* Keep a name of it as a new one, unless it is left out. */
gbn_status gbn_survey_put_news(gbn_survey *survey, const gbn_survey_level *of, const char *name,
                               gbn_error *err);

/* The listed names before `name` (NULL: all that are left) are new. Is it one of them itself? */
gbn_status gbn_survey_pass_names(gbn_survey *survey, gbn_survey_level *of, const char *name,
                                 bool *listed, gbn_error *err);

/* Read the names of a directory. Returns as gbn_dir_list. */
gbn_status gbn_survey_list(gbn_survey *survey, const char *path, gbn_listing *listing,
                           gbn_error *err);

/* The earlier archive is at fault: `err` says how. Returns GBN_ERR_FORMAT. */
gbn_status gbn_survey_refuse(gbn_survey *survey, gbn_error *err, const char *what);

#endif

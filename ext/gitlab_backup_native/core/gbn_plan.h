#ifndef GBN_PLAN_H
#define GBN_PLAN_H

#include <stdint.h>
#include <sys/stat.h>

#include "gbn_error.h"
#include "gbn_manifest.h"
#include "gbn_spool.h"
#include "gbn_survey.h"

/*
 * gbn_plan - how an archive is made from an earlier one: its blocks in their order, each
 * copied as it is or made anew from those of its members that are still there, and behind them
 * whatever is new. So parents still come before what is in them, and links behind what they
 * repeat.
 *
 * What the archive's end may lie in is always made anew: with it in their midst what follows would be lost. A block of less than half a
 * batch is put together with the next one, if both of them make no more than two.
 */
typedef struct gbn_plan gbn_plan;

/* A step of the archive. */
typedef struct gbn_plan_step {
    bool copy;
    uint32_t reads;     /* else: so many of the paths to read */
    gbn_survey_row row; /* to copy, or whose place they take */
} gbn_plan_step;

/* A path to read that the earlier archive had; behind it its path with a NUL. At any address. */
typedef struct gbn_plan_path {
    uint32_t mode;
    uint8_t verdict;   /* gbn_verdict */
    uint64_t uid, gid; /* and so on: of a directory, as it was */
    uint64_t device, inode;
    int64_t mtime_ns, ctime_ns;
} gbn_plan_path;

gbn_plan_path gbn_plan_path_of(const gbn_manifest_entry *entry, gbn_verdict verdict);

/* Its status as the manifest has it: of a directory nobody changed, or that was one a moment ago. */
struct stat gbn_plan_former_status(const gbn_plan_path *path);

/*
 * Make one from what the survey has found. `manifest` is the earlier archive's; spools go to `folder`. The survey may be
 * freed after, but for its news.
 *
 * Returns  GBN_OK, GBN_ERR_FORMAT when the manifest has changed meanwhile, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 */
gbn_status gbn_plan_new(gbn_survey *survey, const char *manifest, const char *folder,
                        gbn_plan **plan, gbn_error *err);

/* The next step; GBN_END behind the last. Returns as gbn_spool_next. Threads: one. */
gbn_status gbn_plan_next(gbn_plan *plan, gbn_plan_step *step, gbn_error *err);

/* The paths to read: gbn_plan_path records in the order of the steps. Lent. */
gbn_spool *gbn_plan_paths(gbn_plan *plan);

/* NULL does nothing. */
void gbn_plan_free(gbn_plan *plan);

#endif

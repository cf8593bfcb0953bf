#ifndef GBN_SYNC_H
#define GBN_SYNC_H

#include <stdbool.h>

#include "gbn_error.h"
#include "gbn_job.h"

/*
 * gbn_sync - a whole file system onto its disk, by one system call (syncfs(2)): for thousands of
 * small files, each of which fsync would have wait for the disk.
 */

/*
 * Start it for the file system that `fd` lies in. At the end `*done` is true if all that was
 * written there since `fd` was opened is on the disk; false if it is not, or if that cannot be
 * told: of which file a failure is, and whether it is ours, nobody but fsync knows.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     a duplicate of `fd`. `done` is the caller's and lives until gbn_job_finish.
 * Blocks   gbn_job_finish, too, until the disk has all that anybody had written there.
 */
gbn_status gbn_sync_start(int fd, bool *done, gbn_job **job, gbn_error *err);

#endif

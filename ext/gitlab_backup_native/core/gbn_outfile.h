#ifndef GBN_OUTFILE_H
#define GBN_OUTFILE_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"

/*
 * gbn_outfile - a file that does not exist until it is published, or the end of one that
 * somebody else holds. Bytes go to a
 * private temporary file in the same directory (mode 0600, close-on-exec, holding
 * an flock on itself so that the leftovers of a killed run can be told from
 * work in progress); publishing syncs it, gives it its name without replacing
 * anything, closes it, and syncs the directory.
 *
 * A large file on ext4 or XFS does not go through the page cache; GBN_OUTFILE_WAITING bytes of it are in
 * memory, half of them on the way to the disk, for which there is a thread. What did go through the page cache
 * does not stay there once the file is published.
 */
typedef struct gbn_outfile gbn_outfile;

enum { GBN_OUTFILE_WAITING = 2 * 1024 * 1024 };

/*
 * Begin the file `path`; its directory must exist.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM with EEXIST if something has that name already.
 */
gbn_status gbn_outfile_open(const char *path, gbn_outfile **file, gbn_error *err);

/*
 * Begin at the end of the open file `fd`, a regular one that nobody else writes to meanwhile;
 * its position is neither used nor changed. Publishing adds nothing to what was written (the file's
 * holder syncs it), giving up cuts it back to where it was. `name` is for messages. If it is a
 * pipe, what was written is its reader's, whatever comes after.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     a duplicate of `fd`.
 */
gbn_status gbn_outfile_append(int fd, const char *name, gbn_outfile **file, gbn_error *err);

/* Let `cancel`, lent until the file's end, call off the waiting for a pipe's reader. */
void gbn_outfile_heed(gbn_outfile *file, gbn_cancel *cancel);

/*
 * Append all of `data`; what fails may be what an earlier call left waiting. The disk gets to work every
 * few MiB, so that the sync at the end finds little to do.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM (ENOSPC, EIO, ... with the final path in the message; EPIPE
 *          once nobody reads the pipe), GBN_ERR_CANCELLED.
 * Blocks   on the disk, or while the pipe is full.
 */
gbn_status gbn_outfile_write(gbn_outfile *file, const void *data, size_t length, gbn_error *err);

/* How many bytes have been written; the last GBN_OUTFILE_WAITING of them may not be in the file yet. */
uint64_t gbn_outfile_size(const gbn_outfile *file);

/*
 * Let nothing wait in memory any longer: for those who cannot take back what they do before they publish.
 * Then publishing the end of another file cannot fail.
 *
 * Returns and blocks as gbn_outfile_write.
 */
gbn_status gbn_outfile_settle(gbn_outfile *file, gbn_error *err);

/*
 * Settle, sync, rename to `path` (never over another file), close, sync the directory.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM, with EEXIST if something has taken the name
 *          meanwhile.
 * Owns     takes `file`, also on failure: then nothing of it remains.
 * Blocks   on the disk.
 */
gbn_status gbn_outfile_publish(gbn_outfile *file, gbn_error *err);

/* Give up: nothing of it remains. NULL does nothing. */
void gbn_outfile_discard(gbn_outfile *file);

#endif

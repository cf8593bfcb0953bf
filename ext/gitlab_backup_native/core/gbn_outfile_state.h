#ifndef GBN_OUTFILE_STATE_H
#define GBN_OUTFILE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_outfile.h"

/*
 * What the files of the module outfile share. A file of its own begins as a temporary one
 * (gbn_outfile_temporary.c); the rest is gbn_outfile.c.
 */
enum { GBN_OUTFILE_RANDOM = 12 }; /* bytes of a temporary name */

#define GBN_OUTFILE_PREFIX ".gbn-tmp-"

struct gbn_outfile {
    int directory;
    int fd;
    bool appended; /* to a file of others */
    bool piped;    /* appended, to a pipe */
    gbn_cancel *cancel;
    uint64_t base; /* where in the file it begins */
    uint64_t size;
    uint64_t flushed; /* bytes whose writeback has been started */
    char temporary[sizeof GBN_OUTFILE_PREFIX + 2 * (size_t)GBN_OUTFILE_RANDOM];
    const char *name; /* within path */
    char path[];
};

/* Make and lock the temporary file. What was made is in `file`, also on failure. */
gbn_status gbn_outfile_begin(gbn_outfile *file, gbn_error *err);

/* Close and remove it, or cut off what was appended; once is enough. */
void gbn_outfile_remove(gbn_outfile *file);

#endif

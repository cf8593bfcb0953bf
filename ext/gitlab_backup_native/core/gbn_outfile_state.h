#ifndef GBN_OUTFILE_STATE_H
#define GBN_OUTFILE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_outfile.h"

/*
 * What the files of the module outfile share. A file of its own begins as a temporary one
 * (gbn_outfile_temporary.c), a large one is written past the page cache (gbn_outfile_direct.c); the rest is
 * gbn_outfile.c.
 */
enum { GBN_OUTFILE_RANDOM = 12 }; /* bytes of a temporary name */

#define GBN_OUTFILE_PREFIX ".gbn-tmp-"

struct gbn_outfile {
    int directory;
    int fd;
    bool appended; /* to a file of others */
    bool piped;    /* appended, to a pipe */
    gbn_cancel *cancel;
    uint64_t base;                     /* where in the file it begins */
    uint64_t size;                     /* with what waits in buffers */
    uint64_t flushed;                  /* bytes whose writeback has been started */
    bool tried;                        /* to write it directly */
    struct gbn_outfile_direct *direct; /* NULL: it is written as usual */
    char temporary[sizeof GBN_OUTFILE_PREFIX + 2 * (size_t)GBN_OUTFILE_RANDOM];
    const char *name; /* within path */
    char path[];
};

/* gbn_outfile.c: write all of `data` at `offset` of the file, as usual. */
gbn_status gbn_outfile_put(gbn_outfile *file, const uint8_t *data, size_t length, uint64_t offset,
                           gbn_error *err);

/* How many bytes are to be written as usual before the next can be written directly. */
size_t gbn_outfile_gap(gbn_outfile *file);

/* Take `*length` bytes, or as many as it becomes, to be written directly, which begins when a buffer is full. */
gbn_status gbn_outfile_hold(gbn_outfile *file, const uint8_t *data, size_t *length, gbn_error *err);

/* End writing directly; what waits in buffers is lost. */
void gbn_outfile_end_direct(gbn_outfile *file);

/* Make and lock the temporary file. What was made is in `file`, also on failure. */
gbn_status gbn_outfile_begin(gbn_outfile *file, gbn_error *err);

/* Close and remove it, or cut off what was appended; once is enough. */
void gbn_outfile_remove(gbn_outfile *file);

#endif

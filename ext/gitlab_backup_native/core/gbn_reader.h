#ifndef GBN_READER_H
#define GBN_READER_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_entry.h"
#include "gbn_error.h"
#include "gbn_root.h"
#include "gbn_walk.h"

/*
 * gbn_reader - reads a tree ahead of whoever archives it: many threads open and read,
 * one takes the entries in walk order, as if nothing had been done ahead.
 *
 * Memory: an arena of GBN_READER_ARENA bytes, and a MiB for each core, for content, granted in walk order, so
 * that those who run ahead can never starve the first; GBN_READER_WINDOW entries; one
 * path for each inode with several links until all of them were seen.
 * Descriptors: one for each thread, and GBN_READER_FILES for files opened and not yet read.
 */
typedef struct gbn_reader gbn_reader;

enum {
    GBN_READER_ARENA = 24 * 1024 * 1024,
    GBN_READER_WINDOW = 1024,
    GBN_READER_SLICE = 1024 * 1024,
    GBN_READER_SMALL = 1008 * 1024, /* up to here a file and its header fit a block */
    GBN_READER_FILES = 4,           /* for each thread */
};

/*
 * Read what `names` finds beneath `root` with `threads` threads, of which no more than `cores` are at it while nothing
 * has to be waited for; the root and what gives the names outlive the reader.
 */
gbn_status gbn_reader_new(gbn_root *root, gbn_names names, unsigned threads, unsigned cores,
                          gbn_reader **reader, gbn_error *err);

/*
 * Be one of the reading threads.
 *
 * Returns  GBN_OK when all is read, GBN_ERR_CANCELLED after an abort, or a failure
 *          that ends the whole work.
 * Threads  `threads` of them.
 */
gbn_status gbn_reader_serve(gbn_reader *reader, gbn_error *err);

/*
 * Take the next entry in walk order.
 *
 * Returns  GBN_OK, GBN_END, GBN_ERR_CANCELLED.
 * Owns     lends `*entry` until gbn_reader_done.
 * Threads  one: it is the same for the next three functions.
 * Blocks   until it is read.
 */
gbn_status gbn_reader_next(gbn_reader *reader, gbn_entry **entry);

/*
 * Take the next slice of the entry's content; exactly st_size bytes come in all,
 * whatever became of the file.
 *
 * Returns  GBN_OK; GBN_END after the last, when the entry's note and settled are final.
 * Owns     lends `*data` until the next call.
 */
gbn_status gbn_reader_slice(gbn_reader *reader, const uint8_t **data, size_t *length);

/* The entry is dealt with; its memory goes back. */
void gbn_reader_done(gbn_reader *reader);

/* Make all threads return. Any thread, any time. */
void gbn_reader_abort(gbn_reader *reader);

/* Nobody may be using it. NULL does nothing. */
void gbn_reader_free(gbn_reader *reader);

#endif

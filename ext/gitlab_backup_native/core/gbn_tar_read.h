#ifndef GBN_TAR_READ_H
#define GBN_TAR_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_tar.h"

/*
 * gbn_tar_read - tar bytes into members: old, ustar, GNU (long names, sparse) and
 * pax headers, by libarchive, which sees nothing but memory. Names are bytes, whatever
 * the locale. Two zero blocks end an archive, and what follows them is not read.
 * A piece of an archive without its end is read by a source that adds the two.
 */
enum {
    GBN_TAR_HEADERS_MAX = 4 * 1024 * 1024, /* of one member: long names, pax records, sparse maps */
};

typedef struct gbn_tar_reader gbn_tar_reader;

/*
 * Give the next bytes of the stream, at least one. They stay until the next call, or the
 * reader's end.
 *
 * Returns  GBN_OK, GBN_END, or a failure with `err` filled in: the reader passes it on.
 */
typedef gbn_status gbn_tar_source(void *context, const uint8_t **data, size_t *length,
                                  gbn_error *err);

/* Make a reader; nothing is asked of the source yet. */
gbn_status gbn_tar_reader_new(gbn_tar_source *source, void *context, gbn_tar_reader **reader,
                              gbn_error *err);
void gbn_tar_reader_free(gbn_tar_reader *reader);

/* Begin a new stream from the same source with another context, as if newly made. */
void gbn_tar_reader_reset(gbn_tar_reader *reader, void *context);

/*
 * Read the next member's headers; content that was not read is skipped. A hard
 * link is S_IFREG with `link` set, and may have content (pax allows that).
 *
 * Returns  GBN_OK; GBN_END behind the two zero blocks; GBN_ERR_FORMAT where a header is
 *          damaged or the stream ends before the archive does; GBN_ERR_LIMIT past
 *          GBN_TAR_HEADERS_MAX; GBN_ERR_NOMEM; the source's failure. Once failed or
 *          over, it stays so.
 * Owns     lends the member's strings until the next call.
 */
gbn_status gbn_tar_reader_next(gbn_tar_reader *reader, gbn_tar_member *member, gbn_error *err);

/*
 * Give the next bytes of the member's content, where they lie in the source's memory,
 * and their `offset` in the file: what a sparse member leaves out is a hole.
 *
 * Returns  GBN_OK, GBN_END behind the last, failures as gbn_tar_reader_next.
 */
gbn_status gbn_tar_reader_data(gbn_tar_reader *reader, const uint8_t **data, size_t *length,
                               uint64_t *offset, gbn_error *err);

/* Where in the stream the current member's first header begins. */
uint64_t gbn_tar_reader_offset(const gbn_tar_reader *reader);

/* How much of the stream is used up: right after gbn_tar_reader_next, where the content begins. */
uint64_t gbn_tar_reader_position(const gbn_tar_reader *reader);

/* The current member's time since the epoch; pax headers of others have fractions of seconds. */
int64_t gbn_tar_reader_mtime_ns(const gbn_tar_reader *reader);

#endif

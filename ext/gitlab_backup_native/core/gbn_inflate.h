#ifndef GBN_INFLATE_H
#define GBN_INFLATE_H

#include <stdint.h>

#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_job.h"

/*
 * gbn_inflate - a .gz of any origin -> its bytes, into a descriptor, to a sink, or just checked. With the
 * product's manifest its blocks are inflated side by side, each checked by both of its
 * CRCs. Without one, one thread reads ahead, one inflates, one writes.
 *
 * Memory: gbn_pipeline's formula with blocks of 1 MiB, raw and stored; without a
 * manifest for one worker, and 1 MiB for what was read ahead.
 */

/* Takes the next bytes; what it fails with ends the work. */
typedef gbn_status gbn_inflate_sink(void *context, const uint8_t *data, size_t length,
                                    gbn_error *err);

typedef struct gbn_inflate_options {
    gbn_place source;       /* a .gz */
    const char *manifest;   /* NULL: there is none */
    int fd;                 /* duplicated; -1: the bytes go nowhere */
    unsigned workers;       /* with a manifest */
    uint64_t from, to;      /* bytes of the content that are wanted; 0 as `to`: to the end */
    gbn_inflate_sink *sink; /* gets them in order, on one thread; or NULL */
    void *sink_context;
} gbn_inflate_options;

/*
 * Start the work. Bytes are written as they come; a CRC that speaks of all of them comes last.
 * Only what ends in GBN_OK is to be believed. Damage is GBN_ERR_FORMAT; the message has the place in the file, or the
 * byte range of a damaged block. A manifest that is of another file is damage as well. A
 * reader that has closed its end is GBN_ERR_SYSTEM with EPIPE, and no signal.
 *
 * Of a part only the blocks it lies in are read, when there is a manifest, and what follows is not looked at:
 * the rest may be damaged. A content that ends before `to` is damage.
 *
 * The job counts inflated bytes that are wanted as raw, the file's bytes as stored.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_INVALID (no regular file),
 *          GBN_ERR_FORMAT, GBN_ERR_LIMIT (the manifest's begin).
 * Owns     `*raw`, how many bytes came out, is the caller's and lives until gbn_job_finish,
 *          which fills it.
 * Blocks   on a full pipe without end, but for a cancel.
 */
gbn_status gbn_inflate_start(const gbn_inflate_options *options, uint64_t *raw, gbn_job **job,
                             gbn_error *err);

#endif

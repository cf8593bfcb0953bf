#ifndef GBN_UNPACK_STATE_H
#define GBN_UNPACK_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "gbn_bytes.h"
#include "gbn_cancel.h"
#include "gbn_findings.h"
#include "gbn_gunzip.h"
#include "gbn_manifest_read.h"
#include "gbn_owner.h"
#include "gbn_parcel.h"
#include "gbn_pipeline.h"
#include "gbn_spool.h"
#include "gbn_tar_read.h"
#include "gbn_target.h"
#include "gbn_unpack.h"

/*
 * What the parts of gbn_unpack share; for gbn_unpack*.c alone.
 *
 * A block of the pipeline holds either whole members or one slice of a large one. With a manifest
 * (indexed) its raw buffer is what lies in the product and the stage inflates it into `out`; without
 * one (streamed) the source puts content into the raw buffer and headers into `records`.
 */
enum { GBN_UNPACK_BLOCK = 1024 * 1024, GBN_PIECE_MEMBERS = 2048 };

typedef struct gbn_large gbn_large; /* gbn_unpack_large.h */

/* What goes with a block. */
typedef struct gbn_piece {
    gbn_manifest_block place; /* indexed: where it lies */
    gbn_bytes records;        /* indexed: the entries expected; streamed: parcels */
    gbn_bytes deferred;    /* parcels for the spool: what has to wait until all files are there */
    gbn_large *large;      /* NULL: whole members */
    bool first, last;      /* slice of `large` */
    bool ended;            /* zeros follow its last member: for tar, the archive's end */
    uint64_t slice_offset; /* in the file; streamed only */
    const uint8_t
        *content; /* for the sink: the slice, or the bytes of what is no archive; NULL if lost */
    size_t content_length;
    uint64_t files, directories, entries;
    /* Which files this block writes, as hashes of their paths: gbn_unpack_create. */
    atomic_uint_fast64_t number;
    atomic_size_t written_count;
    atomic_uint_fast64_t written[GBN_PIECE_MEMBERS];
} gbn_piece;

typedef struct gbn_unpack {
    gbn_unpack_options options;
    gbn_unpack_result *result;
    gbn_findings findings;
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    gbn_pipeline *pipeline;
    gbn_target *target; /* NULL: only look */
    gbn_spool *spool;
    atomic_uint_fast64_t written; /* bytes that took space */

    gbn_infile *file; /* indexed: the product */
    bool stored;      /* which is not compressed */
    gbn_sha256 *sha;  /* its hash, the second sink's; NULL when it is not asked for */
    uint64_t hashed;  /* bytes that went into it */
    const gbn_gzip_codec *codec;

    void *settler; /* the sink's gbn_unpack_worker */
    bool ended;    /* a block that came by was, */
    bool resumed;  /* and members came after it */

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t moved;
    uint64_t passed; /* blocks done with, in order */
    gbn_large *larges;
} gbn_unpack;

/* One thread's own. */
typedef struct gbn_unpack_worker {
    gbn_unpack *unpack;
    gbn_gunzip *gunzip;
    gbn_sha256 *sha;
    gbn_manifest_reader *manifest;
    gbn_tar_reader *tar;
    const uint8_t *piece; /* what the tar reader gets, then zeros, */
    size_t piece_length;
    unsigned pulls;     /* so often asked */
    gbn_owner_ids *ids; /* NULL unless owners are given */
    gbn_bytes path;     /* of the member at hand, NUL-terminated */
    gbn_bytes scratch;
} gbn_unpack_worker;

static inline gbn_piece *
gbn_piece_of(gbn_block *block)
{
    return block->attachment;
}

/* Where in the product the block of `piece` lies. */
static inline gbn_range
gbn_piece_range(const gbn_piece *piece)
{
    return (gbn_range){.offset = piece->place.stored_offset, .length = piece->place.stored_size};
}

/* Copy what is given: its strings live no longer than the call. */
gbn_status gbn_unpack_options_copy(gbn_unpack_options *options, const gbn_unpack_options *given,
                                   gbn_error *err);
void gbn_unpack_options_free(gbn_unpack_options *options);

/* What each thread of the pipeline has, and `settler`. */
gbn_status gbn_unpack_open_worker(void *unpack, void **worker, gbn_error *err);
void gbn_unpack_close_worker(void *worker);

/* Take a block and empty its piece. */
gbn_status gbn_unpack_take(gbn_unpack *unpack, gbn_block **block);

/* When to stop waiting for another block and look whether the work is called off. */
void gbn_unpack_deadline(struct timespec *deadline);

#endif

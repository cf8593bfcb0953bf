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

/* A file of more than one block. Its slices are written by any worker, hashed by the sink in order. */
typedef struct gbn_large {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    enum { GBN_LARGE_UNKNOWN, GBN_LARGE_OPEN, GBN_LARGE_LOST } state;
    gbn_bytes header; /* a parcel; set before the state is OPEN */
    gbn_bytes path;   /* beneath the root, NUL-terminated */
    uint64_t size;
    uint64_t raw_begin; /* of its content in the product's raw bytes; indexed only */
    int fd;             /* -1 when nothing is written */
    gbn_sha256 *sha;
    uint64_t hashed;        /* the sink's: bytes so far without a gap */
    gbn_range range;        /* the sink's: in the product */
    struct gbn_large *next; /* of all there are */
} gbn_large;

/* What goes with a block. */
typedef struct gbn_piece {
    gbn_manifest_block place; /* indexed: where it lies */
    gbn_bytes records;        /* indexed: the entries expected; streamed: parcels */
    gbn_bytes deferred;    /* parcels for the spool: what has to wait until all files are there */
    gbn_large *large;      /* NULL: whole members */
    bool first, last;      /* slice of `large` */
    uint64_t slice_offset; /* in the file; streamed only */
    const uint8_t
        *content; /* for the sink: the slice, or the bytes of what is no archive; NULL if lost */
    size_t content_length;
    uint64_t files, directories, entries;
    /* Which files this block writes, as hashes of their paths: gbn_unpack_overridden. */
    atomic_uint_fast64_t number;
    atomic_size_t written_count;
    atomic_uint_fast64_t written[GBN_PIECE_MEMBERS];
} gbn_piece;

typedef struct gbn_unpack {
    gbn_unpack_options options; /* strings are copies, see gbn_unpack.c */
    gbn_unpack_result *result;
    gbn_findings findings;
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    gbn_pipeline *pipeline;
    gbn_target *target; /* NULL: only look */
    gbn_spool *spool;
    atomic_uint_fast64_t written; /* bytes that took space */

    int fd; /* indexed: the product, */
    uint64_t size;
    bool stored;     /* which is not compressed */
    gbn_sha256 *sha; /* its hash, the second sink's; NULL when it is not asked for */
    uint64_t hashed; /* bytes that went into it */
    const gbn_gzip_codec *codec;

    void *settler; /* the sink's gbn_unpack_worker */

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

/* ---- gbn_unpack_indexed.c, gbn_unpack_inflate.c, gbn_unpack_streamed.c: sources and stages ---- */

gbn_status gbn_unpack_source_indexed(void *unpack, gbn_pipeline *pipeline, gbn_error *err);
gbn_status gbn_unpack_stage_indexed(void *unpack, void *worker, gbn_block *block, gbn_error *err);
gbn_status gbn_unpack_source_streamed(void *unpack, gbn_pipeline *pipeline, gbn_error *err);
gbn_status gbn_unpack_stage_streamed(void *unpack, void *worker, gbn_block *block, gbn_error *err);

/* What an entry and a member called `path` say that is not the same thing; NULL: nothing. */
const char *gbn_unpack_difference(const char *path, const gbn_tar_member *member,
                                  const gbn_manifest_entry *entry);

/* What a worker's tar reader reads: the block at hand. A gbn_tar_source. */
gbn_status gbn_unpack_pull(void *worker, const uint8_t **data, size_t *length, gbn_error *err);

/* Keep the last bytes of what is no archive. */
void gbn_unpack_keep_tail(gbn_unpack_result *result, const uint8_t *data, size_t length);

/* Take a block and empty its piece. */
gbn_status gbn_unpack_take(gbn_unpack *unpack, gbn_block **block);

/* Look at the index before the work: open the product, read what must fit. */
gbn_status gbn_unpack_open_indexed(gbn_unpack *unpack, gbn_error *err);

/* ---- gbn_unpack_place.c: one member onto disk ---- */

/*
 * Put a member that lies whole in a block: at once if it is a file or a directory, else later.
 * `content` is a file's; `expected` NULL without a manifest.
 *
 * Returns  GBN_OK also for what only a finding tells; GBN_ERR_FORMAT when strict; other failures.
 */
gbn_status gbn_unpack_place(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                            const uint8_t *content, const gbn_manifest_entry *expected,
                            gbn_error *err);

/* Set worker->path from a member's name. Returns GBN_ERR_FORMAT for names no archive should have. */
gbn_status gbn_unpack_name(gbn_unpack_worker *worker, const char *name, gbn_error *err);

/* Is worker->path wanted? */
bool gbn_unpack_selects(const gbn_unpack *unpack, const char *path);

/* Make the file worker->path; `*fd` -1 if a later member will anyhow. */
gbn_status gbn_unpack_create(gbn_unpack_worker *worker, gbn_piece *piece, int *fd, gbn_error *err);

/* Write `length` bytes at `offset`; zeros become holes, so the size is to be set afterwards. */
gbn_status gbn_unpack_write(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data,
                            size_t length, uint64_t offset, gbn_error *err);

/* What a header and, where there is one, the manifest's entry say about owner, mode and time. */
gbn_target_attributes gbn_unpack_attributes(const gbn_unpack_worker *worker,
                                            const gbn_parcel *parcel);

/* When to stop waiting for another block and look whether the work is called off. */
void gbn_unpack_deadline(struct timespec *deadline);

gbn_status gbn_unpack_open_worker(void *unpack, void **worker, gbn_error *err);
void gbn_unpack_close_worker(void *worker);

/* ---- gbn_unpack_large.c ---- */

gbn_status gbn_large_new(gbn_unpack *unpack, gbn_large **large, gbn_error *err);

/* The first slice's worker: it is `parcel` and can be written. worker->path is set. */
gbn_status gbn_large_open(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                          gbn_error *err);
/* The first slice's worker: nobody can know what it is. */
void gbn_large_lose(gbn_large *large);

/* Any other slice's: GBN_OK, GBN_SKIPPED if it is lost, GBN_ERR_CANCELLED. */
gbn_status gbn_large_wait(gbn_unpack *unpack, gbn_large *large);

/* The sink: count a slice; after the last one compare and finish the file. Frees it. */
gbn_status gbn_large_settle(gbn_unpack_worker *worker, gbn_piece *piece, gbn_error *err);

void gbn_large_free_all(gbn_unpack *unpack);

/* ---- gbn_unpack_finish.c ---- */

/* Links and FIFOs in the archive's order, then what directories are like, from the last to the first. */
gbn_status gbn_unpack_finish(gbn_unpack_worker *worker, gbn_error *err);

#endif

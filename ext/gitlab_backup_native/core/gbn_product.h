#ifndef GBN_PRODUCT_H
#define GBN_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_bytes.h"
#include "gbn_cancel.h"
#include "gbn_error.h"
#include "gbn_gzip.h"
#include "gbn_job.h"
#include "gbn_manifest.h"
#include "gbn_sha256.h"

/*
 * gbn_product - one finished file of a backup and its manifest: bytes go in at one
 * end, blocks are deflated side by side, written, hashed and indexed in order at
 * the other. Both files appear under their names when all is complete, the manifest
 * last.
 *
 * Memory: gbn_pipeline's formula with blocks of GBN_PRODUCT_BLOCK, plus the manifest
 * records of the members that end in a block, a MiB at most.
 */
typedef struct gbn_product gbn_product;

enum {
    GBN_PRODUCT_BLOCK = 1024 * 1024,
    GBN_PRODUCT_BATCH = 128 * 1024, /* with so many bytes of small members a block is full */
    GBN_PRODUCT_NOTES = 1000,
};

typedef struct gbn_product_options {
    const char *target; /* path of the file to make; with `append` only its name in messages */
    bool append;        /* to the end of `fd`, a file or a pipe: see gbn_outfile_append */
    int fd;
    const char *manifest; /* path of its manifest */
    const char *backup_id;
    const char *name;            /* of the product, as its manifest says it */
    const gbn_gzip_codec *codec; /* NULL: the bytes as they are */
    unsigned workers;
    bool rsyncable;            /* blocks end where the content says so, see gbn_boundary */
    uint64_t bytes_per_second; /* of raw bytes, block by block; 0: no limit */
} gbn_product_options;

typedef struct gbn_product_note {
    gbn_manifest_note_kind kind;
    char *path;
    char *reason;
} gbn_product_note;

/* What came of it; zeroed by its owner before, gbn_product_result_free after. */
typedef struct gbn_product_result {
    uint64_t files, directories, entries; /* a hard link is a file */
    uint64_t raw, stored;                 /* bytes */
    uint8_t sha256[GBN_SHA256_SIZE];
    gbn_bytes_tail tail; /* of the raw bytes */
    uint64_t note_counts[GBN_NOTE_KINDS];
    gbn_product_note *notes; /* the first GBN_PRODUCT_NOTES of them */
    size_t note_count;
    uint64_t handover_ns; /* gbn_pipeline_handover_ns */
    uint64_t
        generation; /* how many archives came before it, each made from the one before; 0: in full */
    uint64_t reused_blocks, reused_raw, reused_stored; /* of the earlier archive, bytes */
    uint64_t damaged_blocks; /* of the earlier archive, made anew from the files */
    char *previous_trouble;  /* why the earlier archive is of no use at all, or NULL */
} gbn_product_result;

void gbn_product_result_free(gbn_product_result *result);

/*
 * Begin both files. Strings in `options` are copied.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 */
gbn_status gbn_product_new(const gbn_product_options *options, gbn_product **product,
                           gbn_error *err);

/* What feeds it; runs on the thread of gbn_product_run. */
typedef gbn_status gbn_product_source(void *context, gbn_product *product, gbn_error *err);

/*
 * Run `source` to its end, then publish both files. Once for each product.
 *
 * Returns  GBN_OK with `result` filled in (the counts of members and notes are the
 *          source's), or the first failure; then neither file exists.
 * Blocks   until all threads have ended.
 */
gbn_status gbn_product_run(gbn_product *product, gbn_product_source *source, void *context,
                           gbn_cancel *cancel, gbn_job_counters *counters,
                           gbn_product_result *result, gbn_error *err);

/*
 * For the source: begin a member of `size` bytes, framing included. One that fits a
 * block is never cut in two; a larger one begins and ends with blocks of its own. Small ones share
 * blocks of about GBN_PRODUCT_BATCH, as the next archive can use a block again only while all of
 * its members are as they were. Tells where it begins.
 */
gbn_status gbn_product_begin_member(gbn_product *product, uint64_t size, uint64_t *block,
                                    uint64_t *offset, gbn_error *err);
gbn_status gbn_product_end_member(gbn_product *product, gbn_error *err);

/* Append bytes, or zeros. Returns GBN_OK, GBN_ERR_CANCELLED, GBN_ERR_NOMEM. */
gbn_status gbn_product_append(gbn_product *product, const void *data, uint64_t length,
                              gbn_error *err);
gbn_status gbn_product_append_zeros(gbn_product *product, uint64_t length, gbn_error *err);

/* How many bytes went in so far. */
uint64_t gbn_product_length(const gbn_product *product);

/*
 * The rest of the current block, to be filled in place: gbn_product_room lends it,
 * gbn_product_filled says how much of it was used.
 */
gbn_status gbn_product_room(gbn_product *product, uint8_t **data, size_t *length, gbn_error *err);
void gbn_product_filled(gbn_product *product, size_t length);

/* Where manifest records belong that are due now: they are written behind the current block's own.
 * When there are very many, those before them are sent off. */
gbn_status gbn_product_records(gbn_product *product, gbn_bytes **records, gbn_error *err);

/* Make gbn_product_run return soon. Any thread. */
void gbn_product_abort(gbn_product *product);

/* Not while it runs; discards what was not published. NULL does nothing. */
void gbn_product_free(gbn_product *product);

#endif

#ifndef GBN_UNPACK_H
#define GBN_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_bytes.h"
#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_job.h"
#include "gbn_sha256.h"

/*
 * gbn_unpack - reads a product back: an archive into a directory, or any product to nowhere,
 * to find out whether all of it is good.
 *
 * With its manifest every worker inflates blocks of its own, and the content of every file is
 * compared with its hash. Without one a single thread inflates and parses, and workers write.
 * Names, types, modes and links are the tar headers'; the manifest says where to look, what the hash
 * must be, and what is more exact than a header can say: the nanoseconds of a time.
 *
 * Memory: gbn_pipeline's formula with two MiB a block, and, with a manifest, four more at most for a
 * block's entries, a few KiB as a rule. Descriptors: constant.
 */
typedef struct gbn_unpack_options {
    gbn_place source;         /* .tar.gz, .tar, .gz */
    const char *manifest;     /* NULL: there is none */
    const char *target;       /* an existing directory with nothing in it; NULL: only look */
    bool archive;             /* false: the product is no tar */
    bool owners;              /* give files their owners: names count more than numbers */
    bool salvage;             /* leave out what is damaged, and go on */
    const char *const *paths; /* only these, "a/b", and what is below; NULL: all */
    size_t path_count;
    uint64_t space; /* bytes that may be written at most; 0: no limit */
    unsigned workers;
} gbn_unpack_options;

typedef enum gbn_finding_kind {
    GBN_FINDING_BLOCK,    /* a block cannot be inflated, or is not what it was */
    GBN_FINDING_FILE,     /* a file's content is lost, or not what it was */
    GBN_FINDING_HEADER,   /* a member's header and the manifest differ, or it is no header */
    GBN_FINDING_MANIFEST, /* the manifest cannot be read, or contradicts itself or the product */
    GBN_FINDING_PRODUCT,  /* the product as a whole: its size, its hash, its gzip frame */
    GBN_FINDING_SKIPPED,  /* no damage: a member nobody should extract, a device */
    GBN_FINDING_KINDS
} gbn_finding_kind;

/* "block", "file", ... */
const char *gbn_finding_text(gbn_finding_kind kind);

typedef struct gbn_finding {
    gbn_finding_kind kind;
    char *path; /* of the member, as in a manifest; NULL if none is concerned */
    char *reason;
    uint64_t offset, length; /* in the product's file; length 0: not known */
} gbn_finding;

enum { GBN_FINDINGS = 1000 };

/* What came of it; zeroed by its owner before, gbn_unpack_result_free after. */
typedef struct gbn_unpack_result {
    /* Good ones. With a target a hard link is a file, as in gbn_product; without one only what
     * has content that can be good. */
    uint64_t files, directories, entries;
    uint64_t raw, stored;            /* bytes read */
    bool hashed;                     /* all of it was read, and nothing extracted: */
    uint8_t sha256[GBN_SHA256_SIZE]; /* of the product */
    gbn_bytes_tail tail;             /* of the raw bytes of a product that is no archive */
    gbn_finding *findings;           /* the first GBN_FINDINGS */
    size_t finding_count;
    uint64_t counts[GBN_FINDING_KINDS]; /* all of them */
} gbn_unpack_result;

void gbn_unpack_result_free(gbn_unpack_result *result);

/*
 * Start the work.
 *
 * With a target the first damage ends it (GBN_ERR_FORMAT, and what was written by then stays:
 * the target is the caller's to clear). Without one, or with `salvage`, damage is collected in the result; then no
 * file is in the target that is not whole, as far as a manifest tells.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM, GBN_ERR_NOMEM.
 * Owns     `result` is the caller's, zeroed, and lives until gbn_job_finish, which fills it.
 *          Strings in `options` are copied.
 */
gbn_status gbn_unpack_start(const gbn_unpack_options *options, gbn_unpack_result *result,
                            gbn_job **job, gbn_error *err);

#endif

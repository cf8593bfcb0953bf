#ifndef GBN_MANIFEST_H
#define GBN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gbn_bytes.h"
#include "gbn_error.h"
#include "gbn_sha256.h"

/*
 * gbn_manifest - the index of one product as a sequence of msgpack objects, each
 * an array whose first element names its kind. Every function appends one object
 * to `out`; docs/format/manifest.md defines each field. Nothing is kept between
 * calls, so any thread may write any record into bytes of its own.
 */
enum { GBN_MANIFEST_VERSION = 1 };

typedef struct gbn_manifest_header {
    const char *backup_id;
    const char *product; /* "uploads.tar.gz", relative to the backup */
    const char *codec;   /* "isal", "zlib", "none" */
    /* Of an archive made from an earlier one; 0 and NULL for one in full. */
    uint64_t generation;  /* how many archives came before it, each made from the one before */
    const char *previous; /* the backup that has the earlier one */
} gbn_manifest_header;

/* One segment of the product. */
typedef struct gbn_manifest_block {
    uint64_t number; /* from 0 */
    uint64_t raw_offset, raw_size;
    uint64_t stored_offset, stored_size;
    uint32_t raw_crc32, stored_crc32;
} gbn_manifest_block;

/* One member, in walk order. */
typedef struct gbn_manifest_entry {
    const char *path;           /* as in the archive, without "./"; "" for the root */
    mode_t mode;                /* type and permissions */
    bool hardlink;              /* repeats the member named in `link` */
    int64_t mtime_ns, ctime_ns; /* since the epoch; ctime as it was before the read */
    uint64_t size;
    bool has_sha256; /* regular files with content of their own, also empty ones */
    uint8_t sha256[GBN_SHA256_SIZE];
    uint64_t uid, gid;
    const char *owner, *group; /* NULL if there are none */
    const char *link;          /* target of a symbolic or hard link, else NULL */
    uint64_t rdev;             /* devices, else 0 */
    uint64_t block;            /* the block that holds the member's first header byte */
    uint64_t block_offset;     /* where in that block's raw bytes */
    uint64_t device, inode;
    bool settled; /* unchanged in the read and before it: see gbn_root_settled_ns */
} gbn_manifest_entry;

/* "file", "directory", "symlink", "hardlink", ... */
const char *gbn_manifest_type_text(const gbn_manifest_entry *entry);

typedef enum gbn_manifest_note_kind {
    GBN_NOTE_UNREADABLE, /* left out, or filled with zeros: an error, of it or of its first name */
    GBN_NOTE_VANISHED,   /* gone before it could be opened: left out */
    GBN_NOTE_CHANGED,    /* differs from what it was when its read began */
    GBN_NOTE_TORN,       /* changed during every one of three reads */
    GBN_NOTE_SKIPPED,    /* no archive keeps it: a socket, or no tar header can express it */
    GBN_NOTE_KINDS
} gbn_manifest_note_kind;

/* "unreadable", "vanished", ... */
const char *gbn_manifest_note_text(gbn_manifest_note_kind kind);

typedef struct gbn_manifest_trailer {
    uint64_t blocks, entries, notes;
    uint64_t raw_size, stored_size; /* of the product; stored_size is the file's size */
    uint32_t raw_crc32;
    uint8_t sha256[GBN_SHA256_SIZE];                   /* of the product */
    uint64_t reused_blocks, reused_raw, reused_stored; /* what came from an earlier archive; 0 */
} gbn_manifest_trailer;

/* Each appends one object. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_manifest_put_header(gbn_bytes *out, const gbn_manifest_header *header,
                                   gbn_error *err);
gbn_status gbn_manifest_put_block(gbn_bytes *out, const gbn_manifest_block *block, gbn_error *err);
gbn_status gbn_manifest_put_entry(gbn_bytes *out, const gbn_manifest_entry *entry, gbn_error *err);
gbn_status gbn_manifest_put_note(gbn_bytes *out, gbn_manifest_note_kind kind, const char *path,
                                 const char *reason, gbn_error *err);
gbn_status gbn_manifest_put_trailer(gbn_bytes *out, const gbn_manifest_trailer *trailer,
                                    gbn_error *err);

#endif

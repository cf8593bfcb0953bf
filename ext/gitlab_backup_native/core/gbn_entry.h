#ifndef GBN_ENTRY_H
#define GBN_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "gbn_bytes.h"
#include "gbn_error.h"
#include "gbn_file.h"
#include "gbn_links.h"
#include "gbn_manifest.h"
#include "gbn_root.h"
#include "gbn_sha256.h"
#include "gbn_walk.h"

/*
 * gbn_entry - one name of a tree on its way to become a member: opened, read, and noted
 * when it is not what it was.
 */
typedef struct gbn_entry {
    gbn_dir *parent; /* a reference; NULL for the root itself */
    char name[GBN_WALK_NAME];
    struct stat status; /* as it was before the read, st_size as archived */
    bool absent;        /* no member comes of it; `note` says why */
    bool noted;
    gbn_manifest_note_kind note;
    int errnum;                      /* the reason of the note, 0 if it has no errno */
    const char *reason;              /* in words, when errnum is 0 */
    gbn_bytes target;                /* of a symlink, with a NUL behind it */
    gbn_link *link;                  /* set by the reader when the inode has several links */
    bool repeats;                    /* and this is not the first of them: no content */
    bool sliced;                     /* set by the reader: the content comes in slices */
    uint8_t sha256[GBN_SHA256_SIZE]; /* of a file read whole */
    bool settled;                    /* did not change during the read nor shortly before */
    gbn_file file;                   /* open once it was opened, if it is a regular file */
    mode_t listed_type;              /* what the walk saw */
    int list_errnum;                 /* why the walk could not list a directory, else 0 */
} gbn_entry;

/* Make `entry` of a step of the walk. Owns: takes item->parent; keeps the memory of entry->target. */
void gbn_entry_init(gbn_entry *entry, const gbn_walk_item *item, const gbn_root *root);

/*
 * Find out what it is now: a regular file is opened, a link read. What is gone or cannot
 * be opened becomes absent.
 *
 * Returns  GBN_OK; a failure only when the process is at the end of its means.
 */
gbn_status gbn_entry_open(gbn_entry *entry, const gbn_root *root, gbn_error *err);

/*
 * Read an open file of file.size bytes whole into `buffer` and hash it; entry->file.content
 * is the result. One that grows may have up to `limit` bytes.
 *
 * Returns  as gbn_entry_open.
 */
gbn_status gbn_entry_read(gbn_entry *entry, uint8_t *buffer, size_t limit, gbn_sha256 *sha,
                          gbn_error *err);

/* Note what became of a slice of its content, and, after the last one, of the whole file. */
void gbn_entry_note_slice(gbn_entry *entry, const gbn_file_result *result);
void gbn_entry_note_sliced(gbn_entry *entry);

/* Give back everything it holds but the memory of entry->target. */
void gbn_entry_release(gbn_entry *entry);

#endif

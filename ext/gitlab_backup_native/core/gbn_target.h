#ifndef GBN_TARGET_H
#define GBN_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gbn_bytes.h"
#include "gbn_error.h"

/*
 * gbn_target - the writing side of a directory tree, with no way out of it: the one door
 * through which an archive's members become files. The root itself may be reached
 * through links; below it no link is followed, whoever put it there, and no name leads
 * upwards. Paths may be longer than PATH_MAX. Handles of directories are kept, a
 * bounded number, so a file in the directory of the last one costs one openat.
 *
 * Paths are those that gbn_target_name gives ("a/b", "" for the root); others are refused
 * with GBN_ERR_FORMAT. Unless said otherwise, functions return GBN_OK; GBN_ERR_FORMAT
 * when something else lies where the path leads, or on the way; GBN_ERR_SYSTEM; GBN_ERR_NOMEM.
 *
 * All functions but open and close may be called by any number of threads.
 */
enum { GBN_TARGET_PATH_MAX = 64 * 1024 };

typedef struct gbn_target gbn_target;

/* What a member is given in the end. */
typedef struct gbn_target_attributes {
    mode_t mode; /* & 01777: no set-id bits are ever set */
    bool own;    /* set uid and gid; to fail at that is a failure */
    uid_t uid;
    gid_t gid;
    int64_t mtime_ns;
} gbn_target_attributes;

/*
 * Open the existing directory `path`, following links.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM (ENOENT, ENOTDIR, EACCES, ...), GBN_ERR_NOMEM.
 * Owns     gives `*target`, NULL after a failure, to be closed when nobody uses it any more.
 */
gbn_status gbn_target_open(const char *path, gbn_target **target, gbn_error *err);
void gbn_target_close(gbn_target *target); /* NULL does nothing */

/*
 * Turn a member's name into a path beneath the root: "./a//b/" into "a/b", "./" into "".
 *
 * Returns  GBN_OK; GBN_ERR_FORMAT for no name, an absolute one, "..", a part of more than 255
 *          bytes, more than GBN_TARGET_PATH_MAX in all.
 * Owns     replaces the content of `path`, with a NUL at its end (not counted).
 */
gbn_status gbn_target_name(const char *name, gbn_bytes *path, gbn_error *err);

/* Make a directory and its parents, 0700 each; one that is there stays as it is. */
gbn_status gbn_target_directory(gbn_target *target, const char *path, gbn_error *err);

/*
 * Make a regular file, 0600, and its parents, and open it for writing.
 *
 * Returns  GBN_AGAIN when a regular file is there already.
 * Owns     the caller closes `*fd`; it is -1 unless GBN_OK.
 */
gbn_status gbn_target_create(gbn_target *target, const char *path, int *fd, gbn_error *err);

/* As gbn_target_create, but a regular file that is there is removed first. */
gbn_status gbn_target_replace(gbn_target *target, const char *path, int *fd, gbn_error *err);

/*
 * Remove the regular file `path` if it still is the one that is open as `fd`.
 *
 * Returns  also GBN_OK when it is not, or not there.
 */
gbn_status gbn_target_remove(gbn_target *target, const char *path, int fd, gbn_error *err);

/* Make a symlink, and its parents; one that is there is removed first. The text may be anything. */
gbn_status gbn_target_symlink(gbn_target *target, const char *path, const char *text,
                              gbn_error *err);

/*
 * Give a regular file or a symlink beneath the root, itself, a second name.
 *
 * Returns  GBN_AGAIN when another regular file or symlink has that name; GBN_ERR_FORMAT when
 *          there is no `existing`.
 */
gbn_status gbn_target_link(gbn_target *target, const char *path, const char *existing,
                           gbn_error *err);

/* Make a FIFO, 0600, and its parents; one that is there stays as it is. */
gbn_status gbn_target_fifo(gbn_target *target, const char *path, gbn_error *err);

/* Set what `attributes` say on an open file; `path` is for the message. */
gbn_status gbn_target_set_file(int fd, const char *path, const gbn_target_attributes *attributes,
                               gbn_error *err);

/*
 * Set it on what lies at `path` if that is of `type` (S_IFDIR, S_IFLNK without the mode, S_IFIFO,
 * S_IFREG). Directories come last and the deepest first: a mode may close the way to what is below.
 */
gbn_status gbn_target_set(gbn_target *target, const char *path, mode_t type,
                          const gbn_target_attributes *attributes, gbn_error *err);

#endif

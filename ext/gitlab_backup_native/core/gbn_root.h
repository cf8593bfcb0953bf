#ifndef GBN_ROOT_H
#define GBN_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "gbn_bytes.h"
#include "gbn_error.h"

/*
 * gbn_root - the reading side of a directory tree, with no way out of it. The
 * root itself may be reached through links; below it every step is one openat
 * without following any. Directories are objects that know their parent; their handles
 * come and go, a bounded number at a time, so a path of any depth or length can
 * be reached, and a directory that was replaced meanwhile is not mistaken for the
 * one that was listed.
 *
 * All functions but open and close may be called by any number of threads.
 */
typedef struct gbn_root gbn_root;
typedef struct gbn_dir gbn_dir; /* counted references; keeps its parents alive */

/* One name of a directory. */
typedef struct gbn_name {
    const char *name;
    mode_t type; /* S_IFDIR, S_IFREG, ...; 0 if it vanished before it could be told */
} gbn_name;

/* The names of a directory in byte order, without "." and "..". */
typedef struct gbn_listing {
    gbn_name *names;
    size_t count;
    char *storage; /* holds the names */
    size_t bytes;  /* what the listing takes of memory */
} gbn_listing;

/*
 * Open the directory `path`, following links.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM (ENOENT, ENOTDIR, EACCES, ...), GBN_ERR_NOMEM.
 * Owns     gives `*root`, to be closed after the last gbn_dir is released.
 *          Keeps at most `handles` (2 at least) idle directory handles open.
 */
gbn_status gbn_root_open(const char *path, unsigned handles, gbn_root **root, gbn_error *err);
void gbn_root_close(gbn_root *root);

/* The root's own directory. Owns: the caller gets a reference. */
gbn_dir *gbn_root_top(gbn_root *root);

/*
 * Now, by the clock that stamps changes in this file system, less the least age at
 * which a change can be told from the next one. A ctime before that is settled; the
 * margin is two seconds on local file systems and an hour on those whose server has
 * a clock of its own.
 */
int64_t gbn_root_settled_ns(const gbn_root *root);

/* Does a server on the other side of a network, or a program, answer for this file system? */
bool gbn_root_remote(const gbn_root *root);

/* The device of the root; what lies on another may be stamped by another clock. */
dev_t gbn_root_device(const gbn_root *root);

/*
 * lstat of a path ("a/b") beneath the root in one call. Links on the way to it are followed, out of the root as well:
 * what it says counts only if every directory on the way was found to be one. Returns 0 or an errno.
 */
int gbn_root_stat(const gbn_root *root, const char *path, struct stat *status);

/* Name the directory `name` beneath `parent`; opens nothing. Owns: gives a reference. */
gbn_status gbn_dir_child(gbn_dir *parent, const char *name, gbn_dir **child, gbn_error *err);
gbn_dir *gbn_dir_retain(gbn_dir *dir);
void gbn_dir_release(gbn_dir *dir); /* NULL does nothing */

/* Append "a/b/" for the directory a/b, nothing for the top. */
gbn_status gbn_dir_path(const gbn_dir *dir, gbn_bytes *path, gbn_error *err);

/*
 * Read all names of `dir`, and its own `status` as it was before.
 *
 * A `limit` other than 0 gives up once the names take more bytes than that.
 *
 * Returns  GBN_OK; GBN_SKIPPED with `err` filled in when this directory cannot be
 *          read (ENOENT, ENOTDIR, ELOOP, EACCES, ESTALE when replaced, EIO);
 *          GBN_AGAIN past the limit; GBN_ERR_NOMEM, GBN_ERR_SYSTEM when nothing
 *          can be read (EMFILE, ENFILE, ENOMEM).
 * Owns     `listing` is the caller's to free; it is empty unless GBN_OK.
 */
gbn_status gbn_dir_list(gbn_dir *dir, size_t limit, gbn_listing *listing, struct stat *status,
                        gbn_error *err);
void gbn_listing_free(gbn_listing *listing);

/* lstat of `name`. Returns as gbn_dir_list. */
gbn_status gbn_dir_stat(gbn_dir *dir, const char *name, struct stat *status, gbn_error *err);

/*
 * Open `name` for reading if it is a regular file, and fstat it. Never waits for a
 * FIFO's writer.
 *
 * Returns  as gbn_dir_list; whatever is no regular file: GBN_SKIPPED with EINVAL.
 * Owns     the caller closes `*fd`.
 */
gbn_status gbn_dir_open_file(gbn_dir *dir, const char *name, int *fd, struct stat *status,
                             gbn_error *err);

/* Read a link's target of any length into `target`, NUL at its end (not counted). Returns as gbn_dir_list. */
gbn_status gbn_dir_read_link(gbn_dir *dir, const char *name, gbn_bytes *target, gbn_error *err);

#endif

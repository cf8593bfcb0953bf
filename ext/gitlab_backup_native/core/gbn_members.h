#ifndef GBN_MEMBERS_H
#define GBN_MEMBERS_H

#include <stdint.h>

#include "gbn_error.h"
#include "gbn_tar.h"

/*
 * gbn_members - what is in a plain tar file and where, by its headers: content is never
 * read, so a terabyte costs as much as its members' headers.
 */
typedef struct gbn_members gbn_members;

/*
 * Open `path`, a regular file.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_INVALID.
 */
gbn_status gbn_members_open(const char *path, gbn_members **members, gbn_error *err);

/*
 * The next member, and where its content begins in the file. Sparse members are refused: their
 * headers do not say where they end.
 *
 * Returns  GBN_OK; GBN_END behind the last; GBN_ERR_FORMAT for a damaged header, and where the
 *          file ends before its archive does; GBN_ERR_SYSTEM; GBN_ERR_NOMEM; GBN_ERR_LIMIT.
 * Owns     lends the member's strings until the next call.
 * Blocks   on the disk.
 */
gbn_status gbn_members_next(gbn_members *members, gbn_tar_member *member, uint64_t *offset,
                            gbn_error *err);

/* NULL does nothing. */
void gbn_members_close(gbn_members *members);

#endif

#ifndef GBN_MEMBERS_H
#define GBN_MEMBERS_H

#include <stdint.h>

#include "gbn_error.h"
#include "gbn_tar.h"

/*
 * gbn_members - what is in a plain tar file and where, by its headers: content is never
 * read, so a terabyte costs as much as its members' headers. Where a header is damaged the
 * caller may have the next one looked for.
 */
typedef struct gbn_members gbn_members;

/* Where a member's content lies. */
typedef struct gbn_members_place {
    uint64_t offset;  /* of its first byte in the file */
    uint64_t missing; /* bytes of it behind the file's end: the last member's, of a file cut off */
} gbn_members_place;

/* What damage has taken. */
typedef struct gbn_members_gap {
    uint64_t offset; /* of the block that should be a header */
    uint64_t length; /* up to the next header, or to the file's end */
    char name[101];  /* as that block has it, which may be damaged, too; "" without one */
} gbn_members_gap;

/*
 * Open `path`, a regular file.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM, GBN_ERR_NOMEM, GBN_ERR_INVALID.
 */
gbn_status gbn_members_open(const char *path, gbn_members **members, gbn_error *err);

/*
 * The next member, and where its content is. Sparse members are refused: their headers do not say
 * where they end.
 *
 * Returns  GBN_OK; GBN_END behind the last, and behind one the file ends in; GBN_ERR_FORMAT where a
 *          header is damaged, or the file ends before its archive does; GBN_ERR_LIMIT;
 *          GBN_ERR_SYSTEM; GBN_ERR_NOMEM.
 * Owns     lends the member's strings until the next call.
 * Blocks   on the disk.
 */
gbn_status gbn_members_next(gbn_members *members, gbn_tar_member *member, gbn_members_place *place,
                            gbn_error *err);

/*
 * After GBN_ERR_FORMAT, GBN_ERR_LIMIT or GBN_END: look for the next header, as the damaged one may
 * still say where its member ends, or else block by block. A header's content may be a tar itself:
 * whoever goes on with gbn_members_next must know which names can be the archive's.
 *
 * Returns  GBN_OK with `gap` filled, and gbn_members_next goes on behind it; GBN_AGAIN after some
 *          megabytes: call again; GBN_END if there was no damage, just the archive's end;
 *          GBN_ERR_FORMAT for more damage than makes sense; GBN_ERR_SYSTEM.
 * Blocks   on the disk.
 */
gbn_status gbn_members_skip(gbn_members *members, gbn_members_gap *gap, gbn_error *err);

/* NULL does nothing. */
void gbn_members_close(gbn_members *members);

#endif

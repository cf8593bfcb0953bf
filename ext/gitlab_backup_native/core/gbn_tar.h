#ifndef GBN_TAR_H
#define GBN_TAR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gbn_bytes.h"
#include "gbn_error.h"

/*
 * gbn_tar - the bytes around a member's content in a GNU tar archive: the
 * header in front (with long-name records where a path or a link target
 * exceeds its field), zeros behind, and the archive's end. Headers are
 * libarchive's; this module opens, reads and writes nothing.
 */
enum {
    GBN_TAR_BLOCK = 512,    /* POSIX.1-1988 ustar: everything is a multiple of it */
    GBN_TAR_RECORD = 10240, /* GNU tar's default blocking factor of 20 */
    GBN_TAR_END_MAX = GBN_TAR_RECORD + GBN_TAR_BLOCK, /* zeros at an archive's end, at most */
};

/* What a header says. Strings are bytes in no particular encoding. */
typedef struct gbn_tar_member {
    const char *path; /* "./a/b"; a directory's closing slash is added */
    mode_t mode;      /* type and permissions, as st_mode; a hard link is given as S_IFREG */
    uint64_t size;    /* of the content that follows; ignored unless a regular file */
    int64_t mtime;    /* whole seconds since the epoch, negative before it */
    uint64_t uid, gid;
    const char *owner, *group; /* names, NULL if there are none */
    const char
        *link;  /* a symlink's target, or the path of the member a hard link repeats; else NULL */
    dev_t rdev; /* devices only */
} gbn_tar_member;

typedef struct gbn_tar gbn_tar; /* reusable scratch of one thread */

gbn_status gbn_tar_new(gbn_tar **tar, gbn_error *err);
void gbn_tar_free(gbn_tar *tar);

/*
 * Append the header of `member` to `out`: a multiple of GBN_TAR_BLOCK bytes,
 * the same in every locale.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_FORMAT if tar cannot express it.
 * Threads  one at a time per gbn_tar.
 */
gbn_status gbn_tar_header(gbn_tar *tar, const gbn_tar_member *member, gbn_bytes *out,
                          gbn_error *err);

/* How many zeros follow `size` bytes of content. */
size_t gbn_tar_padding(uint64_t size);

/* How many zeros end an archive of `length` bytes so far: two blocks at least, a full record. */
size_t gbn_tar_end(uint64_t length);

#endif

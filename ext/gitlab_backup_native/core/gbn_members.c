#include "gbn_members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_regular.h"
#include "gbn_tar_read.h"

enum { PIECE = 4096 }; /* a header, or some: content behind it is not wanted */

struct gbn_members {
    char *path;
    int fd;
    uint64_t size;
    uint64_t begin; /* of the reader's stream in the file: each member is a stream of its own */
    uint64_t next;  /* where the source goes on */
    gbn_tar_reader *reader;
    uint8_t piece[PIECE];
};

static gbn_status
read_piece(void *context, const uint8_t **data, size_t *length, gbn_error *err)
{
    gbn_members *members = context;
    ssize_t n;

    do
        n = pread(members->fd, members->piece, PIECE, (off_t)members->next);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", members->path);
    *data = members->piece;
    *length = (size_t)n;
    members->next += (uint64_t)n;
    return n == 0 ? GBN_END : GBN_OK;
}

static gbn_status
open_file(gbn_members *members, gbn_error *err)
{
    struct stat status;
    gbn_status rc =
        gbn_regular_open(&(gbn_regular){.path = members->path}, &members->fd, &status, err);

    if (rc < 0)
        return rc;
    members->size = (uint64_t)status.st_size;
    gbn_cache_no_ahead(members->fd);
    return GBN_OK;
}

gbn_status
gbn_members_open(const char *path, gbn_members **result, gbn_error *err)
{
    gbn_members *members = calloc(1, sizeof *members);
    gbn_status rc = GBN_OK;

    *result = NULL;
    if (members == NULL || (members->path = strdup(path)) == NULL) {
        free(members);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    }
    rc = open_file(members, err);
    if (rc == GBN_OK)
        rc = gbn_tar_reader_new(read_piece, members, &members->reader, err);
    if (rc < 0) {
        gbn_members_close(members);
        return rc;
    }
    *result = members;
    return GBN_OK;
}

/* Past the content, with what fills its last block. */
static gbn_status
advance(gbn_members *members, const gbn_tar_member *member, uint64_t offset, gbn_error *err)
{
    uint64_t size = S_ISREG(member->mode) && member->link == NULL ? member->size : 0;

    if (size > members->size || offset > members->size - size)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "%s ends within the member %s", members->path,
                        member->path);
    members->begin = offset + size + gbn_tar_padding(size);
    return GBN_OK;
}

gbn_status
gbn_members_next(gbn_members *members, gbn_tar_member *member, uint64_t *offset, gbn_error *err)
{
    const uint64_t begin = members->begin;
    gbn_status rc;

    members->next = begin;
    gbn_tar_reader_reset(members->reader, members);
    rc = gbn_tar_reader_next(members->reader, member, err);
    if (rc != GBN_OK)
        return rc;
    *offset = begin + gbn_tar_reader_position(members->reader);
    return advance(members, member, *offset, err);
}

void
gbn_members_close(gbn_members *members)
{
    if (members == NULL)
        return;
    gbn_tar_reader_free(members->reader);
    if (members->fd >= 0)
        close(members->fd);
    free(members->path);
    free(members);
}

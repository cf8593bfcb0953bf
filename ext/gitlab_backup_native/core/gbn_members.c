#include "gbn_members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_members_state.h"
#include "gbn_regular.h"

gbn_status
gbn_members_pread(const gbn_members *members, uint8_t *data, size_t length, uint64_t offset,
                  size_t *count, gbn_error *err)
{
    ssize_t n = 1;

    for (*count = 0; *count < length && n > 0; *count += (size_t)n) {
        do
            n = pread(members->fd, data + *count, length - *count, (off_t)(offset + *count));
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", members->path);
    }
    return GBN_OK;
}

static gbn_status
read_piece(void *context, const uint8_t **data, size_t *length, gbn_error *err)
{
    gbn_members *members = context;
    gbn_status rc =
        gbn_members_pread(members, members->piece, GBN_MEMBERS_PIECE, members->next, length, err);

    if (rc < 0)
        return rc;
    *data = members->piece;
    members->next += *length;
    return *length == 0 ? GBN_END : GBN_OK;
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
static void
advance(gbn_members *members, const gbn_tar_member *member, gbn_members_place *place)
{
    const uint64_t size = S_ISREG(member->mode) && member->link == NULL ? member->size : 0;
    const uint64_t left = members->size - place->offset;

    place->missing = size > left ? size - left : 0;
    if (place->missing > 0)
        members->standing = GBN_MEMBERS_OVER;
    else
        members->begin = place->offset + size + gbn_tar_padding(size);
}

/* At two blocks of zeros. */
static gbn_status
end(gbn_members *members)
{
    members->standing = GBN_MEMBERS_ENDED;
    members->damage = members->begin;
    return GBN_END;
}

gbn_status
gbn_members_next(gbn_members *members, gbn_tar_member *member, gbn_members_place *place,
                 gbn_error *err)
{
    const uint64_t begin = members->begin;
    gbn_status rc;

    if (members->standing == GBN_MEMBERS_OVER || members->standing == GBN_MEMBERS_ENDED)
        return GBN_END;
    members->next = begin;
    gbn_tar_reader_reset(members->reader, members);
    rc = gbn_tar_reader_next(members->reader, member, err);
    if (rc == GBN_END)
        return end(members);
    if (rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT)
        return gbn_members_locate(members, err);
    if (rc != GBN_OK)
        return rc;
    place->offset = begin + gbn_tar_reader_position(members->reader);
    advance(members, member, place);
    return GBN_OK;
}

void
gbn_members_close(gbn_members *members)
{
    if (members == NULL)
        return;
    gbn_tar_reader_free(members->reader);
    if (members->fd >= 0)
        close(members->fd);
    free(members->window);
    free(members->path);
    free(members);
}

#include "gbn_members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_members_state.h"
#include "gbn_regular.h"
#include "gbn_tar_block.h"

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

gbn_status
gbn_members_block(const gbn_members *members, uint64_t offset, uint8_t *block, bool *there,
                  gbn_error *err)
{
    size_t count = 0;
    gbn_status rc = GBN_OK;

    if (offset < members->size)
        rc = gbn_members_pread(members, block, GBN_TAR_BLOCK, offset, &count, err);
    *there = rc == GBN_OK && count == GBN_TAR_BLOCK;
    return rc;
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

/* Past sound extensions, to the header that is not: at most as far as they may go. */
static gbn_status
find_damage(gbn_members *members, uint8_t *block, bool *there, gbn_error *err)
{
    const uint64_t limit = members->begin + GBN_TAR_HEADERS_MAX;
    uint64_t at = members->begin, extent;
    gbn_status rc;

    for (;;) {
        members->damage = at < members->size ? at : members->size;
        rc = gbn_members_block(members, at, block, there, err);
        if (rc < 0 || !*there || !gbn_tar_block_is_header(block) ||
            !gbn_tar_block_is_extension(block) || !gbn_tar_block_extent(block, &extent) ||
            extent > limit - at || at + extent > members->size)
            return rc;
        at += extent;
    }
}

/* Say where exactly the header at `begin` is damaged: others may stand in front of it. */
static gbn_status
locate(gbn_members *members, gbn_error *err)
{
    uint8_t block[GBN_TAR_BLOCK];
    unsigned long long at;
    bool there;
    gbn_status rc = find_damage(members, block, &there, err);

    if (rc < 0)
        return rc;
    members->standing = GBN_MEMBERS_DAMAGED;
    at = members->damage;
    if (!there)
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read %s (it ends at byte %llu, which is not its end)", members->path, at);
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s (the tar header at byte %llu %s)",
                    members->path, at,
                    gbn_tar_block_is_sound(block) ? "cannot be understood" : "is damaged");
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
        return locate(members, err);
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

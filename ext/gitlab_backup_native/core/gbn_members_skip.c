/*
 * Mostly it is one bit that is wrong, and seldom one of a header's size. So the damaged header
 * itself is asked first: where it leads to a sound one, or to the zeros at the end, that is it, and
 * content is neither read nor taken for headers. If the bit is one of the size, flipping it back
 * makes the sum right; of all sizes that lead somewhere the smallest is taken, since a larger one
 * can lead there past members. Otherwise each block is looked at from there on, as GNU
 * tar does. Content may hold whole tars; so what looks like a header has to lead to another one
 * or to zeros, and an end with headers behind it is none.
 *
 * A header can be sound and yet lost: when the long name in front of it is damaged its own is cut
 * off, and so it goes with it.
 */
#include "gbn_members.h"

#include <stdlib.h>
#include <string.h>

#include "gbn_members_state.h"
#include "gbn_tar_block.h"

enum {
    WINDOW = 1024 * 1024,
    WINDOWS = 8, /* of one call */
    CLOSING = 2 * GBN_TAR_BLOCK,
};

/* Is there a header at `at`? */
static gbn_status
look_at(const gbn_members *members, uint64_t at, bool *found, gbn_error *err)
{
    uint8_t block[GBN_TAR_BLOCK];
    gbn_status rc = gbn_members_block(members, at, block, found, err);

    *found = *found && gbn_tar_block_is_header(block);
    return rc;
}

/* Does the header `block` at `at` lead to another one, damaged or not, or to zeros? */
static gbn_status
leads_on(const gbn_members *members, const uint8_t *block, uint64_t at, bool *leads, gbn_error *err)
{
    uint8_t next[GBN_TAR_BLOCK];
    uint64_t extent;
    gbn_status rc;

    *leads = false;
    if (!gbn_tar_block_extent(block, &extent) || extent > members->size - at)
        return GBN_OK;
    rc = gbn_members_block(members, at + extent, next, leads, err);
    *leads = *leads && (gbn_tar_block_is_marked(next) || gbn_tar_block_is_sound(next) ||
                        gbn_tar_block_is_zero(next));
    return rc;
}

/* The search is over: reading goes on at `at`, or nowhere. */
static gbn_status
conclude(gbn_members *members, uint64_t at, gbn_members_gap *gap, gbn_error *err)
{
    members->standing = at < members->size ? GBN_MEMBERS_SOUND : GBN_MEMBERS_OVER;
    members->begin = at;
    if (++members->gaps > GBN_MEMBERS_GAPS_MAX)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s (it is damaged in more than %d places)",
                        members->path, GBN_MEMBERS_GAPS_MAX);
    *gap = (gbn_members_gap){.offset = members->damage, .length = at - members->damage};
    memcpy(gap->name, members->name, sizeof gap->name);
    return GBN_OK;
}

/* At a header that is to be believed, unless it has lost its name: then the next one is. */
static gbn_status
accept(gbn_members *members, uint64_t at, gbn_members_gap *gap, gbn_error *err)
{
    uint8_t block[GBN_TAR_BLOCK];
    uint64_t extent;
    bool there;
    gbn_status rc;

    while ((rc = gbn_members_block(members, at, block, &there, err)) == GBN_OK) {
        members->look = members->zeros = at;
        if (!there || !gbn_tar_block_is_header(block))
            return GBN_AGAIN;
        if (gbn_tar_block_is_extension(block) ||
            (!members->orphan && !gbn_tar_block_is_clipped(block)))
            return conclude(members, at, gap, err);
        members->orphan = false;
        if (!gbn_tar_block_extent(block, &extent) || extent > members->size - at)
            extent = GBN_TAR_BLOCK;
        at += extent;
    }
    return rc;
}

/* Do zeros begin there that reach to the file's end, no more than are usual? */
static gbn_status
is_closing(gbn_members *members, uint64_t at, bool *closing, gbn_error *err)
{
    const uint64_t left = at < members->size ? members->size - at : 0;
    const uint8_t *zeros = members->window + GBN_TAR_BLOCK;
    size_t count;
    gbn_status rc;

    *closing = false;
    if (left < CLOSING || left > WINDOW - GBN_TAR_BLOCK)
        return GBN_OK;
    rc = gbn_members_pread(members, members->window, GBN_TAR_BLOCK + (size_t)left,
                           at - GBN_TAR_BLOCK, &count, err);
    *closing = rc == GBN_OK && count == GBN_TAR_BLOCK + left && zeros[0] == 0 &&
               memcmp(zeros, zeros + 1, (size_t)left - 1) == 0 &&
               !gbn_tar_block_is_zero(members->window);
    return rc;
}

/* Does the header `block` at `damage` lead to a sound one, or to the end? Then `*at` is where. */
static gbn_status
follow(gbn_members *members, const uint8_t *block, uint64_t *at, bool *found, gbn_error *err)
{
    uint64_t extent;
    gbn_status rc;

    *found = false;
    if (!gbn_tar_block_extent(block, &extent) || extent > members->size - members->damage)
        return GBN_OK;
    *at = members->damage + extent;
    rc = look_at(members, *at, found, err);
    return rc < 0 || *found ? rc : is_closing(members, *at, found, err);
}

/*
 * Where the damaged header leads to, as it is, or with one bit of its size flipped back so that its
 * sum is right: the nearest place. `*at` stays 0 when there is none.
 */
static gbn_status
follow_damaged(gbn_members *members, uint8_t *block, uint64_t *at, gbn_error *err)
{
    uint64_t place = 0;
    bool found;
    gbn_status rc = follow(members, block, &place, &found, err);

    *at = rc == GBN_OK && found ? place : 0;
    for (unsigned bit = 0; rc == GBN_OK && bit < GBN_TAR_SIZE_BITS; bit++) {
        gbn_tar_block_flip_size(block, bit);
        found = false;
        if (gbn_tar_block_is_sound(block))
            rc = follow(members, block, &place, &found, err);
        gbn_tar_block_flip_size(block, bit);
        if (rc == GBN_OK && found && (*at == 0 || place < *at))
            *at = place;
    }
    return rc;
}

/* What the damaged header has to say of it. GBN_AGAIN: nothing of use. */
static gbn_status
ask_damaged(gbn_members *members, gbn_members_gap *gap, gbn_error *err)
{
    uint8_t block[GBN_TAR_BLOCK];
    uint64_t at;
    bool there;
    gbn_status rc = gbn_members_block(members, members->damage, block, &there, err);

    if (rc < 0 || !there)
        return rc < 0 ? rc : conclude(members, members->size, gap, err);
    members->look = members->zeros = members->damage + GBN_TAR_BLOCK;
    gbn_tar_block_name(block, members->name);
    members->orphan = gbn_tar_block_is_extension(block);
    rc = follow_damaged(members, block, &at, err);
    if (rc < 0 || at == 0)
        return rc < 0 ? rc : GBN_AGAIN;
    rc = look_at(members, at, &there, err);
    if (rc < 0)
        return rc;
    return there ? accept(members, at, gap, err) : conclude(members, at, gap, err);
}

static gbn_status
begin_search(gbn_members *members, gbn_members_gap *gap, gbn_error *err)
{
    members->at_end = members->standing == GBN_MEMBERS_ENDED;
    members->standing = GBN_MEMBERS_SEARCHING;
    members->orphan = false;
    memset(members->name, 0, sizeof members->name);
    if (members->window == NULL && (members->window = malloc(WINDOW)) == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", members->path);
    if (!members->at_end)
        return ask_damaged(members, gap, err);
    members->look = members->zeros = members->damage + CLOSING;
    return GBN_AGAIN;
}

/* Nothing more: but for the zeros at the end, if there are some. */
static gbn_status
reach_end(gbn_members *members, gbn_members_gap *gap, gbn_error *err)
{
    if (members->at_end) {
        members->standing = GBN_MEMBERS_OVER;
        return GBN_END;
    }
    if (members->size % GBN_TAR_BLOCK == 0 && members->size - members->zeros >= CLOSING)
        return conclude(members, members->zeros, gap, err);
    return conclude(members, members->size, gap, err);
}

/* GBN_AGAIN: not found in this window. */
static gbn_status
search_window(gbn_members *members, size_t length, gbn_members_gap *gap, gbn_error *err)
{
    const uint64_t start = members->look;
    bool leads;
    gbn_status rc;

    for (size_t i = 0; i < length; i += GBN_TAR_BLOCK) {
        const uint8_t *block = members->window + i;

        members->look = start + i + GBN_TAR_BLOCK;
        if (!gbn_tar_block_is_zero(block))
            members->zeros = members->look;
        if (!gbn_tar_block_is_header(block))
            continue;
        rc = leads_on(members, block, start + i, &leads, err);
        if (rc < 0)
            return rc;
        if (leads)
            return accept(members, start + i, gap, err);
    }
    return GBN_AGAIN;
}

gbn_status
gbn_members_skip(gbn_members *members, gbn_members_gap *gap, gbn_error *err)
{
    gbn_status rc = GBN_AGAIN;
    size_t count;

    if (members->standing == GBN_MEMBERS_OVER)
        return GBN_END;
    if (members->standing != GBN_MEMBERS_SEARCHING)
        rc = begin_search(members, gap, err);
    for (int i = 0; i < WINDOWS && rc == GBN_AGAIN; i++) {
        rc = gbn_members_pread(members, members->window, WINDOW, members->look, &count, err);
        if (rc < 0)
            return rc;
        count -= count % GBN_TAR_BLOCK;
        rc = count == 0 ? reach_end(members, gap, err) : search_window(members, count, gap, err);
    }
    return rc;
}

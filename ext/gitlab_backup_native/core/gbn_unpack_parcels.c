/*
 * The stage of a streamed product: the source has put headers and content apart, so members
 * only have to be named and written.
 */
#include "gbn_unpack_large.h"
#include "gbn_unpack_place.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

/*
 * Set worker->path; GBN_SKIPPED for a name no member should have, which is damage, but not of any
 * path that was asked for.
 */
static gbn_status
take_name(gbn_unpack_worker *worker, const char *name, gbn_error *err)
{
    gbn_error damage;
    gbn_status rc = gbn_unpack_name(worker, name, &damage);

    if (rc == GBN_ERR_FORMAT && worker->unpack->options.paths != NULL)
        return GBN_SKIPPED;
    if (rc == GBN_ERR_FORMAT) {
        rc = gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, name,
                              (gbn_range){0, 0}, "no name that can be extracted", err);
        return rc == GBN_OK ? GBN_SKIPPED : rc;
    }
    if (rc < 0)
        *err = damage;
    return rc;
}

static gbn_status
open_large(gbn_unpack_worker *worker, gbn_piece *piece, gbn_error *err)
{
    gbn_parcel parcel;
    gbn_status rc;

    gbn_parcel_get(piece->records.data, &parcel);
    rc = take_name(worker, parcel.member.path, err);
    if (rc == GBN_OK)
        return gbn_large_open(worker, piece, &parcel, err);
    gbn_large_lose(piece->large);
    return rc;
}

static gbn_status
place_slice(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_large *large = piece->large;
    gbn_status rc = piece->first ? open_large(worker, piece, err) : gbn_large_wait(unpack, large);

    if (rc == GBN_OK)
        rc = gbn_unpack_write(unpack, large->fd, (const char *)large->path.data, block->raw,
                              block->raw_length, piece->slice_offset, err);
    return rc == GBN_SKIPPED ? GBN_OK : rc;
}

gbn_status
gbn_unpack_stage_streamed(void *context, void *opaque, gbn_block *block, gbn_error *err)
{
    gbn_unpack_worker *worker = opaque;
    gbn_piece *piece = gbn_piece_of(block);
    gbn_parcel parcel;
    gbn_status rc = GBN_OK;

    (void)context;
    atomic_store(&piece->number, block->number);
    if (piece->large != NULL)
        return place_slice(worker, piece, block, err);
    for (size_t at = 0; rc >= 0 && at < piece->records.length;) {
        at += gbn_parcel_get(piece->records.data + at, &parcel);
        rc = take_name(worker, parcel.member.path, err);
        if (rc == GBN_OK)
            rc = gbn_unpack_place(worker, piece, &parcel, block->raw + parcel.offset, NULL, err);
    }
    return rc < 0 ? rc : GBN_OK;
}

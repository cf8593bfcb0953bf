#include "gbn_unpack_settle.h"
#include "gbn_unpack_large.h"
#include "gbn_unpack_state.h"

static gbn_status
spool_deferred(gbn_unpack *unpack, const gbn_piece *piece, gbn_error *err)
{
    gbn_parcel parcel;
    size_t length;
    gbn_status rc = GBN_OK;

    for (size_t at = 0; rc == GBN_OK && at < piece->deferred.length; at += length) {
        length = gbn_parcel_get(piece->deferred.data + at, &parcel);
        rc = gbn_spool_append(unpack->spool, piece->deferred.data + at, length, err);
    }
    return rc;
}

static void
count(gbn_unpack *unpack, const gbn_piece *piece, const gbn_block *block)
{
    gbn_unpack_result *result = unpack->result;

    result->files += piece->files;
    result->directories += piece->directories;
    result->entries += piece->entries;
    atomic_fetch_add(&unpack->counters->entries, piece->entries);
    if (unpack->options.manifest == NULL)
        return; /* the source counts bytes */
    result->raw += block->out_length;
    result->stored += block->raw_length;
    atomic_fetch_add(&unpack->counters->raw, block->out_length);
    atomic_fetch_add(&unpack->counters->stored, block->raw_length);
}

static void
keep_tail(gbn_unpack *unpack, const gbn_piece *piece)
{
    if (!unpack->options.archive && piece->content != NULL)
        gbn_bytes_tail_put(&unpack->result->tail, piece->content, piece->content_length);
}

/* We know where the members are; every other reader stops at the zeros. */
static gbn_status
look_for_end(gbn_unpack *unpack, const gbn_piece *piece, gbn_error *err)
{
    const bool members = piece->records.length > 0 || piece->first;
    gbn_status rc = GBN_OK;

    if (unpack->ended && members && !unpack->resumed) {
        unpack->resumed = true;
        rc =
            gbn_findings_add(&unpack->findings, GBN_FINDING_PRODUCT, NULL, gbn_piece_range(piece),
                             "an end of the archive stands before this: tar reads no further", err);
    }
    unpack->ended = unpack->ended || piece->ended;
    return rc;
}

gbn_status
gbn_unpack_settle(void *context, gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_piece *piece = gbn_piece_of(block);
    gbn_status rc = look_for_end(unpack, piece, err);

    if (rc == GBN_OK && piece->large != NULL)
        rc = gbn_large_settle(unpack->settler, piece, err);
    if (rc == GBN_OK && unpack->spool != NULL)
        rc = spool_deferred(unpack, piece, err);
    keep_tail(unpack, piece);
    count(unpack, piece, block);
    pthread_mutex_lock(&unpack->lock);
    unpack->passed = block->number + 1;
    pthread_cond_broadcast(&unpack->moved);
    pthread_mutex_unlock(&unpack->lock);
    return rc;
}

static gbn_status
hash_bytes(gbn_unpack *unpack, const void *data, size_t length, gbn_error *err)
{
    unpack->hashed += length;
    return gbn_sha256_update(unpack->sha, data, length, err);
}

/* A product with a manifest: header and trailer of its gzip frame are in no block. */
static gbn_status
hash_frame(gbn_unpack *unpack, uint64_t offset, size_t length, gbn_error *err)
{
    uint8_t frame[GBN_GZIP_HEADER_SIZE + GBN_GZIP_END_SIZE];
    size_t got;
    gbn_status rc;

    if (unpack->stored || gbn_infile_size(unpack->file) < sizeof frame)
        return GBN_OK;
    rc = gbn_infile_read(unpack->file, offset, frame, length, &got, err);
    return rc == GBN_OK ? hash_bytes(unpack, frame, got, err) : rc;
}

/* Whether there is a frame is known once there is a block. */
gbn_status
gbn_unpack_hash(void *context, gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_status rc = block->number == 0 ? hash_frame(unpack, 0, GBN_GZIP_HEADER_SIZE, err) : GBN_OK;

    return rc == GBN_OK ? hash_bytes(unpack, block->raw, block->raw_length, err) : rc;
}

/* Of a product that is not as long as its manifest says, not all was read. */
gbn_status
gbn_unpack_hash_end(gbn_unpack *unpack, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (unpack->passed == 0)
        rc = hash_frame(unpack, 0, GBN_GZIP_HEADER_SIZE, err);
    if (rc == GBN_OK)
        rc = hash_frame(unpack, gbn_infile_size(unpack->file) - GBN_GZIP_END_SIZE,
                        GBN_GZIP_END_SIZE, err);
    unpack->result->hashed = unpack->hashed == gbn_infile_size(unpack->file);
    return rc == GBN_OK ? gbn_sha256_final(unpack->sha, unpack->result->sha256, err) : rc;
}

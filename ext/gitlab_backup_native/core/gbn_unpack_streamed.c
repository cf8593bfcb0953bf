/*
 * Without a manifest: the source inflates, parses and copies content into blocks, which workers
 * write. A file that does not fit a block is cut into slices.
 */
#include <string.h>
#include <sys/stat.h>

#include "gbn_plain.h"
#include "gbn_unpack_large.h"
#include "gbn_unpack_settle.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

struct stream {
    gbn_unpack *unpack;
    gbn_plain *plain;
    gbn_tar_reader *tar;
    gbn_block *block; /* being filled; NULL when there is none */
    size_t members;   /* in it */
};

static gbn_status
give(struct stream *stream)
{
    gbn_block *block = stream->block;

    stream->block = NULL;
    stream->members = 0;
    return block == NULL ? GBN_OK : gbn_pipeline_give(stream->unpack->pipeline, block);
}

/* Headers are bounded as well: a long name of MiBs deflates to next to nothing. */
static bool
is_full(const struct stream *stream, uint64_t size)
{
    return stream->members == GBN_PIECE_MEMBERS ||
           gbn_piece_of(stream->block)->records.length >= GBN_UNPACK_BLOCK ||
           GBN_UNPACK_BLOCK - stream->block->raw_length < size;
}

static void
show_progress(const struct stream *stream)
{
    gbn_job_counters *counters = stream->unpack->counters;

    atomic_store(&counters->stored, gbn_plain_stored(stream->plain));
    atomic_store(&counters->raw, gbn_plain_raw(stream->plain));
}

/* A block with room for `size` bytes more and for one more member. */
static gbn_status
need_room(struct stream *stream, uint64_t size)
{
    gbn_status rc = GBN_OK;

    if (stream->block != NULL && is_full(stream, size))
        rc = give(stream);
    if (rc == GBN_OK && stream->block == NULL)
        rc = gbn_unpack_take(stream->unpack, &stream->block);
    return rc;
}

static gbn_status
take_content(struct stream *stream, uint64_t size, gbn_error *err)
{
    gbn_block *block = stream->block;
    uint8_t *content = block->raw + block->raw_length;
    const uint8_t *data;
    size_t length;
    uint64_t offset;
    uint64_t end = 0;
    gbn_status rc;

    while ((rc = gbn_tar_reader_data(stream->tar, &data, &length, &offset, err)) == GBN_OK) {
        if (offset < end || offset > size || length > size - offset)
            return gbn_fail(err, GBN_ERR_FORMAT, 0, "a member is longer than its header says");
        memset(content + end, 0, offset - end);
        memcpy(content + offset, data, length);
        end = offset + length;
    }
    memset(content + end, 0, size - end);
    block->raw_length += size;
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
take_member(struct stream *stream, const gbn_parcel *parcel, gbn_error *err)
{
    const bool file = S_ISREG(parcel->member.mode) && parcel->member.link == NULL;
    gbn_parcel placed = *parcel;
    gbn_status rc = need_room(stream, file ? parcel->member.size : 0);

    if (rc < 0)
        return rc;
    placed.offset = stream->block->raw_length;
    stream->members++;
    rc = gbn_parcel_put(&gbn_piece_of(stream->block)->records, &placed, err);
    return rc == GBN_OK && file ? take_content(stream, parcel->member.size, err) : rc;
}

/* ---- large files ---- */

static gbn_status
begin_slice(struct stream *stream, gbn_large *large, uint64_t offset)
{
    gbn_status rc = need_room(stream, GBN_UNPACK_BLOCK);

    if (rc == GBN_OK) {
        gbn_piece_of(stream->block)->large = large;
        gbn_piece_of(stream->block)->slice_offset = offset;
    }
    return rc;
}

/* What follows the block's content without a gap stays in it; a hole begins another. */
static gbn_status
add_slices(struct stream *stream, gbn_large *large, const uint8_t *data, size_t length,
           uint64_t offset)
{
    size_t room;
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && length > 0) {
        gbn_block *block = stream->block;

        room = GBN_UNPACK_BLOCK - block->raw_length;
        if (room == 0 || offset != gbn_piece_of(block)->slice_offset + block->raw_length) {
            rc = give(stream);
            if (rc == GBN_OK)
                rc = begin_slice(stream, large, offset);
            continue;
        }
        if (room > length)
            room = length;
        memcpy(block->raw + block->raw_length, data, room);
        block->raw_length += room;
        data += room;
        offset += room;
        length -= room;
    }
    return rc;
}

static gbn_status
take_large(struct stream *stream, const gbn_parcel *parcel, gbn_error *err)
{
    gbn_large *large = NULL;
    const uint8_t *data;
    size_t length;
    uint64_t offset;
    gbn_status rc = give(stream);

    if (rc == GBN_OK)
        rc = gbn_large_new(stream->unpack, &large, err);
    if (rc == GBN_OK)
        rc = begin_slice(stream, large, 0);
    if (rc == GBN_OK) {
        gbn_piece_of(stream->block)->first = true;
        rc = gbn_parcel_put(&gbn_piece_of(stream->block)->records, parcel, err);
    }
    while (rc == GBN_OK &&
           (rc = gbn_tar_reader_data(stream->tar, &data, &length, &offset, err)) == GBN_OK) {
        rc = add_slices(stream, large, data, length, offset);
        show_progress(stream);
    }
    if (rc != GBN_END || stream->block == NULL)
        return rc;
    gbn_piece_of(stream->block)->last = true;
    return give(stream);
}

/* ---- the source ---- */

static gbn_status
read_archive(struct stream *stream, gbn_error *err)
{
    gbn_parcel parcel = {.offset = 0};
    gbn_status rc;

    while ((rc = gbn_tar_reader_next(stream->tar, &parcel.member, err)) == GBN_OK) {
        parcel.mtime_ns = gbn_tar_reader_mtime_ns(stream->tar);
        if (S_ISREG(parcel.member.mode) && parcel.member.link == NULL &&
            parcel.member.size > GBN_UNPACK_BLOCK)
            rc = take_large(stream, &parcel, err);
        else
            rc = take_member(stream, &parcel, err);
        if (rc < 0)
            break;
        show_progress(stream);
    }
    return rc == GBN_END ? give(stream) : rc;
}

static gbn_status
read_bytes(struct stream *stream, gbn_error *err)
{
    gbn_unpack *unpack = stream->unpack;
    const uint8_t *data;
    size_t length;
    gbn_status rc;

    while ((rc = gbn_plain_next(stream->plain, &data, &length, err)) == GBN_OK) {
        gbn_bytes_tail_put(&unpack->result->tail, data, length);
        show_progress(stream);
    }
    return rc == GBN_END ? GBN_OK : rc;
}

/* Read what is left for its hash; what is behind an archive's end as well, as gzip's CRC comes last. */
static gbn_status
read_rest(struct stream *stream, bool damaged, gbn_error *err)
{
    const uint8_t *data;
    size_t length;
    gbn_status rc = damaged ? gbn_plain_skip(stream->plain, err) : GBN_OK;

    while (rc == GBN_OK)
        rc = gbn_plain_next(stream->plain, &data, &length, err);
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
add_damage(struct stream *stream, const gbn_error *damage, gbn_error *err)
{
    return gbn_findings_add(&stream->unpack->findings, GBN_FINDING_PRODUCT, NULL, (gbn_range){0, 0},
                            damage->message, err);
}

static gbn_status
read_all(struct stream *stream, gbn_error *err)
{
    gbn_unpack *unpack = stream->unpack;
    gbn_unpack_result *result = unpack->result;
    gbn_error damage;
    gbn_status rc =
        unpack->options.archive ? read_archive(stream, &damage) : read_bytes(stream, &damage);
    bool damaged = rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT;

    if (rc == GBN_OK)
        rc = read_rest(stream, false, &damage);
    if (!damaged && (rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT))
        damaged = true;
    if (damaged)
        rc = add_damage(stream, &damage, err);
    else if (rc < 0)
        *err = damage;
    if (rc == GBN_OK && damaged)
        rc = read_rest(stream, true, err);
    result->raw = gbn_plain_raw(stream->plain);
    result->stored = gbn_plain_stored(stream->plain);
    if (rc == GBN_OK && unpack->target == NULL)
        rc = gbn_plain_digest(stream->plain, result->sha256, err);
    return rc;
}

gbn_status
gbn_unpack_source_streamed(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_unpack *unpack = context;
    struct stream stream = {.unpack = unpack};
    gbn_status rc;

    (void)pipeline;
    rc = gbn_plain_open(&unpack->options.source, unpack->target == NULL, unpack->cancel,
                        &stream.plain, err);
    if (rc == GBN_OK)
        rc = gbn_tar_reader_new(gbn_plain_next, stream.plain, &stream.tar, err);
    if (rc == GBN_OK)
        rc = read_all(&stream, err);
    gbn_tar_reader_free(stream.tar);
    gbn_plain_close(stream.plain);
    return rc;
}

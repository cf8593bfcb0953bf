/*
 * The stage of an indexed product: one block from what lies in the product to members, each
 * compared with what the index says of it (gbn_unpack_compare.c).
 */
#include <string.h>
#include <sys/stat.h>

#include "gbn_unpack_large.h"
#include "gbn_unpack_place.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"

/* ---- the raw bytes ---- */

static const char *
inflate(gbn_unpack_worker *worker, gbn_block *block, const gbn_piece *piece)
{
    const gbn_unpack *unpack = worker->unpack;
    const gbn_manifest_block *place = &piece->place;

    if (block->raw_length != place->stored_size)
        return "it is cut off: the file ends before it is over";
    if (gbn_gzip_crc32(unpack->codec, 0, block->raw, block->raw_length) != place->stored_crc32)
        return "its bytes are not what was written (CRC differs)";
    if (unpack->stored) {
        if (place->raw_size != place->stored_size)
            return "the manifest contradicts itself about its size";
        memcpy(block->out, block->raw, block->raw_length);
    } else if (gbn_gunzip_segment(worker->gunzip, block->raw, block->raw_length, block->out,
                                  place->raw_size, NULL) < 0) {
        return "it cannot be inflated";
    }
    if (gbn_gzip_crc32(unpack->codec, 0, block->out, place->raw_size) != place->raw_crc32)
        return "its content is not what was written (CRC differs)";
    block->out_length = place->raw_size;
    return NULL;
}

/* Every member that the index puts into a block that is lost. */
static gbn_status
lose_members(gbn_unpack_worker *worker, gbn_piece *piece, const uint8_t *records, size_t length,
             const char *reason, gbn_error *err)
{
    gbn_manifest_record record;
    size_t used;
    gbn_status rc = GBN_OK;

    for (; rc == GBN_OK && length > 0; records += used, length -= used) {
        if (gbn_manifest_read(worker->manifest, records, length, &used, &record, err) < 0)
            return GBN_OK; /* gbn_index has read them: memory has run out */
        if (record.kind == GBN_RECORD_ENTRY &&
            gbn_unpack_selects(worker->unpack, record.entry.path))
            rc = gbn_findings_add(&worker->unpack->findings, GBN_FINDING_FILE, record.entry.path,
                                  gbn_piece_range(piece), reason, err);
    }
    return rc;
}

/* When the first damage ends the work, it had better name a file. */
static gbn_status
lose_block(gbn_unpack_worker *worker, gbn_piece *piece, const char *reason, gbn_error *err)
{
    gbn_findings *findings = &worker->unpack->findings;
    const gbn_range range = gbn_piece_range(piece);
    const char *path = NULL;
    gbn_status rc = GBN_OK;

    if (findings->strict && piece->large != NULL && !piece->first &&
        gbn_large_wait(worker->unpack, piece->large) == GBN_OK)
        path = (const char *)piece->large->path.data;
    if (findings->strict)
        rc = lose_members(worker, piece, piece->records.data, piece->records.length, reason, err);
    if (rc == GBN_OK)
        rc = gbn_findings_add(findings, GBN_FINDING_BLOCK, path, range, reason, err);
    if (piece->first)
        gbn_large_lose(piece->large);
    if (rc < 0 || piece->large != NULL) /* the sink tells of a large file */
        return rc;
    return lose_members(worker, piece, piece->records.data, piece->records.length,
                        "it lies in a damaged block", err);
}

/* ---- members ---- */

/* A block is a piece of an archive without an end: two zero blocks follow. */
gbn_status
gbn_unpack_pull(void *opaque, const uint8_t **data, size_t *length, gbn_error *err)
{
    static const uint8_t end[2 * GBN_TAR_BLOCK];
    gbn_unpack_worker *worker = opaque;

    (void)err;
    if (worker->pulls == 2)
        return GBN_END;
    *data = worker->pulls == 0 ? worker->piece : end;
    *length = worker->pulls == 0 ? worker->piece_length : sizeof end;
    worker->pulls++;
    return GBN_OK;
}

static void
begin_piece(gbn_unpack_worker *worker, const gbn_block *block)
{
    worker->piece = block->out;
    worker->piece_length = block->out_length;
    worker->pulls = 0;
    gbn_tar_reader_reset(worker->tar, worker);
}

/* Read the next member's header and give it the exact time the entry knows. */
static gbn_status
next_member(gbn_unpack_worker *worker, gbn_parcel *parcel, gbn_error *err)
{
    gbn_status rc = gbn_tar_reader_next(worker->tar, &parcel->member, err);

    if (rc != GBN_OK)
        return rc;
    parcel->mtime_ns = gbn_tar_reader_mtime_ns(worker->tar);
    parcel->offset = gbn_tar_reader_position(worker->tar);
    return gbn_unpack_name(worker, parcel->member.path, err);
}

/* Headers may go on in the zeros behind the block, so that not even the content's begin is in it. */
static bool
lies_within(const gbn_parcel *parcel, const gbn_block *block)
{
    return parcel->offset <= block->out_length &&
           parcel->member.size <= block->out_length - parcel->offset;
}

/* Where the next member has to begin. */
static size_t
end_of(const gbn_parcel *parcel)
{
    const bool file = S_ISREG(parcel->member.mode) && parcel->member.link == NULL;
    const uint64_t size = file ? parcel->member.size : 0;

    return (size_t)(parcel->offset + size + gbn_tar_padding(size));
}

static gbn_status
place_member(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_block *block,
             gbn_parcel *parcel, const gbn_manifest_entry *entry, gbn_error *err)
{
    const bool file = S_ISREG(parcel->member.mode) && parcel->member.link == NULL;
    const char *problem =
        gbn_unpack_difference((const char *)worker->path.data, &parcel->member, entry);

    if (problem == NULL && (entry->block != piece->place.number ||
                            entry->block_offset != gbn_tar_reader_offset(worker->tar)))
        problem = "it lies elsewhere than the manifest says";
    if (problem == NULL && file && !lies_within(parcel, block))
        problem = "it ends behind its block";
    if (problem != NULL)
        return gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, entry->path,
                                gbn_piece_range(piece), problem, err);
    parcel->mtime_ns = entry->mtime_ns;
    return gbn_unpack_place(worker, piece, parcel, block->out + parcel->offset, entry, err);
}

static gbn_status
place_members(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_block *block, gbn_error *err)
{
    const uint8_t *records = piece->records.data;
    size_t length = piece->records.length;
    gbn_manifest_record record;
    gbn_error damage;
    gbn_parcel parcel;
    size_t end = 0;
    size_t used;
    gbn_status rc = GBN_OK;

    begin_piece(worker, block);
    while (rc == GBN_OK && (rc = next_member(worker, &parcel, &damage)) == GBN_OK) {
        if (length == 0)
            return gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER,
                                    (const char *)worker->path.data, gbn_piece_range(piece),
                                    "the manifest does not know it", err);
        rc = gbn_manifest_read(worker->manifest, records, length, &used, &record, err);
        if (rc != GBN_OK)
            return rc;
        records += used;
        length -= used;
        end = end_of(&parcel);
        rc = place_member(worker, piece, block, &parcel, &record.entry, err);
        if (rc < 0)
            return rc;
    }
    piece->ended = rc == GBN_END && end < block->out_length;
    if (rc == GBN_ERR_NOMEM) {
        *err = damage;
        return rc;
    }
    if (rc < 0) {
        rc = gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, NULL,
                              gbn_piece_range(piece), damage.message, err);
        if (rc < 0)
            return rc;
    }
    return lose_members(worker, piece, records, length, "the archive does not have it", err);
}

/* ---- slices ---- */

static gbn_status
open_large(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_block *block, gbn_error *err)
{
    gbn_parcel parcel;
    gbn_error damage;
    gbn_status rc;

    begin_piece(worker, block);
    rc = next_member(worker, &parcel, &damage);
    if (rc == GBN_OK && S_ISREG(parcel.member.mode) && parcel.member.link == NULL &&
        parcel.offset <= block->out_length) {
        piece->large->raw_begin = piece->place.raw_offset + parcel.offset;
        return gbn_large_open(worker, piece, &parcel, err);
    }
    gbn_large_lose(piece->large);
    if (rc == GBN_ERR_NOMEM) {
        *err = damage;
        return rc;
    }
    return gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, NULL,
                            gbn_piece_range(piece),
                            rc < 0 ? damage.message : "it should begin with a large file", err);
}

static gbn_status
place_slice(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_large *large = piece->large;
    uint64_t begin;
    uint64_t offset;
    gbn_status rc;

    if (piece->first) {
        rc = open_large(worker, piece, block, err);
        if (rc < 0)
            return rc;
    }
    rc = gbn_large_wait(unpack, large);
    if (rc != GBN_OK)
        return rc == GBN_SKIPPED ? GBN_OK : rc;
    begin = piece->first ? large->raw_begin - piece->place.raw_offset : 0;
    offset = piece->place.raw_offset + begin - large->raw_begin;
    piece->content = block->out + begin;
    piece->content_length = block->out_length - begin;
    if (offset > large->size)
        piece->content_length = 0;
    else if (piece->content_length > large->size - offset)
        piece->content_length = large->size - offset;
    return gbn_unpack_write(unpack, large->fd, (const char *)large->path.data, piece->content,
                            piece->content_length, offset, err);
}

gbn_status
gbn_unpack_stage_indexed(void *context, void *opaque, gbn_block *block, gbn_error *err)
{
    gbn_unpack *unpack = context;
    gbn_unpack_worker *worker = opaque;
    gbn_piece *piece = gbn_piece_of(block);
    const char *reason;

    atomic_store(&piece->number, block->number);
    reason = inflate(worker, block, piece);
    if (reason != NULL)
        return lose_block(worker, piece, reason, err);
    if (!unpack->options.archive) {
        piece->content = block->out;
        piece->content_length = block->out_length;
        return GBN_OK;
    }
    return piece->large != NULL ? place_slice(worker, piece, block, err)
                                : place_members(worker, piece, block, err);
}

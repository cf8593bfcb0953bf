/*
 * With a manifest: the source reads what lies in the product as the index says, workers
 * inflate and parse. A block after which the index has no entries, but a further block, is part of a
 * large file: the entry comes after the last one.
 */
#include <string.h>

#include "gbn_index.h"
#include "gbn_unpack_large.h"
#include "gbn_unpack_source.h"
#include "gbn_unpack_state.h"
#include "gbn_unpack_wanted.h"

/* Entries of one block: several times what the headers in a block can say. */
enum { RECORDS_MAX = 4 * GBN_UNPACK_BLOCK };

struct source {
    gbn_unpack *unpack;
    gbn_index *index;
    const gbn_manifest_record *record; /* read and not yet used */
    gbn_block *block;                  /* the record's before it, being filled */
    gbn_large *large;                  /* that it is a slice of */
    gbn_unpack_wanted wanted;
    bool told; /* the failure is a finding already */
};

/* ---- reading ---- */

static gbn_status
read_exactly(gbn_unpack *unpack, uint8_t *data, size_t length, uint64_t offset, gbn_error *err)
{
    size_t got;
    gbn_status rc = gbn_infile_read(unpack->file, offset, data, length, &got, err);

    return rc == GBN_OK && got < length ? GBN_END : rc;
}

/* What is not there any more is left empty: the stage calls it damage. */
static gbn_status
read_block(struct source *source, const gbn_manifest_block *place, gbn_error *err)
{
    gbn_unpack *unpack = source->unpack;
    gbn_block *block;
    gbn_status rc;

    rc = gbn_unpack_take(unpack, &source->block);
    if (rc < 0)
        return rc;
    block = source->block;
    gbn_piece_of(block)->place = *place;
    rc = read_exactly(unpack, block->raw, place->stored_size, place->stored_offset, err);
    block->raw_length = rc == GBN_OK ? place->stored_size : 0;
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
next_record(struct source *source, gbn_error *err)
{
    gbn_status rc = gbn_index_next(source->index, &source->record, err);

    if (rc != GBN_OK)
        source->record = NULL;
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
keep_entry(const struct source *source, gbn_bytes *records, gbn_error *err)
{
    size_t length;
    const uint8_t *data = gbn_index_bytes(source->index, &length);

    if (records->length + length > RECORDS_MAX)
        return gbn_fail(err, GBN_ERR_LIMIT, 0,
                        "read the manifest %s: it puts more into a block than fits",
                        source->unpack->options.manifest);
    return gbn_bytes_append(records, data, length, err);
}

/* The entries behind the block's own record. */
static gbn_status
collect_entries(struct source *source, gbn_bytes *records, gbn_error *err)
{
    gbn_status rc = next_record(source, err);

    while (rc == GBN_OK && source->record != NULL && source->record->kind != GBN_RECORD_BLOCK &&
           source->record->kind != GBN_RECORD_TRAILER) {
        if (source->record->kind == GBN_RECORD_ENTRY && records != NULL)
            rc = keep_entry(source, records, err);
        if (rc == GBN_OK)
            rc = next_record(source, err);
    }
    return rc;
}

static gbn_status
mark_slice(struct source *source, gbn_piece *piece, gbn_error *err)
{
    const bool ends = piece->records.length > 0;
    const bool followed = source->record != NULL && source->record->kind == GBN_RECORD_BLOCK;
    gbn_status rc = GBN_OK;

    if (source->large == NULL && !ends && followed) {
        rc = gbn_large_new(source->unpack, &source->large, err);
        piece->first = rc == GBN_OK;
    }
    piece->large = source->large;
    piece->last = source->large != NULL && (ends || !followed);
    if (piece->last)
        source->large = NULL;
    return rc;
}

static gbn_status
pass_block(struct source *source, gbn_error *err)
{
    gbn_unpack *unpack = source->unpack;
    const gbn_manifest_block place = source->record->block;
    gbn_piece *piece;
    gbn_status rc;

    if (gbn_cancel_raised(unpack->cancel) || gbn_pipeline_aborted(unpack->pipeline))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    if (!gbn_unpack_wants(&source->wanted, place.number))
        return collect_entries(source, NULL, err);
    rc = read_block(source, &place, err);
    if (rc < 0)
        return rc;
    piece = gbn_piece_of(source->block);
    rc = collect_entries(source, &piece->records, err);
    if (rc == GBN_OK && unpack->options.archive)
        rc = mark_slice(source, piece, err);
    return rc == GBN_OK ? gbn_pipeline_give(unpack->pipeline, source->block) : rc;
}

/* ---- the frame of the product ---- */

static gbn_status
check_frame(struct source *source, const gbn_manifest_trailer *trailer, gbn_error *err)
{
    gbn_unpack *unpack = source->unpack;
    const uint64_t size = gbn_infile_size(unpack->file);
    uint8_t expected[GBN_GZIP_END_SIZE];
    uint8_t found[GBN_GZIP_END_SIZE];
    const char *problem = NULL;
    gbn_status rc = GBN_OK;

    if (size != trailer->stored_size)
        problem = "its size is not what the manifest says";
    else if (!unpack->stored) {
        gbn_gzip_header(expected);
        if (read_exactly(unpack, found, GBN_GZIP_HEADER_SIZE, 0, err) != GBN_OK ||
            memcmp(expected, found, GBN_GZIP_HEADER_SIZE) != 0)
            problem = "its gzip header is not what was written";
        gbn_gzip_end(expected, trailer->raw_crc32, trailer->raw_size);
        if (problem == NULL && (read_exactly(unpack, found, GBN_GZIP_END_SIZE,
                                             size - GBN_GZIP_END_SIZE, err) != GBN_OK ||
                                memcmp(expected, found, GBN_GZIP_END_SIZE) != 0))
            problem = "its gzip trailer is not what was written";
    }
    if (problem != NULL)
        rc = gbn_findings_add(&unpack->findings, GBN_FINDING_PRODUCT, NULL, (gbn_range){0, 0},
                              problem, err);
    source->told = rc < 0;
    return rc;
}

static gbn_status
read_index(struct source *source, gbn_error *err)
{
    gbn_status rc = next_record(source, err);

    while (rc == GBN_OK && source->record != NULL) {
        if (source->record->kind == GBN_RECORD_BLOCK) {
            rc = pass_block(source, err);
            continue;
        }
        if (source->record->kind == GBN_RECORD_HEADER)
            source->unpack->stored = strcmp(source->record->header.codec, "none") == 0;
        else if (source->record->kind == GBN_RECORD_TRAILER &&
                 source->unpack->options.paths == NULL)
            rc = check_frame(source, &source->record->trailer, err);
        if (rc == GBN_OK)
            rc = next_record(source, err);
    }
    return rc;
}

static gbn_status
add_damage(gbn_unpack *unpack, const gbn_error *damage, gbn_error *err)
{
    return gbn_findings_add(&unpack->findings, GBN_FINDING_MANIFEST, NULL, (gbn_range){0, 0},
                            damage->message, err);
}

gbn_status
gbn_unpack_source_indexed(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    struct source source = {.unpack = context};
    gbn_error damage;
    gbn_status rc;

    (void)pipeline;
    rc = gbn_unpack_find_wanted(source.unpack, &source.wanted, &damage);
    if (rc == GBN_OK)
        rc = gbn_index_open(source.unpack->options.manifest, &source.index, &damage);
    if (rc == GBN_OK)
        rc = read_index(&source, &damage);
    gbn_index_close(source.index);
    gbn_unpack_free_wanted(&source.wanted);
    if (!source.told && (rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT))
        return add_damage(source.unpack, &damage, err);
    if (rc < 0)
        *err = damage;
    return rc;
}

gbn_status
gbn_unpack_open_indexed(gbn_unpack *unpack, gbn_error *err)
{
    return gbn_infile_open(&unpack->options.source, &unpack->file, err);
}

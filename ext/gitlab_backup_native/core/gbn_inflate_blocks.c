/*
 * With a manifest each block is inflated by itself. The source reads the stored bytes in the
 * file's order, which is what disks like; workers check, inflate, and check again. The few
 * bytes around the blocks are those that gbn_gzip writes, as the manifest's trailer
 * has it: so every byte of the file is accounted for.
 */
#include <inttypes.h>
#include <string.h>

#include "gbn_gunzip.h"
#include "gbn_inflate_state.h"

static gbn_status
disagree(const gbn_inflate *inflate, uint64_t offset, uint64_t length, const char *what,
         gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: bytes %" PRIu64 " to %" PRIu64 ": %s",
                    gbn_infile_name(inflate->source), offset,
                    offset + (length > 0 ? length - 1 : 0), what);
}

static gbn_status
expect_bytes(const gbn_inflate *inflate, uint64_t offset, const uint8_t *bytes, size_t length,
             gbn_error *err)
{
    uint8_t found[GBN_GZIP_HEADER_SIZE + GBN_GZIP_END_SIZE];
    gbn_status rc = gbn_inflate_read(inflate, offset, found, length, err);

    if (rc == GBN_OK && memcmp(found, bytes, length) != 0)
        rc = disagree(inflate, offset, length, "not what the manifest implies", err);
    if (rc == GBN_OK)
        atomic_fetch_add_explicit(&inflate->counters->stored, length, memory_order_relaxed);
    return rc;
}

static gbn_status
expect_header(const gbn_inflate *inflate, const gbn_manifest_header *header, gbn_error *err)
{
    uint8_t bytes[GBN_GZIP_HEADER_SIZE];

    if (strcmp(header->codec, "none") == 0)
        return disagree(inflate, 0, GBN_GZIP_HEADER_SIZE, "not compressed, says the manifest", err);
    gbn_gzip_header(bytes);
    return expect_bytes(inflate, 0, bytes, sizeof bytes, err);
}

static gbn_status
expect_end(const gbn_inflate *inflate, const gbn_manifest_trailer *trailer, gbn_error *err)
{
    uint8_t bytes[GBN_GZIP_END_SIZE];

    if (trailer->stored_size != gbn_infile_size(inflate->source))
        return gbn_fail(err, GBN_ERR_FORMAT, 0,
                        "read %s: it has %" PRIu64 " bytes, the manifest is of a file of %" PRIu64,
                        gbn_infile_name(inflate->source), gbn_infile_size(inflate->source),
                        trailer->stored_size);
    gbn_gzip_end(bytes, trailer->raw_crc32, trailer->raw_size);
    return expect_bytes(inflate, gbn_infile_size(inflate->source) - GBN_GZIP_END_SIZE, bytes,
                        sizeof bytes, err);
}

static gbn_status
read_block(const gbn_inflate *inflate, gbn_pipeline *pipeline, const gbn_manifest_block *record,
           gbn_error *err)
{
    gbn_block *block;
    gbn_status rc = gbn_pipeline_take(pipeline, &block);

    if (rc == GBN_OK)
        rc = gbn_inflate_read(inflate, record->stored_offset, block->raw, record->stored_size, err);
    if (rc < 0)
        return rc;
    block->raw_length = record->stored_size;
    memcpy(block->attachment, record, sizeof *record);
    return gbn_pipeline_give(pipeline, block);
}

static bool
is_wanted(const gbn_inflate *inflate, const gbn_manifest_block *block)
{
    return block->raw_offset + block->raw_size > inflate->from;
}

static gbn_status
run_source(void *context, gbn_pipeline *pipeline, gbn_error *err)
{
    gbn_inflate *inflate = context;
    const gbn_manifest_record *record;
    gbn_status rc;

    while ((rc = gbn_index_next(inflate->index, &record, err)) == GBN_OK) {
        if (gbn_cancel_raised(inflate->cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        if (record->kind == GBN_RECORD_HEADER)
            rc = expect_header(inflate, &record->header, err);
        else if (record->kind == GBN_RECORD_BLOCK && record->block.raw_offset >= inflate->to)
            return GBN_OK;
        else if (record->kind == GBN_RECORD_BLOCK && is_wanted(inflate, &record->block))
            rc = read_block(inflate, pipeline, &record->block, err);
        else if (record->kind == GBN_RECORD_TRAILER)
            rc = expect_end(inflate, &record->trailer, err);
        if (rc < 0)
            return rc;
    }
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
open_worker(void *context, void **worker, gbn_error *err)
{
    gbn_gunzip *gunzip;
    const gbn_status rc = gbn_gunzip_new(gbn_gzip_codec_find(NULL), &gunzip, err);

    (void)context;
    *worker = gunzip;
    return rc;
}

static void
close_worker(void *worker)
{
    gbn_gunzip_free(worker);
}

static gbn_status
inflate_block(void *context, void *worker, gbn_block *block, gbn_error *err)
{
    const gbn_inflate *inflate = context;
    const gbn_manifest_block *record = block->attachment;
    const gbn_gzip_codec *codec = gbn_gzip_codec_find(NULL);
    gbn_status rc;

    if (gbn_gzip_crc32(codec, 0, block->raw, block->raw_length) != record->stored_crc32)
        return disagree(inflate, record->stored_offset, record->stored_size,
                        "the checksum differs from the manifest's", err);
    rc = gbn_gunzip_segment(worker, block->raw, block->raw_length, block->out, record->raw_size,
                            err);
    if (rc == GBN_ERR_FORMAT)
        return disagree(inflate, record->stored_offset, record->stored_size,
                        "not the compressed block the manifest says", err);
    if (rc < 0)
        return rc;
    block->out_length = record->raw_size;
    if (gbn_gzip_crc32(codec, 0, block->out, block->out_length) != record->raw_crc32)
        return disagree(inflate, record->stored_offset, record->stored_size,
                        "the content's checksum differs from the manifest's", err);
    return GBN_OK;
}

static gbn_status
write_block(void *context, gbn_block *block, gbn_error *err)
{
    gbn_inflate *inflate = context;
    const gbn_manifest_block *record = block->attachment;

    atomic_fetch_add_explicit(&inflate->counters->stored, block->raw_length, memory_order_relaxed);
    return gbn_inflate_write(inflate, record->raw_offset, block->out, block->out_length, err);
}

gbn_status
gbn_inflate_blocks_new(gbn_inflate *inflate, const char *manifest, unsigned workers, gbn_error *err)
{
    const gbn_pipeline_options options = {
        .workers = workers,
        .raw_size = gbn_gzip_bound(GBN_MANIFEST_RAW_MAX),
        .out_size = GBN_MANIFEST_RAW_MAX,
        .attachment_size = sizeof(gbn_manifest_block),
        .context = inflate,
        .source = run_source,
        .worker_open = open_worker,
        .worker_close = close_worker,
        .stage = inflate_block,
        .sinks = {write_block},
    };
    gbn_status rc = gbn_index_open(manifest, &inflate->index, err);

    return rc == GBN_OK ? gbn_pipeline_new(&options, &inflate->pipeline, err) : rc;
}

/*
 * An entry may name only blocks whose records stand before it. So records of members that begin in
 * the block at hand wait in `waiting` until that block is complete.
 */
#include "gbn_scan_manifest.h"

#include "gbn_gzip.h"

static gbn_status
write_bytes(gbn_scan_manifest *manifest, gbn_bytes *bytes, gbn_error *err)
{
    gbn_status rc = gbn_outfile_write(manifest->file, bytes->data, bytes->length, err);

    gbn_bytes_clear(bytes);
    return rc;
}

static gbn_status
end_block(gbn_scan_manifest *manifest, gbn_error *err)
{
    gbn_manifest_block *block = &manifest->block;
    gbn_status rc = GBN_OK;

    if (block->raw_size > 0) {
        block->stored_offset = block->raw_offset;
        block->stored_size = block->raw_size;
        block->stored_crc32 = block->raw_crc32;
        rc = gbn_manifest_put_block(&manifest->scratch, block, err);
        if (rc == GBN_OK)
            rc = write_bytes(manifest, &manifest->scratch, err);
        manifest->sums.blocks++;
        manifest->sums.raw_crc32 =
            gbn_gzip_crc32_combine(manifest->sums.raw_crc32, block->raw_crc32, block->raw_size);
        *block = (gbn_manifest_block){.number = block->number + 1,
                                      .raw_offset = block->raw_offset + block->raw_size};
    }
    return rc;
}

gbn_status
gbn_scan_manifest_open(gbn_scan_manifest *manifest, const char *path, gbn_error *err)
{
    *manifest = (gbn_scan_manifest){.file = NULL};
    return gbn_outfile_open(path, &manifest->file, err);
}

gbn_status
gbn_scan_manifest_begin(gbn_scan_manifest *manifest, const gbn_manifest_header *header,
                        gbn_error *err)
{
    gbn_status rc = gbn_manifest_put_header(&manifest->scratch, header, err);

    return rc == GBN_OK ? write_bytes(manifest, &manifest->scratch, err) : rc;
}

gbn_status
gbn_scan_manifest_count(gbn_scan_manifest *manifest, const uint8_t *data, size_t length,
                        gbn_error *err)
{
    gbn_manifest_block *block = &manifest->block;
    size_t piece;
    gbn_status rc = GBN_OK;

    for (size_t at = 0; rc == GBN_OK && at < length; at += piece) {
        piece = GBN_SCAN_BLOCK - block->raw_size;
        if (piece > length - at)
            piece = length - at;
        block->raw_crc32 =
            gbn_gzip_crc32(gbn_gzip_codec_find(NULL), block->raw_crc32, data + at, piece);
        block->raw_size += piece;
        if (block->raw_size == GBN_SCAN_BLOCK)
            rc = end_block(manifest, err);
    }
    return rc;
}

gbn_status
gbn_scan_manifest_entry(gbn_scan_manifest *manifest, const gbn_manifest_entry *entry,
                        gbn_error *err)
{
    gbn_status rc = GBN_OK;

    /* Those of blocks that are complete by now go first: all of them, or none. */
    if (manifest->waiting.length > 0 && entry->block < manifest->block.number)
        rc = write_bytes(manifest, &manifest->waiting, err);
    manifest->sums.entries++;
    return rc == GBN_OK ? gbn_manifest_put_entry(&manifest->waiting, entry, err) : rc;
}

gbn_status
gbn_scan_manifest_publish(gbn_scan_manifest *manifest, gbn_error *err)
{
    gbn_status rc = end_block(manifest, err);

    manifest->sums.raw_size = manifest->block.raw_offset;
    manifest->sums.stored_size = manifest->sums.raw_size;
    if (rc == GBN_OK)
        rc = gbn_manifest_put_trailer(&manifest->waiting, &manifest->sums, err);
    if (rc == GBN_OK)
        rc = write_bytes(manifest, &manifest->waiting, err);
    if (rc == GBN_OK) {
        rc = gbn_outfile_publish(manifest->file, err);
        manifest->file = NULL;
    }
    return rc;
}

void
gbn_scan_manifest_discard(gbn_scan_manifest *manifest)
{
    gbn_outfile_discard(manifest->file);
    gbn_bytes_free(&manifest->waiting);
    gbn_bytes_free(&manifest->scratch);
}

#include "gbn_archive_state.h"

/* Blocks of the earlier archive, checked as they are copied, with the records of their members. */

/* Into `data`. Returns whether it is the block. */
static bool
read_block(struct archive *archive, const gbn_manifest_block *block, uint8_t *data)
{
    const gbn_gzip_codec *codec =
        archive->codec != NULL ? archive->codec : gbn_gzip_codec_find(NULL);
    gbn_error reason;
    size_t got;
    gbn_status rc = gbn_infile_read(archive->earlier.file, block->stored_offset, data,
                                    (size_t)block->stored_size, &got, &reason);

    return rc == GBN_OK && got == block->stored_size &&
           gbn_gzip_crc32(codec, 0, data, got) == block->stored_crc32;
}

/* One by one: their block's number has changed, or notes of that time stand among them. */
static gbn_status
put_entries(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    gbn_records *records = archive->earlier.records;
    const uint64_t number = gbn_product_blocks(archive->product);
    const gbn_manifest_entry *former;
    gbn_manifest_entry entry;
    gbn_bytes *out;
    gbn_status rc = GBN_OK;

    gbn_records_seek(records, row->records_at);
    for (uint32_t left = row->entries; rc == GBN_OK && left > 0; left--) {
        rc = gbn_records_next_entry(records, &former, err);
        if (rc < 0)
            break;
        entry = *former;
        entry.block = number - (row->block.number - entry.block);
        rc = gbn_product_records(archive->product, &out, err);
        if (rc == GBN_OK)
            rc = gbn_manifest_put_entry(out, &entry, err);
    }
    return rc;
}

static gbn_status
put_records(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    gbn_bytes *out;
    gbn_status rc;

    if (row->notes || row->block.number != gbn_product_blocks(archive->product))
        return put_entries(archive, row, err);
    rc = gbn_product_records(archive->product, &out, err);
    return rc == GBN_OK ? gbn_records_bytes(archive->earlier.records, row->records_at,
                                            row->records_length, out, err)
                        : rc;
}

static void
count(struct archive *archive, const gbn_survey_row *row)
{
    gbn_product_result *result = archive->result;

    result->entries += row->entries;
    result->files += row->files;
    result->directories += row->directories;
    atomic_fetch_add_explicit(&archive->counters->entries, row->entries, memory_order_relaxed);
}

static gbn_status
store(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    gbn_product_result *result = archive->result;
    gbn_status rc = put_records(archive, row, err);

    if (rc == GBN_OK)
        rc = gbn_product_copy(archive->product, &row->block, err);
    if (rc == GBN_OK)
        rc = gbn_archive_keep_former_twin(archive, row, err);
    if (rc < 0)
        return rc;
    result->reused_blocks++;
    result->reused_raw += row->block.raw_size;
    result->reused_stored += row->block.stored_size;
    count(archive, row);
    return GBN_OK;
}

gbn_status
gbn_archive_copy(struct archive *archive, const gbn_survey_row *row, gbn_error *err)
{
    struct earlier *earlier = &archive->earlier;
    uint8_t *room;
    gbn_status rc = gbn_product_copy_room(archive->product, &room, err);

    if (rc < 0)
        return rc;
    if (!earlier->within)
        earlier->member_at = row->block.raw_offset;
    rc = read_block(archive, &row->block, room) ? store(archive, row, err)
                                                : gbn_archive_mend(archive, row, err);
    earlier->within = row->continues;
    return rc;
}

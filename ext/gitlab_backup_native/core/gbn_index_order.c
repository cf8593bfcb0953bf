#include "gbn_index_order.h"

#include <string.h>

#include "gbn_gzip.h"

static const char *
check_header(gbn_index_order *order, const gbn_manifest_header *header)
{
    if (order->started)
        return "a second header";
    order->started = true;
    order->plain = strcmp(header->codec, "none") == 0;
    order->sums.stored_size = order->plain ? 0 : GBN_GZIP_HEADER_SIZE;
    return NULL;
}

static const char *
check_block(gbn_index_order *order, const gbn_manifest_block *block)
{
    gbn_manifest_trailer *sums = &order->sums;

    if (block->number != sums->blocks)
        return "a block out of turn";
    if (block->raw_offset != sums->raw_size || block->stored_offset != sums->stored_size)
        return "a block that does not begin where the one before ends";
    if (order->plain &&
        (block->stored_size != block->raw_size || block->stored_crc32 != block->raw_crc32))
        return "a block that is stored as it is and differs from itself";
    sums->blocks++;
    sums->raw_size += block->raw_size;
    sums->stored_size += block->stored_size;
    if (sums->raw_size > INT64_MAX || sums->stored_size > INT64_MAX)
        return "a block past the largest offset";
    sums->raw_crc32 = gbn_gzip_crc32_combine(sums->raw_crc32, block->raw_crc32, block->raw_size);
    order->last_raw_size = block->raw_size;
    return NULL;
}

static const char *
check_entry(gbn_index_order *order, const gbn_manifest_entry *entry)
{
    if (entry->block >= order->sums.blocks ||
        (entry->block + 1 == order->sums.blocks && entry->block_offset >= order->last_raw_size))
        return "an entry in a block that was not named before it";
    order->sums.entries++;
    return NULL;
}

static const char *
check_trailer(gbn_index_order *order, const gbn_manifest_trailer *said)
{
    gbn_manifest_trailer *sums = &order->sums;

    order->done = true;
    if (!order->plain)
        sums->stored_size += GBN_GZIP_END_SIZE;
    if (said->blocks != sums->blocks || said->entries != sums->entries ||
        said->notes != sums->notes)
        return "a trailer that counts other records than there are";
    if (said->raw_size != sums->raw_size || said->stored_size != sums->stored_size)
        return "a trailer whose sizes are not those of the blocks";
    if (said->raw_crc32 != sums->raw_crc32)
        return "a trailer whose CRC is not that of the blocks";
    return NULL;
}

const char *
gbn_index_order_check(gbn_index_order *order, const gbn_manifest_record *record)
{
    if (!order->started && record->kind != GBN_RECORD_HEADER)
        return "a record before the header";
    switch (record->kind) {
    case GBN_RECORD_HEADER:
        return check_header(order, &record->header);
    case GBN_RECORD_BLOCK:
        return check_block(order, &record->block);
    case GBN_RECORD_ENTRY:
        return check_entry(order, &record->entry);
    case GBN_RECORD_NOTE:
        order->sums.notes++;
        return NULL;
    case GBN_RECORD_TRAILER:
        return check_trailer(order, &record->trailer);
    }
    return NULL;
}

/*
 * An index (gitformat-pack, version 2): header, ids, a table of CRC-32, one of offsets, one of
 * those offsets that have not enough of 31 bits, two hashes. It comes from outside: none of its
 * numbers is used before it was compared with what is there.
 */
#include <stdlib.h>
#include <string.h>

#include "gbn_bytes.h"
#include "gbn_pack_state.h"

enum {
    FANOUT = 8, /* behind magic and version: how many ids begin with up to each byte; last: all */
    HEADER = FANOUT + 256 * 4,
    ROW = 8,      /* of the tables: 4 bytes of CRC-32 and 4 of offset; or 8 of offset */
    MOST_ROW = 16 /* an object may have both */
};

/* From here on an offset is a row's number in the last table. */
static const uint32_t large_offset = UINT32_C(1) << 31;

static gbn_status
read_count(struct gbn_pack *pack, gbn_infile *index, gbn_error *err)
{
    static const uint8_t magic[FANOUT] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    uint8_t header[HEADER];
    gbn_status rc = gbn_pack_take(pack, index, 0, header, sizeof header, err);

    if (rc != GBN_OK)
        return rc;
    pack->count = gbn_pack_be32(header + HEADER - 4);
    if (memcmp(header, magic, sizeof magic) != 0 || pack->count > pack->most)
        return GBN_SKIPPED;
    return GBN_OK;
}

/* Of the `large` rows of 8 bytes each must be used: else something is missing, or not of here. */
static bool
resolve(struct gbn_pack *pack, const uint8_t *tables, uint64_t large)
{
    const uint8_t *offsets = tables + pack->count * 4;
    const uint8_t *rows = offsets + pack->count * 4;
    uint64_t used = 0;

    for (size_t i = 0; i < pack->count; i++) {
        uint64_t offset = gbn_pack_be32(offsets + i * 4);

        if (offset >= large_offset) {
            const uint64_t row = offset - large_offset;

            if (row >= large)
                return false;
            offset = (uint64_t)gbn_pack_be32(rows + row * ROW) << 32;
            offset |= gbn_pack_be32(rows + row * ROW + 4);
            used++;
        }
        pack->entries[i].offset = offset;
        pack->entries[i].crc = gbn_pack_be32(tables + i * 4);
    }
    return used == large;
}

static gbn_status
read_tables(struct gbn_pack *pack, gbn_infile *index, uint64_t begin, size_t length, gbn_error *err)
{
    const size_t least = pack->count * ROW;
    uint8_t *tables = malloc(length + 1); /* it may be 0 */
    gbn_status rc;

    pack->entries = calloc(pack->count + 1, sizeof pack->entries[0]);
    if (tables == NULL || pack->entries == NULL) {
        free(tables);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", pack->index_path);
    }
    rc = gbn_pack_take(pack, index, begin, tables, length, err);
    if (rc == GBN_OK && !resolve(pack, tables, (length - least) / ROW))
        rc = GBN_SKIPPED;
    free(tables);
    return rc;
}

/* The tables lie between the ids and the hashes; how long they are says how many rows the last has. */
static gbn_status
find_tables(struct gbn_pack *pack, gbn_infile *index, gbn_error *err)
{
    const uint64_t size = gbn_infile_size(index);
    const uint64_t begin = HEADER + (uint64_t)pack->count * pack->id_size;
    const uint64_t hashes = 2 * (uint64_t)pack->id_size; /* the pack's, and its own */
    size_t most;
    uint64_t length;

    if (size < begin + hashes || !gbn_bytes_multiply(pack->count, MOST_ROW, &most))
        return GBN_SKIPPED;
    length = size - begin - hashes;
    if (length < (uint64_t)pack->count * ROW || length > most || length % ROW != 0)
        return GBN_SKIPPED;
    return read_tables(pack, index, begin, (size_t)length, err);
}

gbn_status
gbn_pack_read_index(struct gbn_pack *pack, gbn_error *err)
{
    gbn_infile *index;
    gbn_status rc = gbn_pack_open(pack->index_path, &index, err);

    if (rc == GBN_OK)
        rc = read_count(pack, index, err);
    if (rc == GBN_OK)
        rc = find_tables(pack, index, err);
    gbn_infile_close(index);
    return rc;
}

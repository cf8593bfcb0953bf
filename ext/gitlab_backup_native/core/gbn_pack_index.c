/*
 * An index (gitformat-pack, version 2): header, ids, a table of CRC-32, one of offsets, one of
 * those offsets that have not enough of 31 bits, the hash at the pack's end, that of all before.
 * It comes from outside: none of its numbers is used before it was compared with what is there.
 * It is read and hashed once, from its begin to its end, with what is not used.
 */
#include <openssl/evp.h>
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

struct index {
    struct gbn_pack *pack;
    gbn_infile *file;
    EVP_MD_CTX *hash; /* of the first `read` bytes */
    uint64_t read;
};

/* From here on an offset is a row's number in the last table. */
static const uint32_t large_offset = UINT32_C(1) << 31;

/* The next bytes. A libcrypto that will not hash, as SHA-1 where it is forbidden, tells nothing. */
static gbn_status
take(struct index *index, uint8_t *data, size_t length, gbn_error *err)
{
    gbn_status rc = gbn_pack_take(index->pack, index->file, index->read, data, length, err);

    if (rc != GBN_OK)
        return rc;
    index->read += length;
    return EVP_DigestUpdate(index->hash, data, length) == 1 ? GBN_OK : GBN_SKIPPED;
}

static gbn_status
read_count(struct index *index, gbn_error *err)
{
    static const uint8_t magic[FANOUT] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    struct gbn_pack *pack = index->pack;
    uint8_t header[HEADER];
    gbn_status rc = take(index, header, sizeof header, err);

    if (rc != GBN_OK)
        return rc;
    pack->count = gbn_pack_be32(header + HEADER - 4);
    if (memcmp(header, magic, sizeof magic) != 0 || pack->count > pack->most)
        return GBN_SKIPPED;
    return GBN_OK;
}

static gbn_status
pass_ids(struct index *index, gbn_error *err)
{
    struct gbn_pack *pack = index->pack;
    uint64_t left = (uint64_t)pack->count * pack->id_size;
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && left > 0) {
        const size_t part = left < GBN_PACK_PIECE ? (size_t)left : GBN_PACK_PIECE;

        rc = take(index, pack->piece, part, err);
        left -= part;
    }
    return rc;
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
read_tables(struct index *index, size_t length, gbn_error *err)
{
    struct gbn_pack *pack = index->pack;
    uint8_t *tables = malloc(length + 1); /* it may be 0 */
    gbn_status rc;

    pack->entries = calloc(pack->count + 1, sizeof pack->entries[0]);
    if (tables == NULL || pack->entries == NULL) {
        free(tables);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", pack->index_path);
    }
    rc = take(index, tables, length, err);
    if (rc == GBN_OK && !resolve(pack, tables, (length - pack->count * ROW) / ROW))
        rc = GBN_SKIPPED;
    free(tables);
    return rc;
}

/* The tables lie between the ids and the hashes; how long they are says how many rows the last has. */
static gbn_status
find_tables(struct index *index, gbn_error *err)
{
    const struct gbn_pack *pack = index->pack;
    const uint64_t size = gbn_infile_size(index->file);
    const uint64_t begin = HEADER + (uint64_t)pack->count * pack->id_size;
    const uint64_t hashes = 2 * (uint64_t)pack->id_size;
    size_t most;
    uint64_t length;
    gbn_status rc;

    if (size < begin + hashes || !gbn_bytes_multiply(pack->count, MOST_ROW, &most))
        return GBN_SKIPPED;
    length = size - begin - hashes;
    if (length < (uint64_t)pack->count * ROW || length > most || length % ROW != 0)
        return GBN_SKIPPED;
    rc = pass_ids(index, err);
    return rc == GBN_OK ? read_tables(index, (size_t)length, err) : rc;
}

static gbn_status
check_hash(struct index *index, gbn_error *err)
{
    struct gbn_pack *pack = index->pack;
    uint8_t stored[GBN_PACK_ID_MAX], hash[EVP_MAX_MD_SIZE];
    gbn_status rc = take(index, pack->hash, pack->id_size, err);

    if (rc == GBN_OK)
        rc = gbn_pack_take(pack, index->file, index->read, stored, pack->id_size, err);
    if (rc != GBN_OK)
        return rc;
    if (EVP_DigestFinal_ex(index->hash, hash, NULL) != 1)
        return GBN_SKIPPED;
    return memcmp(hash, stored, pack->id_size) == 0 ? GBN_OK : GBN_SKIPPED;
}

static gbn_status
begin_hash(struct index *index, gbn_error *err)
{
    const EVP_MD *kind = index->pack->id_size == GBN_PACK_ID_MAX ? EVP_sha256() : EVP_sha1();

    index->hash = EVP_MD_CTX_new();
    if (index->hash == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", index->pack->index_path);
    return EVP_DigestInit_ex(index->hash, kind, NULL) == 1 ? GBN_OK : GBN_SKIPPED;
}

gbn_status
gbn_pack_read_index(struct gbn_pack *pack, gbn_error *err)
{
    struct index index = {.pack = pack};
    gbn_status rc = gbn_pack_open(pack->index_path, &index.file, err);

    if (rc == GBN_OK)
        rc = begin_hash(&index, err);
    if (rc == GBN_OK)
        rc = read_count(&index, err);
    if (rc == GBN_OK)
        rc = find_tables(&index, err);
    if (rc == GBN_OK)
        rc = check_hash(&index, err);
    EVP_MD_CTX_free(index.hash);
    gbn_infile_close(index.file);
    return rc;
}

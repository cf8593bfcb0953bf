#ifndef GBN_PACK_STATE_H
#define GBN_PACK_STATE_H

#include "gbn_cancel.h"
#include "gbn_infile.h"
#include "gbn_pack.h"

/*
 * gbn_pack_state - what the sources of gbn_pack share. GBN_SKIPPED says in all of them that the
 * pack is not sound, or that it cannot be told.
 */
enum { GBN_PACK_PIECE = 1024 * 1024, GBN_PACK_ID_MAX = 32 };

typedef struct gbn_pack_entry {
    uint64_t offset;
    uint32_t crc;
} gbn_pack_entry;

struct gbn_pack {
    char *path, *index_path;
    size_t id_size;
    uint32_t most;
    bool *sound;
    gbn_cancel *cancel;
    gbn_job_counters *counters;
    size_t count;
    uint8_t hash[GBN_PACK_ID_MAX]; /* at the pack's end, as the index has it */
    gbn_pack_entry *entries;       /* `count`, and one more for where the last one ends */
    uint8_t *piece;
    uint64_t piece_begin, piece_end; /* in the pack */
};

/* Returns GBN_OK; GBN_SKIPPED if it is not there, or not to be opened; GBN_ERR_NOMEM. */
gbn_status gbn_pack_open(const char *path, gbn_infile **file, gbn_error *err);

/* Read all of these bytes. Returns GBN_OK, GBN_SKIPPED, GBN_ERR_CANCELLED. */
gbn_status gbn_pack_take(struct gbn_pack *pack, gbn_infile *file, uint64_t offset, uint8_t *data,
                         size_t length, gbn_error *err);

/* Read `count`, `hash` and `entries` from the index, all of which is as it was. Returns also GBN_ERR_NOMEM. */
gbn_status gbn_pack_read_index(struct gbn_pack *pack, gbn_error *err);

/* Most significant byte first. */
static inline uint32_t
gbn_pack_be32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

#endif

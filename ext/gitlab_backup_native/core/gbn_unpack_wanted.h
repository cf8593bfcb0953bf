#ifndef GBN_UNPACK_WANTED_H
#define GBN_UNPACK_WANTED_H

#include "gbn_unpack_state.h"

/*
 * Which blocks have to be read for the paths that are asked for, found by reading the index once
 * before the work; for gbn_unpack*.c alone.
 */
typedef struct gbn_unpack_wanted {
    bool all;         /* no paths are given */
    uint64_t *ranges; /* pairs of first and last block, ascending */
    size_t count, at; /* pairs; the one the last block asked for was compared with */
} gbn_unpack_wanted;

/* Fill a zeroed `wanted`. Returns also what gbn_index_next does; GBN_ERR_CANCELLED. */
gbn_status gbn_unpack_find_wanted(gbn_unpack *unpack, gbn_unpack_wanted *wanted, gbn_error *err);

/* Is the block wanted? To be asked in ascending order. */
bool gbn_unpack_wants(gbn_unpack_wanted *wanted, uint64_t number);

void gbn_unpack_free_wanted(gbn_unpack_wanted *wanted);

#endif

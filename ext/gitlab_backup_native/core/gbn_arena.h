#ifndef GBN_ARENA_H
#define GBN_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_arena - one piece of memory granted in pieces and freed in the same order: a
 * ring. A grant is never broken at the ring's end.
 */
typedef struct gbn_arena {
    uint8_t *base;
    size_t size;
    uint64_t first, last; /* [first, last) is granted; both only grow */
} gbn_arena;

/* Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_arena_init(gbn_arena *arena, size_t size);

/*
 * Grant `length` bytes, aligned for anything.
 *
 * Returns  the memory, NULL if so much is not free now; `*end` names it to gbn_arena_free_to.
 */
uint8_t *gbn_arena_grant(gbn_arena *arena, size_t length, uint64_t *end);

/* Free the oldest grants up to and with the one named `end`. Returns how many bytes those were. */
size_t gbn_arena_free_to(gbn_arena *arena, uint64_t end);

void gbn_arena_free(gbn_arena *arena);

#endif

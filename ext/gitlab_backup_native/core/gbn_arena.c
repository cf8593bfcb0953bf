#include "gbn_arena.h"

#include <stdlib.h>

enum { ALIGNMENT = 64 }; /* a cache line: no two threads write to one */

gbn_status
gbn_arena_init(gbn_arena *arena, size_t size)
{
    *arena = (gbn_arena){.base = malloc(size), .size = size};
    return arena->base == NULL ? GBN_ERR_NOMEM : GBN_OK;
}

uint8_t *
gbn_arena_grant(gbn_arena *arena, size_t length, uint64_t *end)
{
    size_t rounded = (length / ALIGNMENT + 1) * ALIGNMENT; /* never 0, so no two ends are equal */
    size_t position;
    size_t skipped;

    if (arena->first == arena->last)
        arena->first = arena->last += (arena->size - arena->last % arena->size) % arena->size;
    position = (size_t)(arena->last % arena->size);
    skipped = position + rounded > arena->size ? arena->size - position : 0;
    if (arena->last + skipped + rounded - arena->first > arena->size)
        return NULL;
    arena->last += skipped + rounded;
    *end = arena->last;
    return arena->base + (position + skipped) % arena->size;
}

size_t
gbn_arena_free_to(gbn_arena *arena, uint64_t end)
{
    size_t freed = (size_t)(end - arena->first);

    arena->first = end;
    return freed;
}

void
gbn_arena_free(gbn_arena *arena)
{
    free(arena->base);
    arena->base = NULL;
}

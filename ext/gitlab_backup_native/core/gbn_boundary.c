#include "gbn_boundary.h"

/* The uppermost bits know all of the last 64 bytes. */
static const uint64_t MASK = (uint64_t)(GBN_BOUNDARY_MEAN - 1) << 47;

/* splitmix64 (Steele, Lea and Flood, 2014): the same numbers in every run, or nothing would meet. */
static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void
gbn_boundary_init(gbn_boundary *boundary)
{
    uint64_t state = 0;

    boundary->hash = 0;
    for (int i = 0; i < 256; i++)
        boundary->gear[i] = next_random(&state);
}

size_t
gbn_boundary_find(gbn_boundary *boundary, const uint8_t *data, size_t length)
{
    uint64_t hash = boundary->hash;
    size_t i;

    for (i = 0; i < length; i++) {
        hash = (hash << 1) + boundary->gear[data[i]];
        if ((hash & MASK) == 0)
            break;
    }
    boundary->hash = hash;
    return i + 1;
}

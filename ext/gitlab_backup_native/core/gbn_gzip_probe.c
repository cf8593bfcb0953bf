/*
 * Of 128 random bytes about 101 are different (256 * (1 - (255/256)^128), standard
 * deviation 3.7); of text less than 50, of base64 55, of machine code 70. So counting
 * different bytes in a short sample tells what deflate cannot shrink, for a
 * fraction of what deflating a sample would cost. Repeats of random bytes go
 * unseen: 64 KiB twice in a row is stored.
 *
 * One sample stands for a tile. Tar members begin at multiples of 512 bytes, so at
 * both ends of a run the exact border is then looked for in such steps.
 */
#include "gbn_gzip_probe.h"

#include <stdbool.h>
#include <string.h>

enum {
    SAMPLE = 128,
    DISTINCT_IF_RANDOM = 88, /* 3.4 standard deviations below the mean */
    STEP = 512,
    TILE = 4096,
};

static bool
looks_random(const uint8_t *sample)
{
    uint8_t seen[256];
    unsigned distinct = 0;
    int i;

    memset(seen, 0, sizeof seen);
    for (i = 0; i < SAMPLE; i++) {
        distinct += 1U - seen[sample[i]];
        seen[sample[i]] = 1;
    }
    return distinct >= DISTINCT_IF_RANDOM;
}

/* The first multiple of TILE from `offset` on whose tile is `random`; `length` without one. */
static size_t
find_tile(const uint8_t *raw, size_t length, size_t offset, bool random)
{
    for (; length - offset >= TILE; offset += TILE)
        if (looks_random(raw + offset) == random)
            return offset;
    return length;
}

size_t
gbn_gzip_find_random(const uint8_t *raw, size_t length, size_t *begin)
{
    size_t first, end = 0;

    for (;;) {
        first = find_tile(raw, length, end, true);
        *begin = first;
        if (first == length)
            return length;
        end = find_tile(raw, length, first, false);
        while (*begin > 0 && first - *begin < TILE - STEP && looks_random(raw + *begin - STEP))
            *begin -= STEP;
        if (end < length)
            while (!looks_random(raw + end - STEP))
                end -= STEP;
        if (end - *begin >= GBN_GZIP_RANDOM_MIN)
            return end;
    }
}

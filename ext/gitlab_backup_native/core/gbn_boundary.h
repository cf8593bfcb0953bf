#ifndef GBN_BOUNDARY_H
#define GBN_BOUNDARY_H

#include <stddef.h>
#include <stdint.h>

/*
 * gbn_boundary - places in a stream that its content alone decides: after an insertion or a
 * deletion the same places are found again. What `gzip --rsyncable` is for, by a gear hash
 * (Xia et al., "Ddelta: a deduplication-inspired fast delta compression approach", 2014).
 *
 * A place depends on the 64 bytes before it. There is one in GBN_BOUNDARY_MEAN bytes on
 * average, in bytes that differ; a run of one byte has none.
 */
enum { GBN_BOUNDARY_MEAN = 128 * 1024 };

typedef struct gbn_boundary {
    uint64_t gear[256];
    uint64_t hash;
} gbn_boundary;

void gbn_boundary_init(gbn_boundary *boundary);

/*
 * Look through the next `length` bytes of the stream.
 *
 * Returns  how many of them lie before the first place; the search goes on behind it with the
 *          next call. `length` + 1 when there is none.
 */
size_t gbn_boundary_find(gbn_boundary *boundary, const uint8_t *data, size_t length);

#endif

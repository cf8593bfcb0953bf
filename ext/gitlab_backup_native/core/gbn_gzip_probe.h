#ifndef GBN_GZIP_PROBE_H
#define GBN_GZIP_PROBE_H

#include <stddef.h>
#include <stdint.h>

enum { GBN_GZIP_RANDOM_MIN = 8192 }; /* shorter runs are not worth a segment's restart */

/*
 * gbn_gzip_probe - where the bytes look random: compressed or encrypted already.
 * Part of gbn_gzip.
 *
 * Find the first such run of GBN_GZIP_RANDOM_MIN bytes or more. `*begin` is its
 * first byte and the return value the one after its last; both are `length` if
 * there is none.
 */
size_t gbn_gzip_find_random(const uint8_t *raw, size_t length, size_t *begin);

#endif

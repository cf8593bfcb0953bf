#ifndef SAMPLES_H
#define SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_manifest.h"

/*
 * samples - bytes of known nature, the same on every run, an entry of a manifest, and buffers that end where
 * memory ends.
 */
typedef enum sample_kind {
    SAMPLE_ZEROS,
    SAMPLE_TEXT,
    SAMPLE_RANDOM,
    SAMPLE_MIXED,
    SAMPLE_KINDS
} sample_kind;

/* Mixed is a text, noise, a text, in pieces of 3,000 to 40,000 bytes. */
void sample_fill(sample_kind kind, uint8_t *data, size_t length, uint64_t seed);

/* A file's entry with a value of its own in every field it has; not every byte of its strings is UTF-8. */
gbn_manifest_entry sample_entry(void);

/* `size` bytes, the first byte behind which cannot be touched. Freed by the process's end. */
uint8_t *guarded_before_end(size_t size);

/* `size` bytes, the byte before which cannot be touched. */
uint8_t *guarded_from_start(size_t size);

#endif

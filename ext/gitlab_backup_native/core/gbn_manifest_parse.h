#ifndef GBN_MANIFEST_PARSE_H
#define GBN_MANIFEST_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_manifest_parse - the msgpack under a manifest's record: an array's elements as
 * plain values. For gbn_manifest_read alone, which knows what they mean.
 */
typedef enum gbn_manifest_type {
    GBN_VALUE_NIL,
    GBN_VALUE_BOOL,     /* number: 0 or 1 */
    GBN_VALUE_UINT,     /* number */
    GBN_VALUE_NEGATIVE, /* number: the two's complement */
    GBN_VALUE_WORD,     /* str: data, length */
    GBN_VALUE_BYTES,    /* bin: data, length */
    GBN_VALUE_PAIR,     /* array of two uint: pair */
    GBN_VALUE_OTHER     /* whatever no known element is */
} gbn_manifest_type;

typedef struct gbn_manifest_value {
    gbn_manifest_type type;
    uint64_t number;
    uint64_t pair[2];
    const char *data; /* inside the parsed bytes */
    size_t length;
} gbn_manifest_value;

/* An entry's: the most elements any known kind has, its name included. */
enum { GBN_MANIFEST_FIELDS = 19 };

typedef struct gbn_manifest_fields {
    gbn_manifest_value at[GBN_MANIFEST_FIELDS]; /* elements beyond are read over */
    size_t count;                               /* how many of `at` are set */
} gbn_manifest_fields;

/*
 * Parse the array at the start of `data`.
 *
 * Returns  GBN_OK with `*used` bytes, GBN_AGAIN when it does not end within `length`,
 *          GBN_ERR_FORMAT for what is no msgpack, no array, or nested too deeply.
 * Owns     the values point into `data`; nothing is allocated.
 */
gbn_status gbn_manifest_parse(const uint8_t *data, size_t length, size_t *used,
                              gbn_manifest_fields *fields, gbn_error *err);

#endif

#ifndef GBN_MANIFEST_TAKE_H
#define GBN_MANIFEST_TAKE_H

#include "gbn_manifest_parse.h"
#include "gbn_manifest_read.h"

/*
 * The elements of a record, one after the other; for gbn_manifest_read.c alone. The first that is
 * not what its taker asks for is remembered by its name, and what is given instead is harmless: 0,
 * false, "".
 */
struct gbn_manifest_reader {
    gbn_manifest_fields fields;
    gbn_bytes strings;
    size_t next;     /* the element taken next */
    const char *bad; /* the first element that is wrong, NULL */
};

/* Remember `name`, unless another one is. */
void gbn_manifest_reject(gbn_manifest_reader *reader, const char *name);

/* The next element; nil, which suits no element that has to be there, past the last. */
const gbn_manifest_value *gbn_manifest_take(gbn_manifest_reader *reader, const char *name);

/* Is there one more? Some elements came later than their record. */
bool gbn_manifest_more(const gbn_manifest_reader *reader);

/* A number of at most `limit`, of 32 bits, of either sign and 63 bits, a truth value. */
uint64_t gbn_manifest_take_uint(gbn_manifest_reader *reader, const char *name, uint64_t limit);
uint32_t gbn_manifest_take_uint32(gbn_manifest_reader *reader, const char *name);
int64_t gbn_manifest_take_int(gbn_manifest_reader *reader, const char *name);
bool gbn_manifest_take_bool(gbn_manifest_reader *reader, const char *name);

/* Text without a NUL, lent until the next record. Room for it has been reserved in `strings`. */
const char *gbn_manifest_take_string(gbn_manifest_reader *reader, const char *name,
                                     gbn_manifest_type type);
const char *gbn_manifest_take_bytes(gbn_manifest_reader *reader, const char *name);

/* NULL when it is nil. */
const char *gbn_manifest_take_bytes_or_nil(gbn_manifest_reader *reader, const char *name);

/* Returns whether there is one. */
bool gbn_manifest_take_digest_or_nil(gbn_manifest_reader *reader, const char *name,
                                     uint8_t digest[GBN_SHA256_SIZE]);

#endif

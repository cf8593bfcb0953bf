#ifndef GBN_BYTES_H
#define GBN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_bytes - a byte string that grows, the end of one that is too long to keep, little-endian
 * access, hexadecimal, and arithmetic that says so when it would wrap.
 */
typedef struct gbn_bytes {
    uint8_t *data; /* NULL while empty */
    size_t length;
    size_t capacity;
} gbn_bytes;

#define GBN_BYTES_INIT                                                                             \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/*
 * Make room for `extra` more bytes behind `length`.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM; then nothing has changed.
 */
gbn_status gbn_bytes_reserve(gbn_bytes *bytes, size_t extra, gbn_error *err);

/* Append `length` bytes of `data`. Returns as gbn_bytes_reserve. */
gbn_status gbn_bytes_append(gbn_bytes *bytes, const void *data, size_t length, gbn_error *err);

/* Append `length` zero bytes. Returns as gbn_bytes_reserve. */
gbn_status gbn_bytes_append_zeros(gbn_bytes *bytes, size_t length, gbn_error *err);

/* Empty it and keep its memory for the next use. */
static inline void
gbn_bytes_clear(gbn_bytes *bytes)
{
    bytes->length = 0;
}

/* Free its memory; it is empty and usable afterwards. */
void gbn_bytes_free(gbn_bytes *bytes);

enum { GBN_BYTES_TAIL = 256 };

/* The last bytes of what came in pieces: all of fewer than GBN_BYTES_TAIL. Zeroed, it is empty. */
typedef struct gbn_bytes_tail {
    uint8_t data[GBN_BYTES_TAIL];
    size_t length;
} gbn_bytes_tail;

/* The next piece. */
void gbn_bytes_tail_put(gbn_bytes_tail *tail, const uint8_t *data, size_t length);

/* Write `value` least significant byte first. */
void gbn_bytes_put_le16(uint8_t out[2], uint16_t value);
void gbn_bytes_put_le32(uint8_t out[4], uint32_t value);

/* Write 2 * `length` lower-case hexadecimal digits and a NUL. */
void gbn_bytes_hex(char *out, const uint8_t *data, size_t length);

/* a + b and a * b; false, and `result` untouched, when that does not fit. */
bool gbn_bytes_add(size_t a, size_t b, size_t *result);
bool gbn_bytes_multiply(size_t a, size_t b, size_t *result);

#endif

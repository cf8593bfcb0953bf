#ifndef GBN_GZIP_CODEC_H
#define GBN_GZIP_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"
#include "gbn_gunzip.h"

/*
 * gbn_gzip_codec - what a compression library must be able to do for gbn_gzip and
 * gbn_gunzip; included by their sources and by nobody else.
 */

/* Input that was taken and belongs to what follows the deflate data: the last bytes of `data`. */
typedef struct gbn_gzip_rest {
    uint8_t data[8];
    size_t length;
} gbn_gzip_rest;

struct gbn_gzip_codec {
    const char *name;

    /*
     * Make and free the state of one thread.
     *
     * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_CODEC.
     */
    gbn_status (*open)(void **state, gbn_error *err);
    void (*close)(void *state);

    /*
     * Write `raw` as deflate data that starts afresh, is not final, and ends on a
     * byte boundary. The same bytes come out whatever the state did before.
     *
     * `*length` is the room in `out` on entry, what was used of it on return.
     * Returns  GBN_OK, GBN_SKIPPED if the room did not suffice, GBN_ERR_CODEC.
     */
    gbn_status (*deflate)(void *state, const uint8_t *raw, size_t raw_length, uint8_t *out,
                          size_t *length, gbn_error *err);

    /* As open and close, for the way back. */
    gbn_status (*inflate_open)(void **state, gbn_error *err);
    void (*inflate_close)(void *state);

    /* The next byte is the first of raw deflate data. Returns GBN_OK, GBN_ERR_CODEC. */
    gbn_status (*inflate_start)(void *state, gbn_error *err);

    /*
     * Inflate until `in` or `out`, which is not empty, is used up.
     *
     * Returns  GBN_OK; GBN_END once the final block's end has been given, with `rest` set;
     *          GBN_ERR_FORMAT without a message, as the place is the caller's to say; others.
     */
    gbn_status (*inflate)(void *state, gbn_gunzip_io *io, gbn_gzip_rest *rest, gbn_error *err);

    /* gbn_gunzip_segment. */
    gbn_status (*inflate_segment)(void *state, const uint8_t *stored, size_t stored_length,
                                  uint8_t *raw, size_t raw_length, gbn_error *err);

    uint32_t (*crc32)(uint32_t crc, const void *data, size_t length);
};

/*
 * The final block, empty and with fixed codes. Put behind a segment it must be understood as
 * that: so nobody needs to know what a library thinks of data that merely stops.
 */
#define GBN_GZIP_FINAL_BLOCK                                                                       \
    {                                                                                              \
        0x03, 0x00                                                                                 \
    }

#ifdef GBN_HAVE_ISAL
extern const struct gbn_gzip_codec gbn_gzip_isal;
#endif
extern const struct gbn_gzip_codec gbn_gzip_zlib;

#endif

#ifndef GBN_GZIP_CODEC_H
#define GBN_GZIP_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_gzip_codec - what a compression library must be able to do for gbn_gzip;
 * included by gbn_gzip*.c and by nobody else.
 */
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

    uint32_t (*crc32)(uint32_t crc, const void *data, size_t length);
};

#ifdef GBN_HAVE_ISAL
extern const struct gbn_gzip_codec gbn_gzip_isal;
#endif
extern const struct gbn_gzip_codec gbn_gzip_zlib;

#endif

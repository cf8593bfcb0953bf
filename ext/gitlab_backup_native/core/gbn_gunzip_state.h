#ifndef GBN_GUNZIP_STATE_H
#define GBN_GUNZIP_STATE_H

#include <stdbool.h>

#include "gbn_gunzip.h"
#include "gbn_gzip_codec.h"

/*
 * What the frame of members (gbn_gunzip_frame.c) and their data (gbn_gunzip.c) share; for these
 * two alone.
 */
enum { GBN_GUNZIP_TRAILER_SIZE = 8 };

typedef enum gbn_gunzip_part {
    GBN_GUNZIP_HEADER, /* the first ten bytes; the order of the next five is RFC 1952's */
    GBN_GUNZIP_EXTRA_LENGTH,
    GBN_GUNZIP_EXTRA,
    GBN_GUNZIP_NAME,
    GBN_GUNZIP_COMMENT,
    GBN_GUNZIP_HEADER_CRC,
    GBN_GUNZIP_DATA,
    GBN_GUNZIP_TRAILER,
    GBN_GUNZIP_BETWEEN, /* behind a member: nothing, zeros, or another one */
    GBN_GUNZIP_ZEROS
} gbn_gunzip_part;

struct gbn_gunzip {
    const gbn_gzip_codec *codec;
    void *state;

    gbn_gunzip_part part;
    uint8_t frame[GBN_GUNZIP_TRAILER_SIZE]; /* of numbers, as far as they have come */
    size_t frame_length;                    /* of the current part */
    uint8_t flags;
    uint32_t header_crc;
    size_t extra_left;
    uint32_t crc;    /* of the member so far */
    uint64_t length; /* likewise */

    gbn_gzip_rest rest;
    uint64_t taken; /* bytes of the file, those in `rest` included */
};

/* Take one byte of a header, a trailer or what is between members. */
gbn_status gbn_gunzip_take(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err);

/* Go on to another part. */
void gbn_gunzip_enter(gbn_gunzip *gunzip, gbn_gunzip_part part);

/* GBN_ERR_FORMAT with `what` and where: of headers and trailers the begin is named, of deflate data
 * how far it was understood. */
gbn_status gbn_gunzip_damage(const gbn_gunzip *gunzip, const char *what, gbn_error *err);
gbn_status gbn_gunzip_damage_at(uint64_t offset, const char *what, gbn_error *err);

#endif

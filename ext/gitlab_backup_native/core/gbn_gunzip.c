/*
 * A codec sees raw deflate data only; the frame of members is gbn_gunzip_frame.c's. A codec may have read beyond the end of that data: what
 * it took too much comes back as `rest` and is read before anything else.
 */
#include "gbn_gunzip.h"

#include <stdlib.h>

#include "gbn_gunzip_state.h"

gbn_status
gbn_gunzip_new(const gbn_gzip_codec *codec, gbn_gunzip **result, gbn_error *err)
{
    gbn_gunzip *gunzip = calloc(1, sizeof *gunzip);
    gbn_status rc;

    *result = NULL;
    if (gunzip == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make an inflater");
    gunzip->codec = codec;
    rc = codec->inflate_open(&gunzip->state, err);
    if (rc < 0) {
        free(gunzip);
        return rc;
    }
    gbn_gunzip_start(gunzip);
    *result = gunzip;
    return GBN_OK;
}

void
gbn_gunzip_free(gbn_gunzip *gunzip)
{
    if (gunzip == NULL)
        return;
    gunzip->codec->inflate_close(gunzip->state);
    free(gunzip);
}

gbn_status
gbn_gunzip_segment(gbn_gunzip *gunzip, const uint8_t *stored, size_t stored_length, uint8_t *raw,
                   size_t raw_length, gbn_error *err)
{
    gbn_gunzip_start(gunzip);
    return gunzip->codec->inflate_segment(gunzip->state, stored, stored_length, raw, raw_length,
                                          err);
}

void
gbn_gunzip_start(gbn_gunzip *gunzip)
{
    gunzip->part = GBN_GUNZIP_HEADER;
    gunzip->frame_length = 0;
    gunzip->rest.length = 0;
    gunzip->taken = 0;
}

static bool
next_byte(gbn_gunzip *gunzip, gbn_gunzip_io *io, uint8_t *byte)
{
    gbn_gzip_rest *rest = &gunzip->rest;

    if (rest->length > 0) {
        *byte = rest->data[sizeof rest->data - rest->length--];
        return true;
    }
    if (io->in_length == 0)
        return false;
    *byte = *io->in++;
    io->in_length--;
    gunzip->taken++;
    return true;
}

/* GBN_AGAIN when nothing more can be done with what there is. */
static gbn_status
inflate_data(gbn_gunzip *gunzip, gbn_gunzip_io *io, gbn_error *err)
{
    const gbn_gunzip_io before = *io;
    size_t made;
    gbn_status rc;

    if (io->out_length == 0)
        return GBN_AGAIN;
    rc = gunzip->codec->inflate(gunzip->state, io, &gunzip->rest, err);
    gunzip->taken += before.in_length - io->in_length;
    if (rc == GBN_ERR_FORMAT)
        return gbn_gunzip_damage(gunzip, "the compressed data is damaged", err);
    if (rc < 0)
        return rc;
    made = before.out_length - io->out_length;
    gunzip->crc = gunzip->codec->crc32(gunzip->crc, before.out, made);
    gunzip->length += made;
    if (rc == GBN_END)
        gbn_gunzip_enter(gunzip, GBN_GUNZIP_TRAILER);
    else if (made == 0 && io->in_length == before.in_length)
        return GBN_AGAIN;
    return GBN_OK;
}

gbn_status
gbn_gunzip_feed(gbn_gunzip *gunzip, gbn_gunzip_io *io, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    uint8_t byte;

    while (rc == GBN_OK)
        if (gunzip->part == GBN_GUNZIP_DATA)
            rc = inflate_data(gunzip, io, err);
        else
            rc = next_byte(gunzip, io, &byte) ? gbn_gunzip_take(gunzip, byte, err) : GBN_AGAIN;
    return rc == GBN_AGAIN ? GBN_OK : rc;
}

gbn_status
gbn_gunzip_finish(gbn_gunzip *gunzip, gbn_error *err)
{
    if (gunzip->part == GBN_GUNZIP_BETWEEN || gunzip->part == GBN_GUNZIP_ZEROS)
        return GBN_OK;
    return gbn_gunzip_damage_at(
        gunzip->taken, gunzip->taken == 0 ? "the file is empty" : "the file ends too early", err);
}

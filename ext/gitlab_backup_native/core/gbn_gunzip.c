/*
 * The frame of members is read here byte by byte, which costs nothing as there are few; a
 * codec sees raw deflate data only. A codec may have read beyond the end of that data: what
 * it took too much comes back as `rest` and is read before anything else.
 */
#include "gbn_gunzip.h"

#include <stdbool.h>
#include <stdlib.h>

#include "gbn_gzip_codec.h"

/* RFC 1952, 2.3.1: what of a header follows its first ten bytes. */
enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_RESERVED = 224 };

enum { FLAGS_AT = 3, TRAILER_SIZE = 8 };

enum part {
    HEADER, /* the first ten bytes; the order of the next five is RFC 1952's */
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CRC,
    DATA,
    TRAILER,
    BETWEEN, /* behind a member: nothing, zeros, or another one */
    ZEROS
};

struct gbn_gunzip {
    const gbn_gzip_codec *codec;
    void *state;

    enum part part;
    uint8_t frame[TRAILER_SIZE]; /* of numbers, as far as they have come */
    size_t frame_length;         /* of the current part */
    uint8_t flags;
    uint32_t header_crc;
    size_t extra_left;
    uint32_t crc;    /* of the member so far */
    uint64_t length; /* likewise */

    gbn_gzip_rest rest;
    uint64_t taken; /* bytes of the file, those in `rest` included */
};

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
    gunzip->part = HEADER;
    gunzip->frame_length = 0;
    gunzip->rest.length = 0;
    gunzip->taken = 0;
}

static gbn_status
damage_at(uint64_t offset, const char *what, gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "inflate at byte %llu: %s", (unsigned long long)offset,
                    what);
}

static uint64_t
offset_of_next(const gbn_gunzip *gunzip)
{
    return gunzip->taken - gunzip->rest.length;
}

/* Of headers and trailers the begin is named, of deflate data how far it was understood. */
static gbn_status
damage(const gbn_gunzip *gunzip, const char *what, gbn_error *err)
{
    return damage_at(offset_of_next(gunzip) - gunzip->frame_length, what, err);
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

static void
enter(gbn_gunzip *gunzip, enum part part)
{
    gunzip->part = part;
    gunzip->frame_length = 0;
}

static gbn_status
enter_data(gbn_gunzip *gunzip, gbn_error *err)
{
    enter(gunzip, DATA);
    gunzip->crc = 0;
    gunzip->length = 0;
    return gunzip->codec->inflate_start(gunzip->state, err);
}

/* On to the first part behind `part` that this header has. */
static gbn_status
enter_behind(gbn_gunzip *gunzip, enum part part, gbn_error *err)
{
    static const uint8_t needs[] = {
        [EXTRA_LENGTH] = FLAG_EXTRA, [EXTRA] = FLAG_EXTRA,     [NAME] = FLAG_NAME,
        [COMMENT] = FLAG_COMMENT,    [HEADER_CRC] = FLAG_HCRC, [DATA] = 0};

    do
        part++;
    while (part < DATA && (gunzip->flags & needs[part]) == 0);
    if (part == DATA)
        return enter_data(gunzip, err);
    enter(gunzip, part);
    return GBN_OK;
}

static uint32_t
little_endian(const uint8_t *data, size_t length)
{
    uint32_t value = 0;

    while (length-- > 0)
        value = value << 8 | data[length];
    return value;
}

/* Each byte is judged as it comes: whatever is no gzip file is refused at once. */
static gbn_status
take_header(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    static const uint8_t magic[] = {0x1f, 0x8b};
    const size_t at = gunzip->frame_length++;

    if (at < sizeof magic && byte != magic[at])
        return damage(gunzip, "not a gzip header", err);
    if (at == sizeof magic && byte != 8)
        return damage(gunzip, "an unknown method of compression", err);
    if (at == FLAGS_AT && (byte & FLAG_RESERVED) != 0)
        return damage(gunzip, "unknown flags in a gzip header", err);
    if (at == FLAGS_AT)
        gunzip->flags = byte;
    if (gunzip->frame_length < GBN_GZIP_HEADER_SIZE)
        return GBN_OK;
    return enter_behind(gunzip, HEADER, err);
}

static gbn_status
take_header_crc(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < 2)
        return GBN_OK;
    if (little_endian(gunzip->frame, 2) != (gunzip->header_crc & 0xffff))
        return damage(gunzip, "the checksum of a gzip header differs", err);
    return enter_data(gunzip, err);
}

static gbn_status
take_extra_length(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < 2)
        return GBN_OK;
    gunzip->extra_left = little_endian(gunzip->frame, 2);
    return enter_behind(gunzip, gunzip->extra_left > 0 ? EXTRA_LENGTH : EXTRA, err);
}

static gbn_status
take_trailer(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < TRAILER_SIZE)
        return GBN_OK;
    if (little_endian(gunzip->frame, 4) != gunzip->crc)
        return damage(gunzip, "the content's checksum differs", err);
    if (little_endian(gunzip->frame + 4, 4) != (gunzip->length & UINT32_MAX))
        return damage(gunzip, "the content's length differs", err);
    enter(gunzip, BETWEEN);
    return GBN_OK;
}

static gbn_status
take_behind_member(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    if (byte == 0) {
        enter(gunzip, ZEROS);
        return GBN_OK;
    }
    if (gunzip->part == ZEROS)
        return damage_at(offset_of_next(gunzip) - 1,
                         "something other than zeros follows the last member", err);
    enter(gunzip, HEADER);
    gunzip->header_crc = gunzip->codec->crc32(0, &byte, 1);
    return take_header(gunzip, byte, err);
}

static gbn_status
take_byte(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    if (gunzip->part < HEADER_CRC) {
        if (gunzip->part == HEADER && gunzip->frame_length == 0)
            gunzip->header_crc = 0;
        gunzip->header_crc = gunzip->codec->crc32(gunzip->header_crc, &byte, 1);
    }
    switch (gunzip->part) {
    case HEADER:
        return take_header(gunzip, byte, err);
    case EXTRA_LENGTH:
        return take_extra_length(gunzip, byte, err);
    case EXTRA:
        return --gunzip->extra_left > 0 ? GBN_OK : enter_behind(gunzip, EXTRA, err);
    case NAME:
    case COMMENT:
        return byte != 0 ? GBN_OK : enter_behind(gunzip, gunzip->part, err);
    case HEADER_CRC:
        return take_header_crc(gunzip, byte, err);
    case TRAILER:
        return take_trailer(gunzip, byte, err);
    default:
        return take_behind_member(gunzip, byte, err);
    }
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
        return damage(gunzip, "the compressed data is damaged", err);
    if (rc < 0)
        return rc;
    made = before.out_length - io->out_length;
    gunzip->crc = gunzip->codec->crc32(gunzip->crc, before.out, made);
    gunzip->length += made;
    if (rc == GBN_END)
        enter(gunzip, TRAILER);
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
        if (gunzip->part == DATA)
            rc = inflate_data(gunzip, io, err);
        else
            rc = next_byte(gunzip, io, &byte) ? take_byte(gunzip, byte, err) : GBN_AGAIN;
    return rc == GBN_AGAIN ? GBN_OK : rc;
}

gbn_status
gbn_gunzip_finish(gbn_gunzip *gunzip, gbn_error *err)
{
    if (gunzip->part == BETWEEN || gunzip->part == ZEROS)
        return GBN_OK;
    return damage_at(gunzip->taken,
                     gunzip->taken == 0 ? "the file is empty" : "the file ends too early", err);
}

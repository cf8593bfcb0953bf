/*
 * The frame of members (RFC 1952) is read byte by byte, which costs nothing as there is little of
 * it. Each byte is judged as it comes: whatever is no gzip file is refused at once.
 */
#include "gbn_gunzip_state.h"

/* RFC 1952, 2.3.1: what of a header follows its first ten bytes. */
enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_RESERVED = 224 };

enum { FLAGS_AT = 3 };

gbn_status
gbn_gunzip_damage_at(uint64_t offset, const char *what, gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "inflate at byte %llu: %s", (unsigned long long)offset,
                    what);
}

static uint64_t
offset_of_next(const gbn_gunzip *gunzip)
{
    return gunzip->taken - gunzip->rest.length;
}

gbn_status
gbn_gunzip_damage(const gbn_gunzip *gunzip, const char *what, gbn_error *err)
{
    return gbn_gunzip_damage_at(offset_of_next(gunzip) - gunzip->frame_length, what, err);
}

void
gbn_gunzip_enter(gbn_gunzip *gunzip, gbn_gunzip_part part)
{
    gunzip->part = part;
    gunzip->frame_length = 0;
}

static gbn_status
enter_data(gbn_gunzip *gunzip, gbn_error *err)
{
    gbn_gunzip_enter(gunzip, GBN_GUNZIP_DATA);
    gunzip->crc = 0;
    gunzip->length = 0;
    return gunzip->codec->inflate_start(gunzip->state, err);
}

/* On to the first part behind `part` that this header has. */
static gbn_status
enter_behind(gbn_gunzip *gunzip, gbn_gunzip_part part, gbn_error *err)
{
    static const uint8_t needs[] = {
        [GBN_GUNZIP_EXTRA_LENGTH] = FLAG_EXTRA, [GBN_GUNZIP_EXTRA] = FLAG_EXTRA,
        [GBN_GUNZIP_NAME] = FLAG_NAME,          [GBN_GUNZIP_COMMENT] = FLAG_COMMENT,
        [GBN_GUNZIP_HEADER_CRC] = FLAG_HCRC,    [GBN_GUNZIP_DATA] = 0};

    do
        part++;
    while (part < GBN_GUNZIP_DATA && (gunzip->flags & needs[part]) == 0);
    if (part == GBN_GUNZIP_DATA)
        return enter_data(gunzip, err);
    gbn_gunzip_enter(gunzip, part);
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

static gbn_status
take_header(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    static const uint8_t magic[] = {0x1f, 0x8b};
    const size_t at = gunzip->frame_length++;

    if (at < sizeof magic && byte != magic[at])
        return gbn_gunzip_damage(gunzip, "not a gzip header", err);
    if (at == sizeof magic && byte != 8)
        return gbn_gunzip_damage(gunzip, "an unknown method of compression", err);
    if (at == FLAGS_AT && (byte & FLAG_RESERVED) != 0)
        return gbn_gunzip_damage(gunzip, "unknown flags in a gzip header", err);
    if (at == FLAGS_AT)
        gunzip->flags = byte;
    if (gunzip->frame_length < GBN_GZIP_HEADER_SIZE)
        return GBN_OK;
    return enter_behind(gunzip, GBN_GUNZIP_HEADER, err);
}

static gbn_status
take_header_crc(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < 2)
        return GBN_OK;
    if (little_endian(gunzip->frame, 2) != (gunzip->header_crc & 0xffff))
        return gbn_gunzip_damage(gunzip, "the checksum of a gzip header differs", err);
    return enter_data(gunzip, err);
}

static gbn_status
take_extra_length(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < 2)
        return GBN_OK;
    gunzip->extra_left = little_endian(gunzip->frame, 2);
    return enter_behind(gunzip, gunzip->extra_left > 0 ? GBN_GUNZIP_EXTRA_LENGTH : GBN_GUNZIP_EXTRA,
                        err);
}

static gbn_status
take_trailer(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    gunzip->frame[gunzip->frame_length++] = byte;
    if (gunzip->frame_length < GBN_GUNZIP_TRAILER_SIZE)
        return GBN_OK;
    if (little_endian(gunzip->frame, 4) != gunzip->crc)
        return gbn_gunzip_damage(gunzip, "the content's checksum differs", err);
    if (little_endian(gunzip->frame + 4, 4) != (gunzip->length & UINT32_MAX))
        return gbn_gunzip_damage(gunzip, "the content's length differs", err);
    gbn_gunzip_enter(gunzip, GBN_GUNZIP_BETWEEN);
    return GBN_OK;
}

static gbn_status
take_behind_member(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    if (byte == 0) {
        gbn_gunzip_enter(gunzip, GBN_GUNZIP_ZEROS);
        return GBN_OK;
    }
    if (gunzip->part == GBN_GUNZIP_ZEROS)
        return gbn_gunzip_damage_at(offset_of_next(gunzip) - 1,
                                    "something other than zeros follows the last member", err);
    gbn_gunzip_enter(gunzip, GBN_GUNZIP_HEADER);
    gunzip->header_crc = gunzip->codec->crc32(0, &byte, 1);
    return take_header(gunzip, byte, err);
}

gbn_status
gbn_gunzip_take(gbn_gunzip *gunzip, uint8_t byte, gbn_error *err)
{
    if (gunzip->part < GBN_GUNZIP_HEADER_CRC) {
        if (gunzip->part == GBN_GUNZIP_HEADER && gunzip->frame_length == 0)
            gunzip->header_crc = 0;
        gunzip->header_crc = gunzip->codec->crc32(gunzip->header_crc, &byte, 1);
    }
    switch (gunzip->part) {
    case GBN_GUNZIP_HEADER:
        return take_header(gunzip, byte, err);
    case GBN_GUNZIP_EXTRA_LENGTH:
        return take_extra_length(gunzip, byte, err);
    case GBN_GUNZIP_EXTRA:
        return --gunzip->extra_left > 0 ? GBN_OK : enter_behind(gunzip, GBN_GUNZIP_EXTRA, err);
    case GBN_GUNZIP_NAME:
    case GBN_GUNZIP_COMMENT:
        return byte != 0 ? GBN_OK : enter_behind(gunzip, gunzip->part, err);
    case GBN_GUNZIP_HEADER_CRC:
        return take_header_crc(gunzip, byte, err);
    case GBN_GUNZIP_TRAILER:
        return take_trailer(gunzip, byte, err);
    default:
        return take_behind_member(gunzip, byte, err);
    }
}

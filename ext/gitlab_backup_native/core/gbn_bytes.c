/*
 * Growth doubles the capacity, so appending n bytes one by one copies 2n at
 * most. The first allocation is a tar header and its long-name records.
 */
#include "gbn_bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 2048 };

gbn_status
gbn_bytes_reserve(gbn_bytes *bytes, size_t extra, gbn_error *err)
{
    size_t needed, capacity;
    uint8_t *data;

    if (!gbn_bytes_add(bytes->length, extra, &needed))
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "grow a buffer by %zu bytes", extra);
    if (needed <= bytes->capacity)
        return GBN_OK;
    if (!gbn_bytes_multiply(bytes->capacity, 2, &capacity) || capacity < needed)
        capacity = needed;
    if (capacity < FIRST_CAPACITY)
        capacity = FIRST_CAPACITY;
    data = realloc(bytes->data, capacity);
    if (data == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "grow a buffer to %zu bytes", capacity);
    bytes->data = data;
    bytes->capacity = capacity;
    return GBN_OK;
}

gbn_status
gbn_bytes_append(gbn_bytes *bytes, const void *data, size_t length, gbn_error *err)
{
    gbn_status rc = gbn_bytes_reserve(bytes, length, err);

    if (rc < 0 || length == 0) /* memcpy takes no NULL, not even for 0 bytes */
        return rc;
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
    return GBN_OK;
}

gbn_status
gbn_bytes_append_zeros(gbn_bytes *bytes, size_t length, gbn_error *err)
{
    gbn_status rc = gbn_bytes_reserve(bytes, length, err);

    if (rc < 0 || length == 0)
        return rc;
    memset(bytes->data + bytes->length, 0, length);
    bytes->length += length;
    return GBN_OK;
}

void
gbn_bytes_free(gbn_bytes *bytes)
{
    free(bytes->data);
    *bytes = (gbn_bytes)GBN_BYTES_INIT;
}

void
gbn_bytes_tail_put(gbn_bytes_tail *tail, const uint8_t *data, size_t length)
{
    const size_t fresh = length < GBN_BYTES_TAIL ? length : GBN_BYTES_TAIL;
    const size_t room = GBN_BYTES_TAIL - fresh;
    const size_t kept = tail->length < room ? tail->length : room;

    if (fresh == 0) /* memcpy takes no NULL */
        return;
    memmove(tail->data, tail->data + tail->length - kept, kept);
    memcpy(tail->data + kept, data + length - fresh, fresh);
    tail->length = kept + fresh;
}

void
gbn_bytes_put_le16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value & 0xff);
    out[1] = (uint8_t)(value >> 8);
}

void
gbn_bytes_put_le32(uint8_t out[4], uint32_t value)
{
    gbn_bytes_put_le16(out, (uint16_t)(value & 0xffff));
    gbn_bytes_put_le16(out + 2, (uint16_t)(value >> 16));
}

void
gbn_bytes_hex(char *out, const uint8_t *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < length; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * length] = '\0';
}

bool
gbn_bytes_add(size_t a, size_t b, size_t *result)
{
    if (b > SIZE_MAX - a)
        return false;
    *result = a + b;
    return true;
}

bool
gbn_bytes_multiply(size_t a, size_t b, size_t *result)
{
    if (a != 0 && b > SIZE_MAX / a)
        return false;
    *result = a * b;
    return true;
}

/*
 * The only memory is for strings, which need a NUL behind them: all of them lie within the
 * record, so its length and a NUL for each bound what they take.
 */
#include "gbn_manifest_take.h"

#include <string.h>

void
gbn_manifest_reject(gbn_manifest_reader *reader, const char *name)
{
    if (reader->bad == NULL)
        reader->bad = name;
}

const gbn_manifest_value *
gbn_manifest_take(gbn_manifest_reader *reader, const char *name)
{
    static const gbn_manifest_value missing = {.type = GBN_VALUE_NIL};

    if (reader->next < reader->fields.count)
        return &reader->fields.at[reader->next++];
    gbn_manifest_reject(reader, name);
    return &missing;
}

bool
gbn_manifest_more(const gbn_manifest_reader *reader)
{
    return reader->next < reader->fields.count;
}

uint64_t
gbn_manifest_take_uint(gbn_manifest_reader *reader, const char *name, uint64_t limit)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    if (value->type == GBN_VALUE_UINT && value->number <= limit)
        return value->number;
    gbn_manifest_reject(reader, name);
    return 0;
}

uint32_t
gbn_manifest_take_uint32(gbn_manifest_reader *reader, const char *name)
{
    return (uint32_t)gbn_manifest_take_uint(reader, name, UINT32_MAX);
}

int64_t
gbn_manifest_take_int(gbn_manifest_reader *reader, const char *name)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    if (value->type == GBN_VALUE_NEGATIVE ||
        (value->type == GBN_VALUE_UINT && value->number <= INT64_MAX))
        return (int64_t)value->number;
    gbn_manifest_reject(reader, name);
    return 0;
}

bool
gbn_manifest_take_bool(gbn_manifest_reader *reader, const char *name)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    if (value->type != GBN_VALUE_BOOL)
        gbn_manifest_reject(reader, name);
    return value->type == GBN_VALUE_BOOL && value->number != 0;
}

/* Room for it has been reserved: what was given before does not move. */
static const char *
keep_string(gbn_manifest_reader *reader, const gbn_manifest_value *value, const char *name)
{
    char *copy = (char *)reader->strings.data + reader->strings.length;

    if (value->length > 0 && memchr(value->data, '\0', value->length) != NULL)
        gbn_manifest_reject(reader, name);
    memcpy(copy, value->data, value->length);
    copy[value->length] = '\0';
    reader->strings.length += value->length + 1;
    return copy;
}

const char *
gbn_manifest_take_string(gbn_manifest_reader *reader, const char *name, gbn_manifest_type type)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    if (value->type == type)
        return keep_string(reader, value, name);
    gbn_manifest_reject(reader, name);
    return "";
}

const char *
gbn_manifest_take_bytes(gbn_manifest_reader *reader, const char *name)
{
    return gbn_manifest_take_string(reader, name, GBN_VALUE_BYTES);
}

const char *
gbn_manifest_take_bytes_or_nil(gbn_manifest_reader *reader, const char *name)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    if (value->type == GBN_VALUE_BYTES)
        return keep_string(reader, value, name);
    if (value->type != GBN_VALUE_NIL)
        gbn_manifest_reject(reader, name);
    return NULL;
}

bool
gbn_manifest_take_digest_or_nil(gbn_manifest_reader *reader, const char *name,
                                uint8_t digest[GBN_SHA256_SIZE])
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, name);

    memset(digest, 0, GBN_SHA256_SIZE);
    if (value->type == GBN_VALUE_BYTES && value->length == GBN_SHA256_SIZE) {
        memcpy(digest, value->data, GBN_SHA256_SIZE);
        return true;
    }
    if (value->type != GBN_VALUE_NIL)
        gbn_manifest_reject(reader, name);
    return false;
}

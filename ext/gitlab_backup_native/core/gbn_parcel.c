#include "gbn_parcel.h"

#include <string.h>

/* The struct as it is, then for each string its length with the NUL (0: there is none), and itself. */
enum { STRINGS = 4 };

gbn_status
gbn_parcel_put(gbn_bytes *out, const gbn_parcel *parcel, gbn_error *err)
{
    const gbn_tar_member *member = &parcel->member;
    const char *const strings[STRINGS] = {member->path, member->owner, member->group, member->link};
    size_t lengths[STRINGS];
    size_t total = sizeof *parcel;
    gbn_status rc;

    for (size_t i = 0; i < STRINGS; i++) {
        lengths[i] = strings[i] == NULL ? 0 : strlen(strings[i]) + 1;
        total += sizeof lengths[i] + lengths[i];
    }
    rc = gbn_bytes_reserve(out, total, err);
    if (rc < 0)
        return rc;
    gbn_bytes_append(out, parcel, sizeof *parcel, err);
    for (size_t i = 0; i < STRINGS; i++) {
        gbn_bytes_append(out, &lengths[i], sizeof lengths[i], err);
        if (lengths[i] > 0)
            gbn_bytes_append(out, strings[i], lengths[i], err);
    }
    return GBN_OK;
}

static const uint8_t *
get_string(const uint8_t *data, const char **string)
{
    size_t length;

    memcpy(&length, data, sizeof length);
    data += sizeof length;
    *string = length == 0 ? NULL : (const char *)data;
    return data + length;
}

size_t
gbn_parcel_get(const uint8_t *data, gbn_parcel *parcel)
{
    const uint8_t *next = data + sizeof *parcel;

    memcpy(parcel, data, sizeof *parcel);
    next = get_string(next, &parcel->member.path);
    next = get_string(next, &parcel->member.owner);
    next = get_string(next, &parcel->member.group);
    next = get_string(next, &parcel->member.link);
    return (size_t)(next - data);
}

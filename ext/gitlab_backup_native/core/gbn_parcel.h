#ifndef GBN_PARCEL_H
#define GBN_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_bytes.h"
#include "gbn_error.h"
#include "gbn_tar.h"

/*
 * gbn_parcel - a member of an archive as bytes: on its way from the thread that parses to
 * those that write, and in a spool. Only for the process that made it.
 */
typedef struct gbn_parcel {
    gbn_tar_member member;
    int64_t mtime_ns; /* the same time as member.mtime, as exact as it is known */
    uint64_t offset;  /* where its content begins in the buffer that goes with it */
} gbn_parcel;

/* Append `parcel`. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_parcel_put(gbn_bytes *out, const gbn_parcel *parcel, gbn_error *err);

/*
 * Read the parcel at `data`, which gbn_parcel_put has written. Its strings point into `data`.
 * Returns how many bytes it takes.
 */
size_t gbn_parcel_get(const uint8_t *data, gbn_parcel *parcel);

#endif

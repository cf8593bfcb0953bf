#ifndef GBN_UNPACK_PLACE_H
#define GBN_UNPACK_PLACE_H

#include "gbn_unpack_state.h"

/* One member onto disk, for gbn_unpack*.c alone. */

/*
 * Put a member that lies whole in a block: at once if it is a file or a directory, else later.
 * `content` is a file's; `expected` NULL without a manifest.
 *
 * Returns  GBN_OK also for what only a finding tells; GBN_ERR_FORMAT when strict; other failures.
 */
gbn_status gbn_unpack_place(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                            const uint8_t *content, const gbn_manifest_entry *expected,
                            gbn_error *err);

/* Set worker->path from a member's name. Returns GBN_ERR_FORMAT for names no archive should have. */
gbn_status gbn_unpack_name(gbn_unpack_worker *worker, const char *name, gbn_error *err);

/* Is worker->path wanted? */
bool gbn_unpack_selects(const gbn_unpack *unpack, const char *path);

/* Make the file worker->path; `*fd` -1 if a later member will anyhow. */
gbn_status gbn_unpack_create(gbn_unpack_worker *worker, gbn_piece *piece, int *fd, gbn_error *err);

/* Write `length` bytes at `offset`; zeros become holes, so the size is to be set afterwards. */
gbn_status gbn_unpack_write(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data,
                            size_t length, uint64_t offset, gbn_error *err);

/* What a header and, where there is one, the manifest's entry say about owner, mode and time. */
gbn_target_attributes gbn_unpack_attributes(const gbn_unpack_worker *worker,
                                            const gbn_parcel *parcel);

#endif

#ifndef GBN_UNPACK_SOURCE_H
#define GBN_UNPACK_SOURCE_H

#include "gbn_unpack_state.h"

/*
 * Where blocks come from and how they become members, for gbn_unpack*.c alone. There are two ways:
 * indexed (gbn_unpack_indexed.c, gbn_unpack_inflate.c) and streamed (gbn_unpack_streamed.c,
 * gbn_unpack_parcels.c).
 */

gbn_status gbn_unpack_source_indexed(void *unpack, gbn_pipeline *pipeline, gbn_error *err);
gbn_status gbn_unpack_stage_indexed(void *unpack, void *worker, gbn_block *block, gbn_error *err);
gbn_status gbn_unpack_source_streamed(void *unpack, gbn_pipeline *pipeline, gbn_error *err);
gbn_status gbn_unpack_stage_streamed(void *unpack, void *worker, gbn_block *block, gbn_error *err);

/* What an entry and a member called `path` say that is not the same thing; NULL: nothing. */
const char *gbn_unpack_difference(const char *path, const gbn_tar_member *member,
                                  const gbn_manifest_entry *entry);

/* What a worker's tar reader reads: the block at hand. A gbn_tar_source. */
gbn_status gbn_unpack_pull(void *worker, const uint8_t **data, size_t *length, gbn_error *err);

/* Before the work: open the product. Returns as gbn_infile_open. */
gbn_status gbn_unpack_open_indexed(gbn_unpack *unpack, gbn_error *err);

#endif

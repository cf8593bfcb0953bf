#ifndef GBN_UNPACK_SETTLE_H
#define GBN_UNPACK_SETTLE_H

#include "gbn_unpack_state.h"

/* What has to happen in the product's order, for gbn_unpack*.c alone. */

/* The first sink: large files, what is deferred, the counts. */
gbn_status gbn_unpack_settle(void *unpack, gbn_block *block, gbn_error *err);

/* The second sink: the hash of the product. */
gbn_status gbn_unpack_hash(void *unpack, gbn_block *block, gbn_error *err);

/* The end of that hash, when all blocks are done with. */
gbn_status gbn_unpack_hash_end(gbn_unpack *unpack, gbn_error *err);

/* Links and FIFOs in the archive's order, then what directories are like, from the last to the first. */
gbn_status gbn_unpack_finish(gbn_unpack_worker *worker, gbn_error *err);

#endif

#ifndef GBN_UNPACK_LARGE_H
#define GBN_UNPACK_LARGE_H

#include "gbn_unpack_state.h"

/* Large files, for gbn_unpack*.c alone. */

/* A file of more than one block. Its slices are written by any worker, hashed by the sink in order. */
struct gbn_large {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    enum { GBN_LARGE_UNKNOWN, GBN_LARGE_OPEN, GBN_LARGE_LOST } state;
    gbn_bytes header; /* a parcel; set before the state is OPEN */
    gbn_bytes path;   /* beneath the root, NUL-terminated */
    uint64_t size;
    uint64_t raw_begin; /* of its content in the product's raw bytes; indexed only */
    int fd;             /* -1 when nothing is written */
    gbn_sha256 *sha;
    uint64_t hashed;        /* the sink's: bytes so far without a gap */
    gbn_range range;        /* the sink's: in the product */
    struct gbn_large *next; /* of all there are */
};

gbn_status gbn_large_new(gbn_unpack *unpack, gbn_large **large, gbn_error *err);

/* The first slice's worker: it is `parcel` and can be written. worker->path is set. */
gbn_status gbn_large_open(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                          gbn_error *err);
/* The first slice's worker: nobody can know what it is. */
void gbn_large_lose(gbn_large *large);

/* Any other slice's: GBN_OK, GBN_SKIPPED if it is lost, GBN_ERR_CANCELLED. */
gbn_status gbn_large_wait(gbn_unpack *unpack, gbn_large *large);

/* The sink: count a slice; after the last one compare and finish the file. Frees it. */
gbn_status gbn_large_settle(gbn_unpack_worker *worker, gbn_piece *piece, gbn_error *err);

void gbn_large_free_all(gbn_unpack *unpack);

#endif

#ifndef BENCH_VIRTUAL_H
#define BENCH_VIRTUAL_H

#include <string.h>

#include "gbn_cache.h"
#include "gbn_gzip.h"
#include "gbn_outfile.h"
#include "gbn_product_state.h"
#include "gbn_reader.h"
#include "gbn_sha256.h"
#include "gbn_walk.h"

/*
 * An archive is made by the core as always, on a machine of any number of cores: whatever costs time per byte
 * - reading, hashing, deflating, copying, writing - touches no byte and sleeps as long as it would have worked,
 * holding one of the machine's cores. The linker puts these functions in the place of the core's
 * (ld --wrap); everything else, the walk, the queues and the order, is the real thing.
 */
struct costs { /* nanoseconds per byte, of what goes in; `write` of what comes out */
    double read, hash, deflate, copy, write;
    double ratio; /* bytes out per byte in */
};

/* Begin a run on `cores` cores; forget the last one's figures. */
void virtual_begin(const struct costs *costs, unsigned cores);

/* What the threads that exist once have cost the processor in this run: seconds. */
struct serial {
    double walk, taker, writer, hasher;
};

struct serial virtual_serial(void);

/* The linker's names of one of the core's functions and of the one in its place, which are of one type. */
#define WRAPPED(name) __typeof__(name) __real_##name, __wrap_##name

WRAPPED(gbn_cache_read);
WRAPPED(gbn_sha256_update);
WRAPPED(gbn_gzip_crc32);
WRAPPED(gbn_gzip_deflater_new);
WRAPPED(gbn_gzip_deflater_free);
WRAPPED(gbn_gzip_segment);
WRAPPED(gbn_outfile_write);
WRAPPED(gbn_product_hash_block);
WRAPPED(gbn_walk_next);
WRAPPED(gbn_reader_done);
WRAPPED(memcpy);

#endif

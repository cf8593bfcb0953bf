#ifndef BENCH_VIRTUAL_H
#define BENCH_VIRTUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_gzip.h"
#include "gbn_outfile.h"
#include "gbn_sha256.h"

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

/* The core's own functions, for measuring. */
gbn_status __real_gbn_sha256_update(gbn_sha256 *sha, const void *data, size_t length,
                                    gbn_error *err);
uint32_t __real_gbn_gzip_crc32(const gbn_gzip_codec *codec, uint32_t crc, const void *data,
                               size_t length);
gbn_status __real_gbn_gzip_deflater_new(const gbn_gzip_codec *codec, gbn_gzip_deflater **deflater,
                                        gbn_error *err);
void __real_gbn_gzip_deflater_free(gbn_gzip_deflater *deflater);
gbn_status __real_gbn_gzip_segment(gbn_gzip_deflater *deflater, const uint8_t *raw,
                                   size_t raw_length, uint8_t *out, size_t *out_length,
                                   gbn_error *err);
gbn_status __real_gbn_outfile_write(gbn_outfile *file, const void *data, size_t length,
                                    gbn_error *err);
void *__real_memcpy(void *to, const void *from, size_t length);
ssize_t __real_gbn_cache_read(int fd, void *data, size_t length, uint64_t offset, bool *waited);

#endif

/*
 * ISA-L behind the codec interface: raw deflate, level 1, "stateless" (the
 * whole block at once, no copy to a window) with FULL_FLUSH and no end of stream,
 * which makes it end with an empty stored block, 00 00 FF FF, on a byte boundary.
 * isal_deflate_reset is due before each block: the stateless call does not forget
 * its place in the bit buffer.
 *
 * A trap: ISA-L 2.30's isal_deflate_icf_body_hash_hist_04 takes the third byte's hash
 * from a register that holds the stream's *address* / 65,536 instead of the data
 * (.write_first_byte, tmp2). One bucket of the hash table, chosen by the address, then has
 * a wrong position in it. The output stays valid, but about one block in 10,000 comes
 * out differently for another stream. So streams are put only where that bucket is
 * bucket 0: equal input then gives equal bytes, in every thread and every run.
 */
#include "gbn_gzip_codec.h"

#include <errno.h>
#include <isa-l.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LEVEL = 1,
    LEVEL_BUFFER = ISAL_DEF_LVL1_DEFAULT,

    SLOT_BITS = 16,                 /* what the address is shifted by */
    BUCKETS = IGZIP_LVL1_HASH_SIZE, /* so about one slot in 8,192 will do */
    FIRST_SLOT = 0x20000000,        /* address 2^45: far from everything else */
    WINDOWS = 4096,                 /* of as many slots as there are buckets */
    STACK_BITS = 23,                /* 8 MiB, a thread's usual stack */
    SLOT_ATTEMPTS = 64,
};

struct state {
    struct isal_zstream stream; /* first: its address is the mapping's */
    uint8_t level_buffer[LEVEL_BUFFER];
};

/* ISA-L's hash: CRC-32C as the processor's instruction computes it, from 0. */
static unsigned
bucket_of(uint32_t slot)
{
    return crc32_iscsi((unsigned char *)&slot, sizeof slot, 0) & (BUCKETS - 1);
}

static struct state *
map(void *address, int flags)
{
    return mmap(address, sizeof(struct state), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* Where the bucket is 0; anywhere if the address space does not allow that. */
static struct state *
place_state(void)
{
    int attempt;
    /* Threads, whose stacks lie megabytes apart, begin in windows of their own. */
    const uintptr_t window = ((uintptr_t)&attempt >> STACK_BITS) % WINDOWS;
    uint32_t slot = FIRST_SLOT + (uint32_t)window * BUCKETS;
    struct state *state;

    for (attempt = 0; attempt < SLOT_ATTEMPTS; attempt++, slot++) {
        while (bucket_of(slot) != 0)
            slot++;
        state = map((void *)((uintptr_t)slot << SLOT_BITS), MAP_FIXED_NOREPLACE);
        if (state == (void *)((uintptr_t)slot << SLOT_BITS))
            return state;
        if (state != MAP_FAILED) /* a kernel before 4.17 takes the address for a hint */
            munmap(state, sizeof *state);
        else if (errno != EEXIST)
            break;
    }
    return map(NULL, 0);
}

static gbn_status
open_isal(void **result, gbn_error *err)
{
    struct state *state = place_state();

    *result = NULL;
    if (state == MAP_FAILED)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make an ISA-L stream");
    isal_deflate_stateless_init(&state->stream);
    state->stream.level = LEVEL;
    state->stream.level_buf = state->level_buffer;
    state->stream.level_buf_size = sizeof state->level_buffer;
    state->stream.gzip_flag = IGZIP_DEFLATE;
    state->stream.flush = FULL_FLUSH;
    state->stream.end_of_stream = 0;
    *result = state;
    return GBN_OK;
}

static void
close_isal(void *state)
{
    munmap(state, sizeof(struct state));
}

static gbn_status
deflate_isal(void *opaque, const uint8_t *raw, size_t raw_length, uint8_t *out, size_t *length,
             gbn_error *err)
{
    struct isal_zstream *stream = &((struct state *)opaque)->stream;
    int rc;

    if (raw_length > UINT32_MAX || *length > UINT32_MAX)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "deflate a block of %zu bytes", raw_length);
    isal_deflate_reset(stream);
    memcpy(&stream->next_in, &raw, sizeof raw); /* ISA-L takes no const, and writes nothing */
    stream->avail_in = (uint32_t)raw_length;
    stream->next_out = out;
    stream->avail_out = (uint32_t)*length;
    rc = isal_deflate_stateless(stream);
    if (rc == STATELESS_OVERFLOW)
        return GBN_SKIPPED;
    if (rc != COMP_OK)
        return gbn_fail(err, GBN_ERR_CODEC, 0, "deflate %zu bytes (ISA-L says %d)", raw_length, rc);
    *length = (size_t)(stream->next_out - out);
    return GBN_OK;
}

static uint32_t
crc32_isal(uint32_t crc, const void *data, size_t length)
{
    return crc32_gzip_refl(crc, data, length);
}

const struct gbn_gzip_codec gbn_gzip_isal = {
    .name = "isal",
    .open = open_isal,
    .close = close_isal,
    .deflate = deflate_isal,
    .crc32 = crc32_isal,
};

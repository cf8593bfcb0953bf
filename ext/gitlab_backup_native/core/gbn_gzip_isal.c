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

struct inflater {
    struct inflate_state state;
    uint8_t *segment; /* one with a final block behind it */
    size_t segment_size;
};

static gbn_status
open_inflate(void **result, gbn_error *err)
{
    struct inflater *inflater = malloc(sizeof *inflater);

    *result = NULL;
    if (inflater == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make an ISA-L stream");
    isal_inflate_init(&inflater->state);
    inflater->segment = NULL;
    inflater->segment_size = 0;
    *result = inflater;
    return GBN_OK;
}

static void
close_inflate(void *opaque)
{
    struct inflater *inflater = opaque;

    if (inflater != NULL)
        free(inflater->segment);
    free(inflater);
}

static gbn_status
start_inflate(void *opaque, gbn_error *err)
{
    struct inflater *inflater = opaque;

    (void)err;
    isal_inflate_reset(&inflater->state);
    return GBN_OK;
}

/* Whole bytes that are in the bit buffer still, the next one lowest. */
static void
give_back(const struct inflate_state *state, gbn_gzip_rest *rest)
{
    uint64_t bits = state->read_in >> (state->read_in_length % 8);
    size_t at;

    rest->length = (size_t)state->read_in_length / 8;
    for (at = sizeof rest->data - rest->length; at < sizeof rest->data; at++, bits >>= 8)
        rest->data[at] = (uint8_t)bits;
}

static uint32_t
at_most_uint32(size_t length)
{
    return length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

static gbn_status
inflate_isal(void *opaque, gbn_gunzip_io *io, gbn_gzip_rest *rest, gbn_error *err)
{
    struct inflate_state *state = &((struct inflater *)opaque)->state;
    const uint32_t in = at_most_uint32(io->in_length), out = at_most_uint32(io->out_length);
    int rc;

    memcpy(&state->next_in, &io->in, sizeof io->in); /* as above */
    state->avail_in = in;
    state->next_out = io->out;
    state->avail_out = out;
    rc = isal_inflate(state);
    io->in += in - state->avail_in;
    io->in_length -= in - state->avail_in;
    io->out += out - state->avail_out;
    io->out_length -= out - state->avail_out;
    rest->length = 0;
    if (rc == ISAL_INVALID_BLOCK || rc == ISAL_INVALID_SYMBOL || rc == ISAL_INVALID_LOOKBACK)
        return GBN_ERR_FORMAT;
    if (rc < 0)
        return gbn_fail(err, GBN_ERR_CODEC, 0, "inflate (ISA-L says %d)", rc);
    if (state->block_state != ISAL_BLOCK_FINISH)
        return GBN_OK;
    give_back(state, rest);
    return GBN_END;
}

static gbn_status
append_final_block(struct inflater *inflater, const uint8_t *stored, size_t length, gbn_error *err)
{
    static const uint8_t final[] = GBN_GZIP_FINAL_BLOCK;
    const size_t size = length + sizeof final;
    uint8_t *segment;

    if (size < length || size > UINT32_MAX)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "inflate a segment of %zu bytes", length);
    if (size > inflater->segment_size) {
        segment = realloc(inflater->segment, size);
        if (segment == NULL)
            return gbn_fail(err, GBN_ERR_NOMEM, 0, "inflate a segment of %zu bytes", length);
        inflater->segment = segment;
        inflater->segment_size = size;
    }
    if (length > 0)
        memcpy(inflater->segment, stored, length);
    memcpy(inflater->segment + length, final, sizeof final);
    return GBN_OK;
}

/* "Stateless" wants all of the input at once, and writes where the bytes belong at once. */
static gbn_status
inflate_segment_isal(void *opaque, const uint8_t *stored, size_t stored_length, uint8_t *raw,
                     size_t raw_length, gbn_error *err)
{
    struct inflater *inflater = opaque;
    struct inflate_state *state = &inflater->state;
    gbn_status rc = append_final_block(inflater, stored, stored_length, err);

    if (rc < 0)
        return rc;
    if (raw_length > UINT32_MAX)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "inflate a segment to %zu bytes", raw_length);
    isal_inflate_reset(state);
    state->next_in = inflater->segment;
    state->avail_in = (uint32_t)(stored_length + 2);
    state->next_out = raw;
    state->avail_out = (uint32_t)raw_length;
    if (isal_inflate_stateless(state) == ISAL_DECOMP_OK && state->avail_in == 0 &&
        state->avail_out == 0)
        return GBN_OK;
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "inflate a segment: the compressed data is damaged");
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
    .inflate_open = open_inflate,
    .inflate_close = close_inflate,
    .inflate_start = start_inflate,
    .inflate = inflate_isal,
    .inflate_segment = inflate_segment_isal,
    .crc32 = crc32_isal,
};

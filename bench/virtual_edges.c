#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "virtual.h"

enum { LEAST_NS = 20000, CONTENT = 64 * 1024 };

static const int64_t SECOND = 1000000000;

static struct costs costs;
static sem_t cores;
/* Of the calling thread: nanoseconds it has not slept yet, or has slept too long, which its next sleep makes up for. */
static _Thread_local int64_t owed;
static atomic_int_fast64_t walk_ns, taker_ns, writer_ns, hasher_ns;

static int64_t
clock_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static int64_t
thread_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* All that the thread has used so far, looked at now and then: to ask each time would cost more than what is asked about. */
static void
note_thread_ns(atomic_int_fast64_t *ns)
{
    static _Thread_local unsigned calls;

    if (calls++ % 16 == 0)
        *ns = thread_ns();
}

void
virtual_begin(const struct costs *measured, unsigned count)
{
    costs = *measured;
    sem_destroy(&cores);
    sem_init(&cores, 0, count);
    walk_ns = taker_ns = writer_ns = hasher_ns = 0;
}

struct serial
virtual_serial(void)
{
    return (struct serial){.walk = (double)walk_ns / 1e9,
                           .taker = (double)taker_ns / 1e9,
                           .writer = (double)writer_ns / 1e9,
                           .hasher = (double)hasher_ns / 1e9};
}

/* ---- sleeping ---- */

static void
owe(double ns_per_byte, size_t length)
{
    owed += (int64_t)(ns_per_byte * (double)length);
}

static void
sleep_owed(void)
{
    const int64_t end = clock_ns(CLOCK_MONOTONIC) + owed;
    const struct timespec time = {.tv_sec = end / SECOND, .tv_nsec = end % SECOND};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
    owed = end - clock_ns(CLOCK_MONOTONIC);
}

/* Computing takes a core, waiting for a disk does not. */
static void
work(double ns_per_byte, size_t length, bool computes)
{
    owe(ns_per_byte, length);
    if (owed < LEAST_NS)
        return;
    if (computes)
        sem_wait(&cores);
    sleep_owed();
    if (computes)
        sem_post(&cores);
}

/* ---- in the place of the core's functions ---- */

/* Who reads a file hashes it next: it sleeps for both at once. */
ssize_t
__wrap_gbn_cache_read(int fd, void *data, size_t length, uint64_t offset, bool *waited)
{
    (void)fd, (void)data, (void)offset, (void)waited;
    owe(costs.read, length);
    return (ssize_t)length;
}

gbn_status
__wrap_gbn_sha256_update(gbn_sha256 *sha, const void *data, size_t length, gbn_error *err)
{
    (void)sha, (void)data, (void)err;
    work(costs.hash, length, true);
    return GBN_OK;
}

/* A part of what deflating costs, as it was measured. */
uint32_t
__wrap_gbn_gzip_crc32(const gbn_gzip_codec *codec, uint32_t crc, const void *data, size_t length)
{
    (void)codec, (void)data, (void)length;
    return crc;
}

gbn_status
__wrap_gbn_gzip_deflater_new(const gbn_gzip_codec *codec, gbn_gzip_deflater **deflater,
                             gbn_error *err)
{
    (void)codec, (void)err;
    *deflater = NULL;
    return GBN_OK;
}

void
__wrap_gbn_gzip_deflater_free(gbn_gzip_deflater *deflater)
{
    (void)deflater;
}

gbn_status
__wrap_gbn_gzip_segment(gbn_gzip_deflater *deflater, const uint8_t *raw, size_t raw_length,
                        uint8_t *out, size_t *out_length, gbn_error *err)
{
    (void)deflater, (void)raw, (void)out, (void)err;
    work(costs.deflate, raw_length, true);
    *out_length = (size_t)((double)raw_length * costs.ratio);
    return GBN_OK;
}

gbn_status
__wrap_gbn_outfile_write(gbn_outfile *file, const void *data, size_t length, gbn_error *err)
{
    (void)file, (void)data, (void)err;
    work(costs.write, length, false);
    note_thread_ns(&writer_ns);
    return GBN_OK;
}

/* Headers are copied in truth. */
void *
__wrap_memcpy(void *to, const void *from, size_t length)
{
    if (length < CONTENT)
        return __real_memcpy(to, from, length);
    work(costs.copy, length, true);
    return to;
}

/* The product's own hash has a ceiling that is stated, not counted. */
gbn_status
__wrap_gbn_product_hash_block(void *context, gbn_block *block, gbn_error *err)
{
    (void)context, (void)block, (void)err;
    note_thread_ns(&hasher_ns);
    return GBN_OK;
}

/* ---- what only one thread does at a time ---- */

gbn_status
__wrap_gbn_walk_next(gbn_walk *walk, gbn_walk_item *item, gbn_error *err)
{
    const int64_t began = thread_ns();
    const gbn_status rc = __real_gbn_walk_next(walk, item, err);

    walk_ns += thread_ns() - began;
    return rc;
}

void
__wrap_gbn_reader_done(gbn_reader *reader)
{
    __real_gbn_reader_done(reader);
    note_thread_ns(&taker_ns);
}

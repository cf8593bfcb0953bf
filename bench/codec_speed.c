/*
 * codec_speed CODEC - deflates standard input block by block and prints how long the codec alone
 * took: neither reading nor what an archive does besides is counted.
 *
 * Input is taken in chunks far larger than the caches, as an archive's blocks are not in them either.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gbn_gzip.h"
#include "gbn_gzip_codec.h"

enum {
    BLOCK = 1024 * 1024,
    CHUNK = 64 * BLOCK,
    ROOM = 2 * BLOCK,
};

struct figures {
    double seconds;
    uint64_t raw, stored;
};

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static gbn_status
deflate_chunk(const gbn_gzip_codec *codec, void *state, const uint8_t *chunk, size_t length,
              uint8_t *out, struct figures *figures, gbn_error *err)
{
    const double began = now();
    size_t offset, block, used;
    gbn_status rc;

    for (offset = 0; offset < length; offset += block) {
        block = length - offset < BLOCK ? length - offset : BLOCK;
        used = ROOM;
        rc = codec->deflate(state, chunk + offset, block, out, &used, err);
        if (rc < 0)
            return rc;
        figures->stored += used;
    }
    figures->seconds += now() - began;
    figures->raw += length;
    return GBN_OK;
}

static gbn_status
deflate_all(const gbn_gzip_codec *codec, uint8_t *chunk, uint8_t *out, struct figures *figures,
            gbn_error *err)
{
    void *state;
    size_t length;
    gbn_status rc = codec->open(&state, err);

    if (rc < 0)
        return rc;
    while (rc >= 0 && (length = fread(chunk, 1, CHUNK, stdin)) > 0)
        rc = deflate_chunk(codec, state, chunk, length, out, figures, err);
    codec->close(state);
    return rc;
}

/* Written to once, so that no page of it is made while the codec is timed. */
static uint8_t *
new_buffer(size_t size)
{
    uint8_t *buffer = malloc(size);

    if (buffer != NULL)
        memset(buffer, 1, size);
    return buffer;
}

static int
measure(const gbn_gzip_codec *codec, uint8_t *chunk, uint8_t *out)
{
    struct figures figures = {0};
    gbn_error err;

    if (deflate_all(codec, chunk, out, &figures, &err) < 0) {
        fprintf(stderr, "codec_speed: %s\n", err.message);
        return EXIT_FAILURE;
    }
    printf("seconds %f\nraw %" PRIu64 "\nstored %" PRIu64 "\n", figures.seconds, figures.raw,
           figures.stored);
    return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    const gbn_gzip_codec *codec = argc == 2 ? gbn_gzip_codec_find(argv[1]) : NULL;
    uint8_t *chunk = new_buffer(CHUNK), *out = new_buffer(ROOM);
    int status = EXIT_FAILURE;

    if (codec == NULL || chunk == NULL || out == NULL)
        fprintf(stderr, "usage: codec_speed CODEC <DATA\n");
    else
        status = measure(codec, chunk, out);
    free(out);
    free(chunk);
    return status;
}

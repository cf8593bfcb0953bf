/*
 * Products inflated by their manifest and without it for ThreadSanitizer, under which Criterion does
 * not start: whole runs with one to eight workers, and runs called off at many moments. Run in
 * an empty directory, which it fills.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gbn_inflate.h"
#include "gbn_stream.h"
#include "jobs.h"

enum { LENGTH = 7 * 1024 * 1024 + 1, ROUNDS = 24, CANCELS = 60 };

static void
make_product(void)
{
    gbn_stream_options options = {.product = {.target = "p",
                                              .manifest = "m",
                                              .backup_id = "1",
                                              .name = "p",
                                              .codec = gbn_gzip_codec_find(NULL),
                                              .workers = 4}};
    gbn_product_result result = {0};
    FILE *file = fopen("raw", "w+e");
    gbn_error err;
    gbn_job *job;

    if (file == NULL)
        abort();
    for (int i = 0; i < LENGTH; i++)
        putc((uint8_t)(i * 7L * i / 1000), file);
    fflush(file);
    rewind(file);
    options.fd = fileno(file);
    if (gbn_stream_start(&options, &result, &job, &err) < 0 || end_job(job, false, 0) < 0)
        abort();
    gbn_product_result_free(&result);
    fclose(file);
}

static gbn_status
inflate(unsigned round, bool cancelled, long pause_ns)
{
    const int out = open("out", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    const gbn_inflate_options options = {.source.path = "p",
                                         .manifest = round % 2 == 0 ? "m" : NULL,
                                         .fd = round % 3 == 0 ? -1 : out,
                                         .workers = 1 + round % 8};
    uint64_t raw;
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    if (gbn_inflate_start(&options, &raw, &job, &err) < 0)
        abort();
    close(out);
    rc = end_job(job, cancelled, pause_ns);
    assert(rc < 0 || raw == LENGTH);
    return rc;
}

int
main(void)
{
    make_product();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (inflate(i, false, 0) < 0)
            return 1;
    }
    for (unsigned i = 0; i < CANCELS; i++)
        inflate(i, true, i * 500000L);
    return 0;
}

/*
 * Products inflated by their manifest and without it for ThreadSanitizer, under which Criterion does
 * not start: whole runs with one to eight workers, and runs called off at many moments. Run in
 * an empty directory, which it fills.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gbn_inflate.h"
#include "jobs.h"
#include "products.h"

enum { LENGTH = 7 * 1024 * 1024 + 1, ROUNDS = 24, CANCELS = 60 };

static void
pack_numbers(void)
{
    FILE *file = fopen("raw", "w+e");

    if (file == NULL)
        abort();
    for (int i = 0; i < LENGTH; i++)
        putc((uint8_t)(i * 7L * i / 1000), file);
    make_product(file);
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
    pack_numbers();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (inflate(i, false, 0) < 0)
            return 1;
    }
    for (unsigned i = 0; i < CANCELS; i++)
        inflate(i, true, i * 500000L);
    return 0;
}

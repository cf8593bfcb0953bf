/*
 * Archives, streams and digests for ThreadSanitizer, under which Criterion does not start:
 * whole runs with one to eight workers, and runs called off at many moments. Run in an empty
 * directory, which it fills.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_archive.h"
#include "gbn_digest.h"
#include "gbn_stream.h"
#include "jobs.h"
#include "products.h"
#include "trees.h"

enum { FOLDERS = 60, FILES = 12, ROUNDS = 30, CANCELS = 60 };

static void
make_tree(void)
{
    char folder[32];

    make_root();
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(folder, sizeof folder, "r/%d", i / 10);
        mkdir(folder, 0755);
        snprintf(folder, sizeof folder, "r/%d/%d", i / 10, i);
        make_folder(folder, FILES, (size_t)i * 300);
        link_file(folder, FILES - 1);
    }
}

static gbn_status
end_product(gbn_job *job, bool cancelled, long pause_ns)
{
    const gbn_status rc = end_job(job, cancelled, pause_ns);

    unlink("p");
    unlink("m");
    return rc;
}

static gbn_product_options
product(unsigned round)
{
    return product_options(round % 3 == 0 ? NULL : "zlib", 1 + round % 8);
}

static gbn_status
archive(unsigned round, bool cancelled, long pause_ns)
{
    const gbn_archive_options options = {.root = "r", .product = product(round)};
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    if (gbn_archive_start(&options, &result, &job, &err) < 0)
        abort();
    rc = end_product(job, cancelled, pause_ns);
    assert(rc < 0 || result.files == FOLDERS * (FILES + 1) + 1);
    gbn_product_result_free(&result);
    return rc;
}

static gbn_status
stream(unsigned round, bool cancelled, long pause_ns)
{
    gbn_stream_options options = {.product = product(round)};
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    options.fd = open("r/large", O_RDONLY | O_CLOEXEC);
    if (gbn_stream_start(&options, &result, &job, &err) < 0)
        abort();
    close(options.fd);
    rc = end_product(job, cancelled, pause_ns);
    gbn_product_result_free(&result);
    return rc;
}

static gbn_status
digests(unsigned round, bool cancelled, long pause_ns)
{
    static const char *const paths[] = {"r/large", "r/0/1/2", "r/0/1/3", "r/5/55/1", "r/large"};
    uint8_t sums[5][GBN_SHA256_SIZE];
    const gbn_digest_options options = {
        .paths = paths, .count = 5, .workers = 1 + round % 8, .sync = true, .drop = true};
    gbn_error err;
    gbn_job *job;

    if (gbn_digest_start(&options, sums, &job, &err) < 0)
        abort();
    return end_job(job, cancelled, pause_ns);
}

int
main(void)
{
    make_tree();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (archive(i, false, 0) < 0 || stream(i, false, 0) < 0 || digests(i, false, 0) < 0)
            return 1;
    }
    for (unsigned i = 0; i < CANCELS; i++) {
        archive(i, true, i * 2000000L);
        stream(i, true, i * 500000L);
        digests(i, true, i * 200000L);
    }
    return 0;
}

/*
 * The text in a product read by a load for ThreadSanitizer, under which Criterion does not start: the
 * blocks come on a thread of the product's while the load's own waits. Whole runs, and runs called off at
 * many moments. Run in an empty directory, which it fills.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gbn_load.h"
#include "jobs.h"
#include "products.h"

enum { ROWS = 400000, ROUNDS = 10, CANCELS = 60 };

/* Returns bytes of the text. */
static uint64_t
pack_text(void)
{
    FILE *file = fopen("raw", "w+e");
    long length;

    if (file == NULL)
        abort();
    fputs("SELECT 1;\nCOPY t FROM stdin;\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%d\tabc\n", i);
    fputs("\\.\n", file);
    length = ftell(file);
    make_product(file);
    return (uint64_t)length;
}

static gbn_status
load(uint64_t length, bool cancelled, long pause_ns)
{
    const gbn_inflate_options product = {
        .source.path = "p", .manifest = "m", .workers = 1, .to = length};
    const gbn_load_options options = {.fd = -1, .product = &product, .line = 1};
    gbn_load_result result = {0};
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    if (gbn_load_start(&options, &result, &job, &err) < 0)
        abort();
    rc = end_job(job, cancelled, pause_ns);
    assert(rc < 0 || (result.statements == 2 && result.bytes == length));
    gbn_load_result_free(&result);
    return rc;
}

int
main(void)
{
    const uint64_t length = pack_text();

    for (unsigned i = 0; i < ROUNDS; i++) {
        if (load(length, false, 0) < 0)
            return 1;
    }
    for (unsigned i = 0; i < CANCELS; i++)
        load(length, true, i * 300000L);
    return 0;
}

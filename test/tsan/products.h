#ifndef PRODUCTS_H
#define PRODUCTS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gbn_stream.h"
#include "jobs.h"

/* products - a product "p" and its manifest "m" in the working directory. */

/* Options of one of the codec called so (NULL: the best), made by so many threads. */
static inline gbn_product_options
product_options(const char *codec, unsigned workers)
{
    return (gbn_product_options){
        .target = "p",
        .manifest = "m",
        .backup_id = "1",
        .name = "p",
        .codec = gbn_gzip_codec_find(codec),
        .workers = workers,
    };
}

/* Make one of all that was written to `raw`, a file open for reading too, and close that. Ends the program on failure. */
static inline void
make_product(FILE *raw)
{
    const gbn_stream_options options = {.fd = fileno(raw), .product = product_options(NULL, 4)};
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;

    if (fflush(raw) != 0)
        abort();
    rewind(raw);
    if (gbn_stream_start(&options, &result, &job, &err) < 0 || end_job(job, false, 0) < 0)
        abort();
    gbn_product_result_free(&result);
    fclose(raw);
}

#endif

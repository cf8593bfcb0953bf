#ifndef OUTPUT_H
#define OUTPUT_H

#include "gbn_bytes.h"
#include "gbn_job.h"
#include "gbn_product.h"

/*
 * output - a product made in the scratch directory, as "p" with its manifest "m", and what
 * other programs say of it.
 */

/* Options of a product of the codec called so ("none": not compressed). */
gbn_product_options output_options(const char *codec, unsigned workers);

/* Wait for a job to its end and finish it. */
gbn_status output_finish(gbn_job *job, gbn_error *err);

/* Is there nothing where the product and its manifest would be, nor anything temporary beside them? */
bool output_is_absent(void);

/* What gzip makes of "p", with a NUL behind that does not count. */
void output_inflate(gbn_bytes *raw);

/* Do size and sum of "p" agree with `result`, and its raw size, and is gzip content with it? */
void output_expect_result(const gbn_product_result *result, bool compressed);

/* Do two files have the same bytes? */
bool output_same(const char *a, const char *b);

#endif

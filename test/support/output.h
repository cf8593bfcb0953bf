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

/* Finish a job when it has had so long, wherever it is then: expect it to be done or called off, and tell which. */
gbn_status output_break_off(gbn_job *job, long after_ns, gbn_error *err);

/* Make "p" of the bytes of `input`, a file; a "p" from before is removed. */
void output_pack(const char *input, const char *codec);

/* Remove "p" and "m", where they are, and empty `result`. */
void output_remove(gbn_product_result *result);

/*
 * Let the disk be full at each of the first `writes` writes, one run after the other: expect each that fails to say so
 * in `err` and to leave nothing, and some to fail. A product that is made is removed; what `run` knows of it is its own.
 */
void output_expect_full_disk(gbn_status (*run)(void), int writes, const gbn_error *err);

/* Is there nothing where the product and its manifest would be, nor anything temporary beside them? */
bool output_is_absent(void);

/* What gzip makes of "p", with a NUL behind that does not count. */
void output_inflate(gbn_bytes *raw);

/* Do size and sum of "p" agree with `result`, and its raw size, and is gzip content with it? */
void output_expect_result(const gbn_product_result *result, bool compressed);

/* Do two files have the same bytes? */
bool output_same(const char *a, const char *b);

#endif

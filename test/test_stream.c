#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gbn_stream.h"
#include "output.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

static gbn_error err;
static gbn_product_result result;
static gbn_stream_options options;
static int writing_end;
static size_t descriptors, threads;

static void
begin(void)
{
    int ends[2];

    scratch_enter();
    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
    options = (gbn_stream_options){.fd = ends[0], .product = output_options("zlib", 2)};
    writing_end = ends[1];
    descriptors = process_descriptors();
    threads = process_threads();
}

static void
end(void)
{
    gbn_product_result_free(&result);
    cr_assert(le(sz, process_descriptors(), descriptors));
    cr_assert(process_has_threads(threads));
    scratch_leave();
}

TestSuite(stream, .init = begin, .fini = end, .timeout = 60);

struct text {
    uint8_t *data;
    size_t length, piece;
};

static void *
write_text(void *argument)
{
    const struct text *text = argument;
    size_t done = 0;

    while (done < text->length) {
        size_t size = text->length - done < text->piece ? text->length - done : text->piece;
        ssize_t n = write(writing_end, text->data + done, size);

        cr_assert(gt(long, n, 0));
        done += (size_t)n;
    }
    close(writing_end);
    return NULL;
}

static void
expect_round(size_t length, size_t piece)
{
    struct text text = {malloc(length + 1), length, piece};
    gbn_bytes raw = GBN_BYTES_INIT;
    pthread_t thread;
    gbn_job *job;

    sample_fill(SAMPLE_TEXT, text.data, length, length);
    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
    pthread_create(&thread, NULL, write_text, &text);
    cr_assert(eq(int, output_finish(job, &err), GBN_OK));
    pthread_join(thread, NULL);
    output_expect_result(&result, true);
    output_inflate(&raw);
    cr_assert(eq(sz, raw.length, length));
    cr_assert(eq(int, memcmp(raw.data, text.data, length), 0));
    gbn_bytes_free(&raw);
    free(text.data);
}

Test(stream, nothing_is_an_empty_member)
{
    expect_round(0, 1);
}

Test(stream, single_bytes_are_gathered)
{
    expect_round(5000, 1);
}

Test(stream, a_block_to_the_byte)
{
    expect_round(1024 * 1024, 65536);
}

Test(stream, many_blocks_in_pieces_that_fit_none)
{
    expect_round(20 * 1024 * 1024 + 1, 77777);
}

Test(stream, a_pipe_that_does_not_block_is_read_to_its_end)
{
    fcntl(options.fd, F_SETFL, O_NONBLOCK);
    expect_round(3 * 1024 * 1024, 1000);
}

Test(stream, the_callers_descriptor_stays_the_callers)
{
    gbn_job *job;
    int fd = options.fd;

    cr_assert(eq(long, write(writing_end, "x", 1), 1));
    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
    close(fd); /* whatever takes its number now is not read */
    cr_assert(eq(int, open("/dev/zero", O_RDONLY | O_CLOEXEC), fd));
    close(writing_end);
    cr_assert(eq(int, output_finish(job, &err), GBN_OK));
    cr_assert(eq(u64, result.raw, 1));
    cr_assert(ge(int, fcntl(fd, F_GETFD), 0));
}

Test(stream, a_writer_that_says_nothing_is_given_up_within_half_a_second)
{
    const long before = process_clock_ms();
    gbn_job *job;

    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, gbn_job_wait(job, 50), GBN_AGAIN));
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
    cr_assert(lt(long, process_clock_ms() - before, 3000));
    cr_assert(output_is_absent());
}

Test(stream, finishing_it_at_any_moment_leaves_nothing)
{
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    options.fd = zero;
    for (long i = 0; i < 40; i++) {
        gbn_job *job;

        options.product.workers = 1 + (unsigned)i % 4;
        cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
        cr_assert(eq(int, output_break_off(job, i * 500 * 1000, &err), GBN_ERR_CANCELLED));
        cr_assert(output_is_absent());
    }
    close(zero);
}

Test(stream, what_cannot_be_read_leaves_nothing)
{
    gbn_job *job;

    options.fd = open("/", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(int, err.errnum, EISDIR), eq(str, err.message, "read the input")));
    cr_assert(output_is_absent());
    close(options.fd);
    options.fd = -1;
    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EBADF));
    cr_assert(output_is_absent());
}

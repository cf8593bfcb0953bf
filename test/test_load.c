#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_load.h"
#include "gbn_load_result.h"
#include "output.h"
#include "process.h"
#include "scratch.h"

/* What needs a server is in spec/load_spec.rb. */
static const char TEXT[] = "SELECT 1;\nCOPY t FROM stdin;\n1\n\\.\n"
                           "-- PostgreSQL database dump complete\n";
static gbn_error err;
static gbn_load_result result;

static void
begin(void)
{
    scratch_enter();
    process_remember();
}

static void
end(void)
{
    gbn_load_result_free(&result);
    process_expect_same();
    scratch_leave();
}

TestSuite(load, .init = begin, .fini = end, .timeout = 60);

static gbn_status
check(const char *text, size_t length)
{
    gbn_load_options options = {0};
    gbn_status rc;
    gbn_job *job;

    scratch_write("sql", text, length);
    options.fd = open("sql", O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_OK));
    rc = output_finish(job, &err);
    close(options.fd);
    return rc;
}

Test(load, without_a_server_a_text_is_only_read)
{
    cr_assert(eq(int, check(TEXT, strlen(TEXT)), GBN_OK));
    cr_assert(eq(u64, result.bytes, strlen(TEXT)));
    cr_assert(eq(u64, result.statements, 2));
    cr_assert(eq(sz, result.failure_count, 0));
}

Test(load, every_truncation_is_noticed)
{
    for (size_t length = 0; length < strlen(TEXT) - 1; length++)
        cr_assert(eq(int, check(TEXT, length), GBN_ERR_FORMAT));
}

Test(load, a_statement_may_be_larger_than_a_piece)
{
    const size_t length = 3 * 1024 * 1024;
    char *text = malloc(length + sizeof TEXT);

    memset(text, ' ', length);
    memcpy(text, "SELECT ", 7);
    memcpy(text + length - 2, "1;", 2);
    memcpy(text + length, TEXT, sizeof TEXT);
    cr_assert(eq(int, check(text, length + strlen(TEXT)), GBN_OK));
    cr_assert(eq(u64, result.statements, 3));
    free(text);
}

/* The text in the product "p" whose manifest is "m", but for its first and last bytes, which stand around it. */
static gbn_status
check_product(const char *text)
{
    const size_t length = strlen(text);
    gbn_inflate_options product = {
        .source.path = "p", .manifest = "m", .workers = 1, .from = 3, .to = length - 3};
    gbn_load_options options = {
        .fd = -1, .product = &product, .first = "SEL", .last = text + length - 3};
    gbn_job *job;

    scratch_write("sql", text, length);
    output_pack("sql", "zlib");
    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_OK));
    return output_finish(job, &err);
}

Test(load, a_product_is_read_without_a_pipe)
{
    cr_assert(eq(int, check_product(TEXT), GBN_OK), "%s", err.message);
    cr_assert(eq(u64, result.bytes, strlen(TEXT)));
    cr_assert(eq(u64, result.statements, 2));
}

Test(load, what_is_wrong_in_a_product_is_what_ends_it)
{
    cr_assert(eq(int, check_product("SELECT 1;\n\\! id\nSELECT 2;\n"), GBN_ERR_FORMAT));
    cr_assert(strstr(err.message, "line 2: a command for psql") != NULL, "%s", err.message);
}

Test(load, a_product_that_is_damaged_is_told)
{
    gbn_inflate_options product = {.source.path = "p", .manifest = "m", .workers = 1, .to = 9};
    gbn_load_options options = {.fd = -1, .product = &product, .line = 1};
    gbn_job *job;
    int fd;

    cr_assert(eq(int, check_product(TEXT), GBN_OK));
    fd = open("p", O_RDWR | O_CLOEXEC);
    cr_assert(eq(long, pwrite(fd, "xxx", 3, 12), 3));
    close(fd);
    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_ERR_FORMAT));
    cr_assert(strstr(err.message, "checksum differs") != NULL, "%s", err.message);
    unlink("p");
    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_ERR_SYSTEM));
}

Test(load, a_writer_that_says_nothing_is_given_up)
{
    gbn_load_options options = {0};
    gbn_job *job;
    int ends[2];

    cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
    options.fd = ends[0];
    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, gbn_job_wait(job, 20), GBN_AGAIN));
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
    close(ends[0]);
    close(ends[1]);
}

Test(load, what_cannot_be_read_is_an_error)
{
    gbn_load_options options = {.fd = -1};
    gbn_job *job;

    cr_assert(eq(int, gbn_load_start(&options, &result, &job, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EBADF));
}

Test(load, failures_are_counted_by_state_and_verb_and_some_are_kept)
{
    const gbn_pg_refusal missing = {"42P01", "no such table"}, zero = {"22012", "division by zero"};

    for (uint64_t i = 1; i <= 2000; i++)
        cr_assert(eq(int, gbn_load_result_add(&result, &missing, "alter TABLE t;", i, &err), 0));
    cr_assert(eq(int, gbn_load_result_add(&result, &missing, "COPY t FROM stdin;", 7, &err), 0));
    cr_assert(eq(int, gbn_load_result_add(&result, &zero, "SELECT 1/0;", 8, &err), 0));
    cr_assert(eq(sz, result.kind_count, 3));
    cr_assert(eq(u64, result.kinds[0].count, 2000));
    cr_assert(eq(str, result.kinds[0].verb, "ALTER"));
    cr_assert(eq(str, result.kinds[1].verb, "COPY"));
    cr_assert(eq(sz, result.failure_count, 52));
    cr_assert(eq(str, result.failures[51].statement, "SELECT 1/0;"));
    cr_assert(eq(str, result.failures[51].message, "division by zero"));
    cr_assert(eq(u64, result.failures[51].line, 8));
}

Test(load, memory_for_failures_is_bounded)
{
    uint64_t counted = 0;
    char statement[2000];

    for (int i = 0; i < 5000; i++) {
        gbn_pg_refusal refusal = {.message = "a message"};

        for (int digit = 4, rest = i; digit >= 0; digit--, rest /= 10)
            refusal.sqlstate[digit] = (char)('0' + rest % 10);
        memset(statement, 'x', sizeof statement - 1);
        statement[sizeof statement - 1] = '\0';
        cr_assert(eq(int, gbn_load_result_add(&result, &refusal, statement, 1, &err), GBN_OK));
    }
    cr_assert(le(sz, result.failure_count, GBN_LOAD_FAILURES_MAX));
    cr_assert(eq(sz, strlen(result.failures[0].statement), 200));
    for (size_t i = 0; i < result.kind_count; i++)
        counted += result.kinds[i].count;
    cr_assert(eq(u64, counted, 5000));
    cr_assert(eq(str, result.kinds[result.kind_count - 1].sqlstate, ""));
}

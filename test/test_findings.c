#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "gbn_findings.h"

static gbn_findings findings;
static gbn_unpack_result result;
static gbn_error err;

static void
begin_with(bool strict)
{
    result = (gbn_unpack_result){0};
    gbn_findings_init(&findings, &result, "p.tar.gz", strict);
}

static void
begin(void)
{
    begin_with(false);
}

static void
end(void)
{
    gbn_findings_free(&findings);
    gbn_unpack_result_free(&result);
}

TestSuite(findings, .init = begin, .fini = end, .timeout = 60);

static gbn_status
add(gbn_finding_kind kind, const char *path, uint64_t offset, uint64_t length, const char *reason)
{
    return gbn_findings_add(&findings, kind, path, (gbn_range){offset, length}, reason, &err);
}

Test(findings, each_is_kept_as_it_was_given)
{
    char path[] = "a/b";
    char reason[] = "bad";

    cr_assert(eq(int, add(GBN_FINDING_FILE, path, 10, 20, reason), GBN_OK));
    cr_assert(eq(int, add(GBN_FINDING_PRODUCT, NULL, 0, 0, "short"), GBN_OK));
    memset(path, 'x', 3);
    memset(reason, 'x', 3);
    cr_assert(all(eq(sz, result.finding_count, 2), eq(u64, result.counts[GBN_FINDING_FILE], 1),
                  eq(u64, result.counts[GBN_FINDING_PRODUCT], 1)));
    cr_assert(all(eq(str, result.findings[0].path, "a/b"),
                  eq(str, result.findings[0].reason, "bad"), eq(u64, result.findings[0].offset, 10),
                  eq(u64, result.findings[0].length, 20)));
    cr_assert_null(result.findings[1].path);
}

Test(findings, only_the_first_thousand_are_kept_but_all_are_counted)
{
    char path[32];

    for (int i = 0; i < GBN_FINDINGS + 500; i++) {
        snprintf(path, sizeof path, "%d", i);
        cr_assert(eq(int, add(GBN_FINDING_FILE, path, 0, 0, "bad"), GBN_OK));
    }
    cr_assert(all(eq(sz, result.finding_count, (size_t)GBN_FINDINGS),
                  eq(u64, result.counts[GBN_FINDING_FILE], (uint64_t)GBN_FINDINGS + 500)));
    cr_assert(eq(str, result.findings[GBN_FINDINGS - 1].path, "999"));
}

static void *
add_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < 400; i++)
        gbn_findings_add(&findings, GBN_FINDING_BLOCK, "p", (gbn_range){0, 1}, "r", NULL);
    return NULL;
}

Test(findings, any_number_of_threads_may_add)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        cr_assert(eq(int, pthread_create(&threads[i], NULL, add_many, NULL), 0));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert(all(eq(sz, result.finding_count, (size_t)GBN_FINDINGS),
                  eq(u64, result.counts[GBN_FINDING_BLOCK], 1600)));
}

Test(findings, strict_the_first_is_a_failure_that_says_what_where_and_why)
{
    end();
    begin_with(true);
    cr_assert(eq(int, add(GBN_FINDING_FILE, "a", 10, 20, "bad"), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "extract a from p.tar.gz: bad (bytes 10 to 29)"));
    cr_assert(eq(int, add(GBN_FINDING_HEADER, "a", 0, 0, "bad"), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "extract a from p.tar.gz: bad"));
    cr_assert(eq(int, add(GBN_FINDING_HEADER, "", 0, 0, "bad"), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "extract . from p.tar.gz: bad"));
    cr_assert(eq(int, add(GBN_FINDING_BLOCK, NULL, 10, 1, "bad"), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read p.tar.gz: bad (bytes 10 to 10)"));
    cr_assert(eq(int, add(GBN_FINDING_PRODUCT, NULL, 0, 0, "bad"), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read p.tar.gz: bad"));
    cr_assert(eq(sz, result.finding_count, 0));
}

Test(findings, what_is_left_out_on_purpose_is_no_failure)
{
    end();
    begin_with(true);
    cr_assert(eq(int, add(GBN_FINDING_SKIPPED, "dev", 0, 0, "devices are not extracted"), GBN_OK));
    cr_assert(all(eq(sz, result.finding_count, 1), eq(u64, result.counts[GBN_FINDING_SKIPPED], 1)));
}

Test(findings, every_kind_has_a_word)
{
    static const char *const words[] = {"block",    "file",    "header",
                                        "manifest", "product", "skipped"};

    for (int i = 0; i < GBN_FINDING_KINDS; i++)
        cr_assert(eq(str, (char *)gbn_finding_text((gbn_finding_kind)i), (char *)words[i]));
}

Test(findings, a_result_can_be_freed_twice)
{
    add(GBN_FINDING_FILE, "a", 0, 0, "bad");
    gbn_unpack_result_free(&result);
    gbn_unpack_result_free(&result);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "gbn_time.h"

/* Seconds and nanoseconds of INT64_MAX and of INT64_MIN, by bc(1). */
static const int64_t LAST = 9223372036, LAST_REST = 854775807;
static const int64_t FIRST = -9223372037, FIRST_REST = 145224192;

static void
expect_both_ways(int64_t seconds, int64_t nanoseconds, int64_t ns)
{
    cr_assert(eq(i64, gbn_time_ns(seconds, nanoseconds), ns));
    cr_assert(eq(i64, gbn_time_seconds(ns), seconds));
    cr_assert(eq(i64, gbn_time_rest(ns), nanoseconds));
}

Test(time, seconds_and_nanoseconds_become_one_number_and_two_again)
{
    expect_both_ways(0, 0, 0);
    expect_both_ways(0, 1, 1);
    expect_both_ways(1, 0, 1000000000);
    expect_both_ways(1700000000, 999999999, 1700000000999999999);
}

Test(time, before_1970_the_nanoseconds_still_count_forward)
{
    expect_both_ways(-1, 999999999, -1);
    expect_both_ways(-1, 0, -1000000000);
    expect_both_ways(-2, 999999999, -1000000001);
    expect_both_ways(-31536000, 500000000, -31535999500000000);
}

Test(time, the_first_and_the_last_of_64_bits_are_exact)
{
    expect_both_ways(LAST, LAST_REST, INT64_MAX);
    expect_both_ways(LAST, LAST_REST - 1, INT64_MAX - 1);
    expect_both_ways(LAST, 0, INT64_MAX - LAST_REST);
    expect_both_ways(FIRST, FIRST_REST, INT64_MIN);
    expect_both_ways(FIRST, FIRST_REST + 1, INT64_MIN + 1);
    expect_both_ways(FIRST + 1, 0, INT64_MIN + 1000000000 - FIRST_REST);
}

Test(time, what_lies_beyond_is_the_first_or_the_last)
{
    cr_assert(eq(i64, gbn_time_ns(LAST, LAST_REST + 1), INT64_MAX));
    cr_assert(eq(i64, gbn_time_ns(LAST + 1, 0), INT64_MAX));
    cr_assert(eq(i64, gbn_time_ns(INT64_MAX, 999999999), INT64_MAX));
    cr_assert(eq(i64, gbn_time_ns(FIRST, FIRST_REST - 1), INT64_MIN));
    cr_assert(eq(i64, gbn_time_ns(FIRST - 1, 999999999), INT64_MIN));
    cr_assert(eq(i64, gbn_time_ns(INT64_MIN, 0), INT64_MIN));
}

Test(time, equal_means_to_the_nanosecond)
{
    cr_assert(gbn_time_is(-1, -1, 999999999));
    cr_assert(gbn_time_is(1700000000000000001, 1700000000, 1));
    cr_assert_not(gbn_time_is(1700000000000000001, 1700000000, 2));
    cr_assert_not(gbn_time_is(1700000000000000001, 1700000001, 1));
}

Test(time, what_lies_beyond_equals_nothing)
{
    cr_assert_not(gbn_time_is(gbn_time_ns(LAST + 1, 0), LAST + 1, 0));
    cr_assert_not(gbn_time_is(gbn_time_ns(LAST + 1, 0), LAST + 2, 0));
    cr_assert_not(gbn_time_is(INT64_MAX, LAST, LAST_REST));
    cr_assert_not(gbn_time_is(INT64_MIN, FIRST, FIRST_REST));
}

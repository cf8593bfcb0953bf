#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "gbn_pace.h"

static const uint64_t SECOND = 1000000000;
static const uint64_t MS = 1000000;

/* A clock that only sleeping moves, and that is woken early when it is told to. */
static struct machine {
    uint64_t time, naps, longest;
    uint64_t short_by;   /* ns that a nap is too short by, 0 mostly */
    uint64_t stops_at;   /* ns; 0: never */
    unsigned stop_looks; /* how often it was asked */
} machine;

static uint64_t
now(void *context)
{
    return ((struct machine *)context)->time;
}

static void
nap(void *context, uint64_t ns)
{
    struct machine *at = context;
    uint64_t slept = ns > at->short_by ? ns - at->short_by : ns;

    cr_assert(gt(u64, ns, 0));
    at->time += slept;
    at->naps++;
    at->longest = ns > at->longest ? ns : at->longest;
}

static bool
stopped(void *context)
{
    struct machine *at = context;

    at->stop_looks++;
    return at->stops_at > 0 && at->time >= at->stops_at;
}

static const gbn_pace_clock clock_of_machine = {
    .now = now, .sleep = nap, .stopped = stopped, .context = &machine};

static gbn_pace pace;

static gbn_status
wait_for(uint32_t bytes)
{
    return gbn_pace_wait(&pace, bytes, &clock_of_machine);
}

static void
begin(void)
{
    machine = (struct machine){.time = 5000 * SECOND};
}

TestSuite(pace, .init = begin, .timeout = 60);

Test(pace, bytes_take_what_the_rate_says)
{
    gbn_pace_init(&pace, 1000);
    for (int i = 0; i < 100; i++)
        cr_assert(eq(int, wait_for(500), GBN_OK));
    cr_assert(eq(u64, machine.time - 5000 * SECOND, 50 * SECOND));
}

Test(pace, without_a_rate_nothing_waits)
{
    gbn_pace_init(&pace, 0);
    for (int i = 0; i < 100; i++)
        cr_assert(eq(int, wait_for(UINT32_MAX), GBN_OK));
    cr_assert(all(eq(u64, machine.naps, 0), eq(u64, gbn_pace_take(&pace, 1, 7), 0)));
}

Test(pace, a_part_of_a_nanosecond_counts_as_one)
{
    gbn_pace_init(&pace, 3 * SECOND);
    cr_assert(eq(u64, gbn_pace_take(&pace, 1, 10), 1));
    cr_assert(eq(u64, gbn_pace_take(&pace, 4, 10), 3));
}

Test(pace, the_largest_block_at_the_smallest_rate_does_not_overflow)
{
    gbn_pace_init(&pace, 1);
    cr_assert(eq(u64, gbn_pace_take(&pace, UINT32_MAX, 0), UINT32_MAX * SECOND));
    gbn_pace_init(&pace, UINT64_MAX / 2);
    cr_assert(eq(u64, gbn_pace_take(&pace, UINT32_MAX, 0), 1));
}

Test(pace, a_rest_gives_a_quarter_of_a_second_and_no_more)
{
    gbn_pace_init(&pace, 1000);
    cr_assert(eq(int, wait_for(1000), GBN_OK));
    machine.time += 3600 * SECOND;
    cr_assert(eq(u64, gbn_pace_take(&pace, 250, machine.time), 0));
    cr_assert(eq(u64, gbn_pace_take(&pace, 1000, machine.time), SECOND));
}

Test(pace, a_short_rest_gives_what_it_was)
{
    gbn_pace_init(&pace, 1000);
    cr_assert(eq(int, wait_for(1000), GBN_OK));
    machine.time += 100 * MS;
    cr_assert(eq(u64, gbn_pace_take(&pace, 1000, machine.time), SECOND - 100 * MS));
}

Test(pace, a_clock_that_has_just_begun_is_no_trouble)
{
    machine.time = 0;
    gbn_pace_init(&pace, 1000);
    cr_assert(eq(int, wait_for(10), GBN_OK));
    cr_assert(eq(int, wait_for(10), GBN_OK));
    cr_assert(eq(u64, machine.time, 20 * MS));
}

Test(pace, whoever_is_woken_early_sleeps_again)
{
    machine.short_by = 7 * MS;
    gbn_pace_init(&pace, 1000);
    cr_assert(eq(int, wait_for(1000), GBN_OK));
    cr_assert(ge(u64, machine.time - 5000 * SECOND, SECOND));
}

Test(pace, a_long_wait_looks_up_and_can_be_called_off)
{
    machine.stops_at = 5003 * SECOND;
    gbn_pace_init(&pace, 1);
    cr_assert(eq(int, wait_for(1000 * 1000), GBN_ERR_CANCELLED));
    cr_assert(le(u64, machine.longest, GBN_PACE_LOOK_MS * MS));
    cr_assert(le(u64, machine.time - machine.stops_at, GBN_PACE_LOOK_MS * MS));
}

Test(pace, what_is_called_off_already_does_not_sleep)
{
    machine.stops_at = 1;
    gbn_pace_init(&pace, 1);
    cr_assert(eq(int, wait_for(1), GBN_ERR_CANCELLED));
    cr_assert(eq(u64, machine.naps, 0));
}

Test(pace, who_is_in_time_is_not_asked)
{
    gbn_pace_init(&pace, 1000);
    cr_assert(eq(int, wait_for(0), GBN_OK));
    cr_assert(all(eq(u64, machine.naps, 0), eq(uint, machine.stop_looks, 0)));
}

static bool
never(void *context)
{
    (void)context;
    return false;
}

Test(pace, the_machines_own_clock_does_it_as_well)
{
    const gbn_pace_clock clock = {
        .now = gbn_pace_now, .sleep = gbn_pace_sleep, .stopped = never, .context = NULL};
    uint64_t from = gbn_pace_now(NULL);

    gbn_pace_init(&pace, 1000 * 1000);
    for (int i = 0; i < 10; i++)
        cr_assert(eq(int, gbn_pace_wait(&pace, 5000, &clock), GBN_OK));
    cr_assert(ge(u64, gbn_pace_now(NULL) - from, 50 * MS));
}

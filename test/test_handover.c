#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <time.h>

#include "gbn_handover.h"

/* So many blocks are looked at one by one, and then one of so many. */
enum { SAMPLE = 16, THREADS = 4, ROUNDS = 1000 };

static gbn_handover handover;

static uint64_t
cpu_ns(void)
{
    struct timespec now;

    cr_assert(eq(int, clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0));
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
burn(void)
{
    const uint64_t since = cpu_ns();

    while (cpu_ns() - since < 100 * 1000)
        continue;
}

/* A thread's time is 0 at its begin; 0 is also what a block has that is not looked at. */
TestSuite(handover, .init = burn, .timeout = 60);

Test(handover, the_first_blocks_are_all_looked_at)
{
    for (uint64_t number = 0; number < SAMPLE; number++)
        cr_expect(gt(u64, gbn_handover_begin(number), 0), "%ju", (uintmax_t)number);
}

Test(handover, of_later_blocks_one_of_sixteen_is_looked_at)
{
    static const uint64_t places[] = {SAMPLE, 1000 * SAMPLE, UINT64_MAX - SAMPLE + 1};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        cr_expect(gt(u64, gbn_handover_begin(places[i]), 0));
        for (uint64_t j = 1; j < SAMPLE; j++)
            cr_expect(eq(u64, gbn_handover_begin(places[i] + j), 0));
    }
}

Test(handover, a_block_that_was_not_looked_at_counts_nothing)
{
    const uint64_t since = gbn_handover_begin(SAMPLE + 1);

    burn();
    gbn_handover_end(&handover, SAMPLE + 1, since);
    cr_assert(eq(u64, gbn_handover_ns(&handover), 0));
}

Test(handover, what_the_thread_has_worked_in_between_is_counted)
{
    const uint64_t first = cpu_ns(), since = gbn_handover_begin(3), second = cpu_ns();
    uint64_t third;

    burn();
    third = cpu_ns();
    gbn_handover_end(&handover, 3, since);
    cr_assert(ge(u64, gbn_handover_ns(&handover), third - second));
    cr_assert(le(u64, gbn_handover_ns(&handover), cpu_ns() - first));
}

/* As if block `number` had been begun when the thread was 1 ns old. */
static void
expect_weight(uint64_t number, uint64_t weight)
{
    const uint64_t former = gbn_handover_ns(&handover), least = cpu_ns() - 1;
    uint64_t most;

    gbn_handover_end(&handover, number, 1);
    most = cpu_ns() - 1;
    cr_expect(ge(u64, gbn_handover_ns(&handover), former + weight * least));
    cr_expect(le(u64, gbn_handover_ns(&handover), former + weight * most));
}

Test(handover, one_of_the_later_blocks_stands_for_sixteen_and_they_add_up)
{
    expect_weight(0, 1);
    expect_weight(SAMPLE - 1, 1);
    expect_weight(SAMPLE, 16);
    expect_weight(100 * SAMPLE, 16);
}

Test(handover, each_handover_counts_for_itself)
{
    gbn_handover other = {0};

    gbn_handover_end(&handover, 0, 1);
    cr_assert(gt(u64, gbn_handover_ns(&handover), 0));
    cr_assert(eq(u64, gbn_handover_ns(&other), 0));
}

struct bounds {
    uint64_t least, most;
};

static void *
pass_blocks(void *argument)
{
    struct bounds *bounds = argument;

    burn();
    for (int i = 0; i < ROUNDS; i++) {
        bounds->least += cpu_ns() - 1;
        gbn_handover_end(&handover, 0, 1);
        bounds->most += cpu_ns() - 1;
    }
    return NULL;
}

Test(handover, nothing_is_lost_between_threads)
{
    struct bounds bounds[THREADS] = {{0}}, sum = {0};
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        cr_assert(eq(int, pthread_create(&threads[i], NULL, pass_blocks, &bounds[i]), 0));
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum.least += bounds[i].least;
        sum.most += bounds[i].most;
    }
    cr_assert(ge(u64, gbn_handover_ns(&handover), sum.least));
    cr_assert(le(u64, gbn_handover_ns(&handover), sum.most));
}

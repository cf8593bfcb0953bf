#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gbn_job.h"
#include "process.h"

/* What the job's work does. */
static struct work {
    gbn_status result;
    bool waits;      /* for a cancel */
    atomic_int step; /* 1 runs, 2 has returned */
    atomic_int aborts, releases;
    atomic_bool aborted;
} work;

static gbn_error err;

static void
begin(void)
{
    work = (struct work){.result = GBN_OK};
    process_remember();
}

static void
end(void)
{
    process_expect_same();
}

TestSuite(job, .init = begin, .fini = end, .timeout = 60);

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *error)
{
    cr_assert(eq(ptr, context, &work));
    atomic_store(&work.step, 1);
    atomic_store(&counters->raw, 1);
    atomic_store(&counters->stored, 2);
    atomic_store(&counters->entries, 3);
    while (work.waits && !work.aborted)
        continue;
    if (gbn_cancel_raised(cancel))
        return gbn_fail(error, GBN_ERR_CANCELLED, 0, "cancelled");
    return work.result < 0 ? gbn_fail(error, work.result, EIO, "do it") : work.result;
}

static void
abort_work(void *context)
{
    struct work *mine = context;

    atomic_fetch_add(&mine->aborts, 1);
    atomic_store(&mine->aborted, true);
}

static void
release(void *context)
{
    struct work *mine = context;

    atomic_fetch_add(&mine->releases, 1);
}

static const gbn_job_work job_work = {&work, run, abort_work, release};

static gbn_job *
start(void)
{
    gbn_job *job;

    cr_assert(eq(int, gbn_job_start(&job_work, &job, &err), GBN_OK));
    return job;
}

static void
wait_to_the_end(gbn_job *job)
{
    while (gbn_job_wait(job, 1000) == GBN_AGAIN)
        continue;
}

Test(job, it_runs_to_its_end_and_is_released_once)
{
    gbn_job *job = start();

    wait_to_the_end(job);
    cr_assert(eq(int, gbn_job_wait(job, 1000000), GBN_OK)); /* and says so at once ever after */
    cr_assert(eq(u64, gbn_job_progress(job).raw, 1));
    cr_assert(eq(u64, gbn_job_progress(job).stored, 2));
    cr_assert(eq(u64, gbn_job_progress(job).entries, 3));
    cr_assert(eq(int, work.releases, 0));
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_OK));
    cr_assert(all(eq(int, work.releases, 1), eq(int, work.aborts, 0)));
}

Test(job, a_failure_comes_out_of_finish_with_its_words)
{
    gbn_job *job;

    work.result = GBN_ERR_SYSTEM;
    job = start();
    wait_to_the_end(job);
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_SYSTEM));
    cr_assert(all(eq(str, err.message, "do it"), eq(int, err.errnum, EIO)));
    cr_assert(eq(int, work.releases, 1));
}

Test(job, finishing_early_cancels_it)
{
    gbn_job *job;

    work.waits = true;
    job = start();
    cr_assert(eq(int, gbn_job_wait(job, 1), GBN_AGAIN));
    cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
    cr_assert(all(eq(int, work.aborts, 1), eq(int, work.releases, 1)));
}

Test(job, finishing_at_any_moment_leaves_nothing)
{
    for (long i = 0; i < 500; i++) {
        const struct timespec pause = {.tv_nsec = i * 500};
        gbn_job *job;

        work = (struct work){.waits = i % 2 == 0};
        job = start();
        nanosleep(&pause, NULL);
        cr_assert(le(int, gbn_job_finish(job, &err), GBN_OK));
        cr_assert(eq(int, work.releases, 1));
    }
}

Test(job, waiting_sleeps_for_as_long_as_it_was_told)
{
    gbn_job *job;
    long before;

    work.waits = true;
    job = start();
    before = process_clock_ms();
    cr_assert(eq(int, gbn_job_wait(job, 100), GBN_AGAIN));
    cr_assert(ge(long, process_clock_ms() - before, 99));
    gbn_job_finish(job, &err);
}

static void *
wake_soon(void *job)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

    nanosleep(&pause, NULL);
    gbn_job_wake(job);
    return NULL;
}

Test(job, a_wake_up_ends_the_wait_and_not_the_work)
{
    gbn_job *job;
    pthread_t thread;

    work.waits = true;
    job = start();
    pthread_create(&thread, NULL, wake_soon, job);
    cr_assert(eq(int, gbn_job_wait(job, 20000), GBN_AGAIN));
    pthread_join(thread, NULL);
    cr_assert(eq(int, work.aborts, 0));
    gbn_job_finish(job, &err);
}

Test(job, wake_ups_before_the_wait_count_as_one)
{
    gbn_job *job;
    long before;

    work.waits = true;
    job = start();
    for (int i = 0; i < 1000; i++)
        gbn_job_wake(job);
    before = process_clock_ms();
    cr_assert(eq(int, gbn_job_wait(job, 20000), GBN_AGAIN));
    cr_assert(lt(long, process_clock_ms() - before, 10000));
    before = process_clock_ms();
    cr_assert(eq(int, gbn_job_wait(job, 50), GBN_AGAIN));
    cr_assert(ge(long, process_clock_ms() - before, 49));
    gbn_job_finish(job, &err);
}

static gbn_job *signalled;

static void
wake_in_handler(int number)
{
    (void)number;
    errno = E2BIG;
    gbn_job_wake(signalled);
}

Test(job, a_signal_handler_may_wake_it_and_finds_its_errno_again)
{
    struct sigaction action = {.sa_handler = wake_in_handler};

    work.waits = true;
    signalled = start();
    sigaction(SIGUSR1, &action, NULL);
    errno = 0;
    raise(SIGUSR1);
    cr_assert(eq(int, errno, E2BIG));
    cr_assert(eq(int, gbn_job_wait(signalled, 20000), GBN_AGAIN));
    gbn_job_finish(signalled, &err);
}

Test(job, the_end_ends_the_wait, .timeout = 60)
{
    for (int i = 0; i < 200; i++) {
        gbn_job *job;

        work = (struct work){.result = GBN_OK};
        job = start();
        cr_assert(eq(int, gbn_job_wait(job, 1000000), GBN_OK));
        gbn_job_finish(job, &err);
    }
}

Test(job, one_that_cannot_start_releases_its_work)
{
    gbn_job *job;

    process_leave_descriptors(0);
    cr_assert(eq(int, gbn_job_start(&job_work, &job, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(ptr, job, NULL));
    cr_assert(eq(int, err.errnum, EMFILE));
    cr_assert(all(eq(int, work.releases, 1), eq(int, work.step, 0)));
    process_allow_descriptors();
}

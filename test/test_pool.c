#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gbn_cancel.h"
#include "gbn_pool.h"
#include "process.h"

enum { THREADS = 8 };

static gbn_error err;
static gbn_cancel called_off;
static atomic_int aborts, runs;

static void
begin(void)
{
    gbn_cancel_init(&called_off);
}

TestSuite(pool, .init = begin, .timeout = 60);

static void
call_off(void *context)
{
    cr_assert(eq(ptr, context, &aborts));
    atomic_fetch_add(&aborts, 1);
    gbn_cancel_raise(&called_off);
}

static gbn_pool *
new_pool(void)
{
    gbn_pool *pool;

    cr_assert(eq(int, gbn_pool_new(THREADS, call_off, &aborts, &pool, &err), GBN_OK));
    return pool;
}

static gbn_status
succeed(void *argument, gbn_error *error)
{
    (void)argument;
    (void)error;
    atomic_fetch_add(&runs, 1);
    return GBN_OK;
}

static gbn_status
fail_at_once(void *argument, gbn_error *error)
{
    return gbn_fail(error, GBN_ERR_SYSTEM, EIO, "fail as %s", (const char *)argument);
}

static gbn_status
wait_and_fail(void *argument, gbn_error *error)
{
    while (!gbn_cancel_raised(&called_off))
        continue;
    return gbn_fail(error, GBN_ERR_NOMEM, 0, "fail as %s", (const char *)argument);
}

Test(pool, all_tasks_run_and_none_is_left)
{
    const size_t before = process_threads();
    gbn_pool *pool = new_pool();

    for (int i = 0; i < THREADS; i++)
        cr_assert(eq(int, gbn_pool_add(pool, succeed, NULL, &err), GBN_OK));
    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_OK));
    cr_assert(eq(int, runs, THREADS));
    cr_assert(eq(int, aborts, 0));
    gbn_pool_free(pool);
    cr_assert(process_has_threads(before));
}

Test(pool, the_first_failure_is_the_result_and_calls_the_others_off_once)
{
    gbn_pool *pool = new_pool();

    for (int i = 1; i < THREADS; i++)
        cr_assert(eq(int, gbn_pool_add(pool, wait_and_fail, "another", &err), GBN_OK));
    cr_assert(eq(int, gbn_pool_add(pool, fail_at_once, "the first", &err), GBN_OK));
    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(str, err.message, "fail as the first"));
    cr_assert(eq(int, err.errnum, EIO));
    cr_assert(eq(int, aborts, 1));
    gbn_pool_free(pool);
}

Test(pool, a_failure_of_the_callers_own_counts_like_a_threads)
{
    gbn_pool *pool = new_pool();
    gbn_error failure;

    gbn_pool_add(pool, wait_and_fail, "the second", &err);
    gbn_fail(&failure, GBN_ERR_CANCELLED, 0, "enough");
    gbn_pool_fail(pool, &failure);
    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_ERR_CANCELLED));
    cr_assert(eq(str, err.message, "enough"));
    gbn_pool_free(pool);
}

static gbn_status
tell_news(void *argument, gbn_error *error)
{
    (void)argument;
    (void)error;
    return GBN_END;
}

Test(pool, news_is_no_failure)
{
    gbn_pool *pool = new_pool();

    gbn_pool_add(pool, tell_news, NULL, &err);
    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_OK));
    gbn_pool_free(pool);
}

static gbn_status
look_at_mask(void *argument, gbn_error *error)
{
    (void)error;
    pthread_sigmask(SIG_SETMASK, NULL, argument);
    return GBN_OK;
}

Test(pool, threads_take_no_signals_and_the_caller_keeps_its_own)
{
    gbn_pool *pool = new_pool();
    sigset_t before, inside, after;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    gbn_pool_add(pool, look_at_mask, &inside, &err);
    gbn_pool_join(pool, &err);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert(sigismember(&inside, SIGINT) && sigismember(&inside, SIGTERM) &&
              sigismember(&inside, SIGCHLD) && sigismember(&inside, SIGUSR1));
    for (int number = 1; number < SIGRTMAX; number++)
        cr_assert(eq(int, sigismember(&after, number), number == SIGUSR2));
    gbn_pool_free(pool);
}

Test(pool, a_system_without_threads_to_give_calls_off_the_rest)
{
    struct rlimit limit;
    rlim_t allowed;
    gbn_pool *pool = new_pool();

    if (geteuid() == 0) {
        cr_assert(eq(int, chdir("/tmp"), 0));
        cr_assert(eq(int, setresuid(54321, 54321, 54321), 0)); /* root has no such limit */
    }
    gbn_pool_add(pool, wait_and_fail, "the second", &err);
    getrlimit(RLIMIT_NPROC, &limit);
    allowed = limit.rlim_cur;
    limit.rlim_cur = 0;
    cr_assert(eq(int, setrlimit(RLIMIT_NPROC, &limit), 0));
    cr_assert(eq(int, gbn_pool_add(pool, succeed, NULL, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EAGAIN));
    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_ERR_SYSTEM));
    cr_assert(eq(str, err.message, "start a thread"));
    cr_assert(eq(int, runs, 0));
    gbn_pool_free(pool);
    limit.rlim_cur = allowed;
    cr_assert(eq(int, setrlimit(RLIMIT_NPROC, &limit), 0));
}

Test(pool, an_empty_one_joins_at_once)
{
    gbn_pool *pool = new_pool();

    cr_assert(eq(int, gbn_pool_join(pool, &err), GBN_OK));
    gbn_pool_free(pool);
    gbn_pool_free(NULL);
}

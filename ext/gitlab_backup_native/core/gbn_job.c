#include "gbn_job.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gbn_pool.h"

/*
 * One thread runs the work; an eventfd tells the waiter of wake-ups and of the end.
 * It is the one primitive that a signal handler may touch and that can be waited for
 * on the monotonic clock.
 */
struct gbn_job {
    gbn_job_work work;
    gbn_cancel cancel;
    gbn_job_counters counters;
    atomic_bool over;
    int event;
    gbn_pool *pool;
};

static void
abort_job(void *argument)
{
    (void)argument; /* the pool has one thread: nobody else to call off */
}

static gbn_status
run_job(void *argument, gbn_error *err)
{
    gbn_job *job = argument;
    gbn_status rc = job->work.run(job->work.context, &job->cancel, &job->counters, err);

    atomic_store(&job->over, true);
    gbn_job_wake(job);
    return rc;
}

static void
free_job(gbn_job *job)
{
    job->work.release(job->work.context);
    gbn_pool_free(job->pool);
    if (job->event >= 0)
        close(job->event);
    free(job);
}

gbn_status
gbn_job_start(const gbn_job_work *work, gbn_job **result, gbn_error *err)
{
    gbn_job *job = calloc(1, sizeof *job);
    gbn_status rc;

    *result = NULL;
    if (job == NULL) {
        work->release(work->context);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a job");
    }
    job->work = *work;
    gbn_cancel_init(&job->cancel);
    job->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (job->event < 0) {
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "create an eventfd");
        goto free_job;
    }
    rc = gbn_pool_new(1, abort_job, job, &job->pool, err);
    if (rc < 0)
        goto free_job;
    rc = gbn_pool_add(job->pool, run_job, job, err);
    if (rc < 0)
        goto free_job;
    *result = job;
    return GBN_OK;

free_job:
    free_job(job);
    return rc;
}

gbn_status
gbn_job_wait(gbn_job *job, int ms)
{
    struct pollfd event = {.fd = job->event, .events = POLLIN};
    uint64_t count;

    if (!atomic_load(&job->over) && poll(&event, 1, ms) > 0 &&
        read(job->event, &count, sizeof count) < 0)
        return GBN_AGAIN; /* somebody else's wake-up was counted in between */
    return atomic_load(&job->over) ? GBN_OK : GBN_AGAIN;
}

void
gbn_job_wake(void *argument)
{
    const gbn_job *job = argument;
    const uint64_t one = 1;
    int errnum = errno;
    ssize_t written = write(job->event, &one, sizeof one);

    (void)written; /* it fails only when the counter is full, and then it is awake */
    errno = errnum;
}

gbn_progress
gbn_job_progress(const gbn_job *job)
{
    return (gbn_progress){
        .raw = atomic_load_explicit(&job->counters.raw, memory_order_relaxed),
        .stored = atomic_load_explicit(&job->counters.stored, memory_order_relaxed),
        .entries = atomic_load_explicit(&job->counters.entries, memory_order_relaxed),
    };
}

gbn_status
gbn_job_finish(gbn_job *job, gbn_error *err)
{
    gbn_status rc;

    if (!atomic_load(&job->over)) {
        gbn_cancel_raise(&job->cancel);
        job->work.abort(job->work.context);
    }
    rc = gbn_pool_join(job->pool, err);
    free_job(job);
    return rc;
}

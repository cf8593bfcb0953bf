#include "rb_native.h"

#include <ruby/thread.h>

/*
 * The one place where the GVL is let go. The unblock function only wakes the wait, as
 * Ruby calls it for every interrupt, also for a trapped signal; rb_thread_check_ints
 * decides what it meant. An exception leaves through rb_ensure, so the job's threads,
 * descriptors and temporary files are gone before anybody sees it.
 */
enum { PROGRESS_MS = 200 };

struct run {
    gbn_job *job;
    gbn_status status;
    gbn_error err;
};

static void * /* no Ruby API in here */
wait_nogvl(void *arg)
{
    struct run *run = arg;

    run->status = gbn_job_wait(run->job, PROGRESS_MS);
    return NULL;
}

static void * /* nor here */
finish_nogvl(void *arg)
{
    struct run *run = arg;

    run->status = gbn_job_finish(run->job, &run->err);
    run->job = NULL;
    return NULL;
}

static void
yield_progress(const struct run *run)
{
    gbn_progress progress = gbn_job_progress(run->job);

    rb_yield_values(3, ULL2NUM(progress.raw), ULL2NUM(progress.stored), ULL2NUM(progress.entries));
}

static VALUE
run_wait(VALUE arg)
{
    struct run *run = (struct run *)arg;

    run->status = GBN_AGAIN;
    while (run->status == GBN_AGAIN) {
        rb_nogvl(wait_nogvl, run, gbn_job_wake, run->job,
                 RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE);
        if (run->status == GBN_OK)
            break;              /* its output has its name: too late for anybody to call it off */
        rb_thread_check_ints(); /* may raise: run_finish still runs */
        if (rb_block_given_p())
            yield_progress(run); /* likewise */
    }
    return Qnil;
}

static VALUE
run_finish(VALUE arg)
{
    struct run *run = (struct run *)arg;

    rb_nogvl(finish_nogvl, run, NULL, NULL, RB_NOGVL_INTR_FAIL);
    if (run->job != NULL) /* not called, as an interrupt is pending */
        finish_nogvl(run);
    return Qnil;
}

void
gbn_rb_run(gbn_job *job)
{
    struct run run = {.job = job};

    rb_ensure(run_wait, (VALUE)&run, run_finish, (VALUE)&run);
    if (run.status < 0)
        gbn_rb_raise(&run.err); /* C holds nothing by now */
}

void
gbn_rb_unlocked(void *(*work)(void *), void *context, const bool *done)
{
    rb_nogvl(work, context, NULL, NULL, RB_NOGVL_INTR_FAIL);
    if (!*done) /* not called, as an interrupt is pending */
        work(context);
}

#ifndef GBN_JOB_H
#define GBN_JOB_H

#include <stdatomic.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"

/*
 * gbn_job - work that runs on threads of its own, and the one way to end it.
 *
 * A module with long work exports gbn_<module>_start, which hands out a job.
 * The caller waits for it as often as it likes and finishes it exactly once.
 */
typedef struct gbn_job gbn_job;

/* How far the work has come, counted up by its threads. */
typedef struct gbn_progress {
    uint64_t raw;     /* bytes read */
    uint64_t stored;  /* bytes written */
    uint64_t entries; /* members done with */
} gbn_progress;

typedef struct gbn_job_counters {
    atomic_uint_fast64_t raw, stored, entries;
} gbn_job_counters;

/* What a module with long work gives its job. */
typedef struct gbn_job_work {
    void *context;
    /* Does it all, on a thread of the job; looks at `cancel` before each block. */
    gbn_status (*run)(void *context, gbn_cancel *cancel, gbn_job_counters *counters,
                      gbn_error *err);
    /* Wakes whatever waits inside `run`, after `cancel` was raised. Any thread. */
    void (*abort)(void *context);
    /* Frees `context`, after `run` has returned or if it never ran. */
    void (*release)(void *context);
} gbn_job_work;

/*
 * Start `work`.
 *
 * Returns  GBN_OK; GBN_ERR_NOMEM or GBN_ERR_SYSTEM without a job.
 * Owns     takes work->context, also on failure.
 */
gbn_status gbn_job_start(const gbn_job_work *work, gbn_job **job, gbn_error *err);

/*
 * Sleep until the job is over, `ms` have passed, or gbn_job_wake is called.
 *
 * Returns  GBN_OK once the job is over, GBN_AGAIN before that.
 * Threads  one waiter at a time, and not after gbn_job_finish.
 */
gbn_status gbn_job_wait(gbn_job *job, int ms);

/*
 * End the current gbn_job_wait, or the next one. The work goes on: whether a
 * wake-up means "stop" is for the caller to find out.
 *
 * Threads  any; async-signal-safe.
 */
void gbn_job_wake(void *job);

/* Say how far it has come. Threads: any, before gbn_job_finish. */
gbn_progress gbn_job_progress(const gbn_job *job);

/*
 * Cancel what still runs, join the threads, free the job.
 *
 * Returns  GBN_OK, or the first failure with `err` filled in; a job that had to
 *          be cancelled ends in GBN_ERR_CANCELLED and leaves no output behind.
 * Owns     takes `job`: it is gone on return, whatever the result.
 * Blocks   for at most one block of work on each thread; a disk that hangs in a
 *          system call hangs this as well.
 */
gbn_status gbn_job_finish(gbn_job *job, gbn_error *err);

#endif

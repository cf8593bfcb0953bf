#ifndef JOBS_H
#define JOBS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "gbn_job.h"

/*
 * jobs - ends a job as the programs here do: after a pause, at its end or, `cancelled`, wherever it is. A
 * failure nobody asked for is printed. Returns the job's status.
 */
static inline gbn_status
end_job(gbn_job *job, bool cancelled, long pause_ns)
{
    const struct timespec pause = {.tv_nsec = pause_ns};
    gbn_error err = {.status = GBN_OK};
    gbn_status rc;

    nanosleep(&pause, NULL);
    while (!cancelled && gbn_job_wait(job, 20) == GBN_AGAIN)
        (void)gbn_job_progress(job);
    rc = gbn_job_finish(job, &err);
    if (rc < 0 && !cancelled)
        fprintf(stderr, "%s\n", err.message);
    return rc;
}

#endif

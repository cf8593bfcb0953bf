#include "gbn_pace.h"

#include <time.h>

enum { NS_PER_MS = 1000 * 1000 };
static const uint64_t NS_PER_SECOND = UINT64_C(1000) * NS_PER_MS;

void
gbn_pace_init(gbn_pace *pace, uint64_t bytes_per_second)
{
    *pace = (gbn_pace){.rate = bytes_per_second};
}

/* `due` only grows, and by what the bytes cost: that is the promise of the header, whatever the clock says. */
uint64_t
gbn_pace_take(gbn_pace *pace, uint32_t bytes, uint64_t now)
{
    const uint64_t credit = (uint64_t)GBN_PACE_CREDIT_MS * NS_PER_MS;

    if (pace->rate == 0)
        return 0;
    if (!pace->begun)
        pace->due = now;
    else if (now > credit && pace->due < now - credit)
        pace->due = now - credit;
    pace->begun = true;
    pace->due += (bytes * NS_PER_SECOND + pace->rate - 1) / pace->rate;
    return pace->due > now ? pace->due - now : 0;
}

gbn_status
gbn_pace_wait(gbn_pace *pace, uint32_t bytes, const gbn_pace_clock *clock)
{
    const uint64_t look = (uint64_t)GBN_PACE_LOOK_MS * NS_PER_MS;
    uint64_t now, left;

    if (pace->rate == 0)
        return GBN_OK;
    now = clock->now(clock->context);
    left = gbn_pace_take(pace, bytes, now);
    while (left > 0) {
        if (clock->stopped(clock->context))
            return GBN_ERR_CANCELLED;
        clock->sleep(clock->context, left < look ? left : look);
        now = clock->now(clock->context);
        left = pace->due > now ? pace->due - now : 0;
    }
    return GBN_OK;
}

uint64_t
gbn_pace_now(void *context)
{
    struct timespec time;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

void
gbn_pace_sleep(void *context, uint64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / NS_PER_SECOND),
                                  .tv_nsec = (long)(ns % NS_PER_SECOND)};

    (void)context;
    nanosleep(&time, NULL); /* woken early, the caller sleeps again */
}

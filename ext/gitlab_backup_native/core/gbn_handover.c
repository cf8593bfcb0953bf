#include "gbn_handover.h"

#include <time.h>

enum { SAMPLE = 16 };

/* CPU time of the calling thread. */
static uint64_t
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t
gbn_handover_begin(uint64_t number)
{
    return number < SAMPLE || number % SAMPLE == 0 ? cpu_ns() : 0;
}

void
gbn_handover_end(gbn_handover *handover, uint64_t number, uint64_t since)
{
    const uint64_t weight = number < SAMPLE ? 1 : SAMPLE;

    if (since > 0)
        atomic_fetch_add_explicit(&handover->ns, weight * (cpu_ns() - since), memory_order_relaxed);
}

uint64_t
gbn_handover_ns(const gbn_handover *handover)
{
    return atomic_load_explicit(&handover->ns, memory_order_relaxed);
}

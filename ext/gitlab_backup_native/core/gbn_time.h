#ifndef GBN_TIME_H
#define GBN_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * gbn_time - a time as the manifest has it, nanoseconds since 1970 in 64 bits, and as the system has
 * it, whole seconds and the nanoseconds behind them, 0 to 999,999,999, also before 1970. It takes
 * the two numbers rather than a struct timespec: whoever knows clocks fills that.
 */
static const int64_t GBN_TIME_SECOND = 1000000000;

/* 64 bits reach from 1677 to 2262; for what lies beyond it gives the last of them, INT64_MIN or INT64_MAX. */
static inline int64_t
gbn_time_ns(int64_t seconds, int64_t nanoseconds)
{
    /* Towards 0 first: the second that INT64_MIN lies in begins before it. */
    const bool before = seconds < 0;
    int64_t ns;

    if (before) {
        seconds++;
        nanoseconds -= GBN_TIME_SECOND;
    }
    if (__builtin_mul_overflow(seconds, GBN_TIME_SECOND, &ns) ||
        __builtin_add_overflow(ns, nanoseconds, &ns))
        return before ? INT64_MIN : INT64_MAX;
    return ns;
}

static inline int64_t
gbn_time_seconds(int64_t ns)
{
    return ns / GBN_TIME_SECOND - (ns % GBN_TIME_SECOND < 0);
}

static inline long
gbn_time_rest(int64_t ns)
{
    const int64_t rest = ns % GBN_TIME_SECOND;

    return (long)(rest < 0 ? rest + GBN_TIME_SECOND : rest);
}

/* Is it exactly that? Beyond 2262 nothing is: its number stands for many times. */
static inline bool
gbn_time_is(int64_t ns, int64_t seconds, int64_t nanoseconds)
{
    return ns != INT64_MIN && ns != INT64_MAX && gbn_time_seconds(ns) == seconds &&
           gbn_time_rest(ns) == nanoseconds;
}

#endif

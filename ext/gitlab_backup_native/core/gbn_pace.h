#ifndef GBN_PACE_H
#define GBN_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_pace - a token bucket: so many bytes a second and no more. Bytes that were not
 * used while nobody asked are kept for a quarter of a second, no longer. From the first
 * call to the return of any later one there pass at least (bytes so far) / rate.
 *
 * Threads  one at a time.
 */
typedef struct gbn_pace {
    uint64_t rate; /* bytes a second; 0: no limit */
    uint64_t due;  /* ns: when all bytes so far may have gone */
    bool begun;
} gbn_pace;

enum { GBN_PACE_CREDIT_MS = 250, GBN_PACE_LOOK_MS = 200 };

/* Where time comes from and goes to; `context` is handed to each. */
typedef struct gbn_pace_clock {
    uint64_t (*now)(void *context); /* ns; never goes back */
    void (*sleep)(void *context, uint64_t ns);
    bool (*stopped)(void *context); /* is the wait called off? */
    void *context;
} gbn_pace_clock;

void gbn_pace_init(gbn_pace *pace, uint64_t bytes_per_second);

/* Count `bytes` that are to go at `now`. Returns how many ns they have to wait. */
uint64_t gbn_pace_take(gbn_pace *pace, uint32_t bytes, uint64_t now);

/*
 * Count `bytes` and sleep until they may go, in naps after each of which `stopped` is asked.
 *
 * Returns  GBN_OK, GBN_ERR_CANCELLED once `stopped` says so.
 * Blocks   for bytes / rate; GBN_PACE_LOOK_MS more at most after `stopped` has turned true.
 */
gbn_status gbn_pace_wait(gbn_pace *pace, uint32_t bytes, const gbn_pace_clock *clock);

/* For gbn_pace_clock: the machine's own. `context` is not used. */
uint64_t gbn_pace_now(void *context);
void gbn_pace_sleep(void *context, uint64_t ns);

#endif

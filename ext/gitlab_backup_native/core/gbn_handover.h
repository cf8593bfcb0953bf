#ifndef GBN_HANDOVER_H
#define GBN_HANDOVER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * gbn_handover - the CPU time that goes into passing blocks from thread to thread. Asking for the
 * time costs as much as that itself: beyond the first blocks, one of many stands for all.
 */
typedef struct gbn_handover {
    atomic_uint_fast64_t ns; /* zeroed by its owner */
} gbn_handover;

/*
 * Block `number`, counted from 0 by the caller, is about to be passed, or has been. What the first returns, 0 for one
 * that is not looked at, is for the second, on the same thread.
 */
uint64_t gbn_handover_begin(uint64_t number);
void gbn_handover_end(gbn_handover *handover, uint64_t number, uint64_t since);

/* What it came to so far, in ns. Any thread. */
uint64_t gbn_handover_ns(const gbn_handover *handover);

#endif

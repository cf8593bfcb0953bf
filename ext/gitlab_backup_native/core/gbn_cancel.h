#ifndef GBN_CANCEL_H
#define GBN_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * gbn_cancel - one flag, raised once and never lowered, that tells all threads
 * of a job to stop at their next block. Passed down by pointer; it does not
 * say why.
 */
typedef struct gbn_cancel {
    atomic_bool raised;
} gbn_cancel;

static inline void
gbn_cancel_init(gbn_cancel *cancel)
{
    atomic_init(&cancel->raised, false);
}

static inline void
gbn_cancel_raise(gbn_cancel *cancel)
{
    atomic_store_explicit(&cancel->raised, true, memory_order_release);
}

/* `cancel` may be NULL: work that nobody can call off. */
static inline bool
gbn_cancel_raised(gbn_cancel *cancel)
{
    return cancel != NULL && atomic_load_explicit(&cancel->raised, memory_order_acquire);
}

#endif

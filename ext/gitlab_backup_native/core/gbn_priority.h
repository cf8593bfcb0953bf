#ifndef GBN_PRIORITY_H
#define GBN_PRIORITY_H

#include "gbn_error.h"

/*
 * gbn_priority - the place in the line for the disks (ioprio_set(2), for which there is
 * no function in libc).
 */
enum { GBN_IO_REALTIME = 1, GBN_IO_BEST_EFFORT = 2, GBN_IO_IDLE = 3 };

/*
 * Set it for the calling thread, and for all threads and processes it makes from now on.
 * `io_class` is one of the above, `level` 0 (first) to 7 (last), 0 for idle.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM, EPERM for one who may not be first; GBN_ERR_INVALID.
 */
gbn_status gbn_priority_set_io(int io_class, int level, gbn_error *err);

#endif

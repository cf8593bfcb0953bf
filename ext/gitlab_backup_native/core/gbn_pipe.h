#ifndef GBN_PIPE_H
#define GBN_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"

/*
 * gbn_pipe - reads what another process writes, for as long as nobody calls it off.
 */

/* Ask the kernel for a larger pipe: fewer switches between the two processes. It may decline. */
void gbn_pipe_widen(int fd);

/*
 * Read up to `length` bytes: as many as there are now, at least one.
 *
 * Returns  GBN_OK with `*got` > 0; GBN_END at the end of the input; GBN_ERR_SYSTEM;
 *          GBN_ERR_CANCELLED.
 * Blocks   until there is something to read; looks at `cancel` 5 times a second.
 */
gbn_status gbn_pipe_read(int fd, uint8_t *data, size_t length, gbn_cancel *cancel, size_t *got,
                         gbn_error *err);

#endif

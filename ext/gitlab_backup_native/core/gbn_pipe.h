#ifndef GBN_PIPE_H
#define GBN_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include "gbn_cancel.h"
#include "gbn_error.h"

/*
 * gbn_pipe - reads what another process writes, and writes what another one reads, for as
 * long as nobody calls it off.
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

/*
 * Open what `fd` writes to, for gbn_pipe_write. A pipe is opened anew rather than duplicated,
 * so that it can be made not to block while `fd`, and whoever shares it, stays as it is.
 *
 * Returns  GBN_OK, GBN_ERR_SYSTEM.
 */
gbn_status gbn_pipe_open_writer(int fd, int *writer, gbn_error *err);

/*
 * Write all of `length` bytes to what gbn_pipe_open_writer has opened, also if it is no pipe.
 *
 * Returns  GBN_OK; GBN_ERR_SYSTEM, with EPIPE once nobody reads any more, which also
 *          is a signal where SIGPIPE is not blocked; GBN_ERR_CANCELLED.
 * Blocks   while a pipe is full; looks at `cancel` 5 times a second.
 */
gbn_status gbn_pipe_write(int writer, const uint8_t *data, size_t length, gbn_cancel *cancel,
                          gbn_error *err);

#endif

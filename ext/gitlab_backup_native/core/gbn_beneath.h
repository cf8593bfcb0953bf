#ifndef GBN_BENEATH_H
#define GBN_BENEATH_H

#include <stdbool.h>

/*
 * gbn_beneath - opening by a path of several parts that cannot leave a directory: the kernel sees to it that
 * no link is followed and nothing above is reached (openat2, Linux 5.6).
 */

/*
 * Open `path`, relative to the directory `at`, as open(2) does with `flags` and O_CLOEXEC. What it creates is 0600.
 *
 * Returns  a descriptor, or -1 with errno: ENOSYS, or EPERM in some containers, where there is no openat2; ELOOP for a
 *          link in any place; EXDEV for a way out; EAGAIN when what is above keeps being renamed.
 */
int gbn_beneath_open(int at, const char *path, int flags);

/* Is there openat2 at all? `at` is a directory that may be opened. */
bool gbn_beneath_works(int at);

#endif

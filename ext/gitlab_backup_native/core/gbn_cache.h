#ifndef GBN_CACHE_H
#define GBN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * gbn_cache - reads that leave the page cache as they find it. What was there is read from
 * there and stays: the server uses it. What had to be fetched from the disk has no other
 * reader than us, and goes again when its reader says so.
 */

/*
 * As pread(2), and for what is cached just that, one system call. The first read that would have to
 * wait for the disk sets `*waited`; once it is set, nobody looks any more.
 *
 * On file systems that cannot tell (tmpfs, FUSE, overlay, most networks'), `*waited` stays false:
 * all of it stays. The same may come of a disk that answers before the call has looked.
 *
 * Returns  bytes read, less than `length` also before the end of the file; -1 with errno.
 * Threads  any number.
 */
ssize_t gbn_cache_read(int fd, void *data, size_t length, uint64_t offset, bool *waited);

/* Switch the kernel's reading ahead off: what comes by it could not be told from what was there.
 * Not needed for a file that is read at once. */
void gbn_cache_no_ahead(int fd);

/* The page that a place lies in. */
typedef enum gbn_cache_page { GBN_CACHE_COLD, GBN_CACHE_WARM, GBN_CACHE_UNKNOWN } gbn_cache_page;

/* Is the page there? Behind the end all are. A cold one is fetched; nobody waits for it. */
gbn_cache_page gbn_cache_look(int fd, uint64_t offset);

/* Fetch in advance, by hand. Does not wait. */
void gbn_cache_fetch(int fd, uint64_t offset, uint64_t length);

/*
 * Drop what is cached of these bytes; `length` 0: to the file's end. Pages that are dirty or mapped stay. Of
 * the pages at both ends the first is dropped, the last is not, unless the file ends in it.
 */
void gbn_cache_drop(int fd, uint64_t offset, uint64_t length);

#endif

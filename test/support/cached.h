#ifndef CACHED_H
#define CACHED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * cached - what the page cache holds of a file, as mincore(2) tells. What fails here fails the test.
 */

/* How many of its pages, and where: "#" for one that is there, "." for one that is not. */
size_t cached_pages(const char *name);
const char *cached_map(const char *name);

/* Write it to the disk and drop it; skips the test on file systems that keep it (tmpfs). */
void cached_forget(const char *name);

/* Have the kernel read these bytes, and no others. */
void cached_touch(const char *name, size_t offset, size_t length);

/* Skips the test on file systems that cannot tell what is cached (preadv2(2), RWF_NOWAIT). */
void cached_need_nowait(const char *name);

/* Make a file of so many pages and forget it. */
void cached_make(const char *name, size_t pages);

/*
 * Does `look` come to be true, if it is called often enough? A thread that loses its core at the wrong moment finds
 * cached what the disk has answered meanwhile; that is not the rule.
 */
bool cached_as_a_rule(bool (*look)(void));

#endif

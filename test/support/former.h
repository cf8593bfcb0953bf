#ifndef FORMER_H
#define FORMER_H

#include <stdint.h>

#include "gbn_manifest.h"

/*
 * former - the manifest "m0" of an archive of the tree "r" that was never made: its members are
 * what lstat(2) says of them now, all of them settled. What fails here fails the test.
 */

enum { FORMER_BLOCK = 100 * 1024 }; /* raw bytes of a block unless told; stored are half as many */

/* Begin one: 0 for an archive made in full, else the number of those before it. */
void former_begin(uint64_t generation);

/* Name the next block; members and notes follow. */
void former_block(uint64_t raw_size);

/* The next member begins and ends in the last block; or it begins in `block`. */
void former_member(const char *path);
void former_member_from(const char *path, uint64_t block);

/* The same, to be altered before it is put. */
gbn_manifest_entry former_entry(const char *path);
void former_put(const gbn_manifest_entry *entry);

void former_note(const char *path);

/* End it, and say how large the product is. */
uint64_t former_end(void);

/* All of "r" in walk order, so many members a block: from former_begin to former_end. */
uint64_t former_tree(uint64_t generation, unsigned members);

/* Sleep until the file system's clock has moved, so that a change can be told from what was before it. */
void former_tick(void);

/* Run sh's line after that. */
void former_later(const char *line);

/* Sleep until what was changed by now has settled, by the same clock. */
void former_settle(void);

#endif

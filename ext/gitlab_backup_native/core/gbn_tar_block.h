#ifndef GBN_TAR_BLOCK_H
#define GBN_TAR_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_tar.h"

/*
 * gbn_tar_block - a block of a tar by itself, for those who look for headers in damaged archives:
 * is it one, and where does its member end? What a sound header says is libarchive's to read.
 */
enum { GBN_TAR_NAME_SIZE = 100, GBN_TAR_SIZE_BITS = 12 * 8 };

/* Is its sum right? */
bool gbn_tar_block_is_sound(const uint8_t block[GBN_TAR_BLOCK]);

/* Has it POSIX's or GNU's mark? */
bool gbn_tar_block_is_marked(const uint8_t block[GBN_TAR_BLOCK]);

/* Both? */
bool gbn_tar_block_is_header(const uint8_t block[GBN_TAR_BLOCK]);

/* Is it all zeros? */
bool gbn_tar_block_is_zero(const uint8_t block[GBN_TAR_BLOCK]);

/* Does it speak of the header behind it (GNU's long names, pax)? Of a damaged block its name is asked as well. */
bool gbn_tar_block_is_extension(const uint8_t block[GBN_TAR_BLOCK]);

/* Does the name fill its field, as that of a member does whose long name stands in front? */
bool gbn_tar_block_is_clipped(const uint8_t block[GBN_TAR_BLOCK]);

/* Bytes from the header to the next one; false if its size is no number. */
bool gbn_tar_block_extent(const uint8_t block[GBN_TAR_BLOCK], uint64_t *extent);

/* Flip that bit of its size. */
void gbn_tar_block_flip_size(uint8_t block[GBN_TAR_BLOCK], unsigned bit);

/* The name field with a NUL behind it; "" of one that is all zeros. */
void gbn_tar_block_name(const uint8_t block[GBN_TAR_BLOCK], char name[GBN_TAR_NAME_SIZE + 1]);

#endif

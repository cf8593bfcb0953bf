#ifndef GBN_TAR_MEMBER_H
#define GBN_TAR_MEMBER_H

#include "gbn_tar.h"

struct archive_entry;

/*
 * What libarchive's idea of a header says, in our words; for gbn_tar_read.c alone.
 *
 * Returns  NULL, or what makes it one that no tar should say and libarchive passes on; a string
 *          that stays.
 * Owns     the member's strings are the entry's.
 */
const char *gbn_tar_member_describe(struct archive_entry *entry, gbn_tar_member *member);

/* Its time in nanoseconds, the nearest there is when it lies before 1677 or after 2262. */
int64_t gbn_tar_member_mtime_ns(struct archive_entry *entry);

#endif

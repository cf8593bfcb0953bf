#ifndef GBN_OWNER_H
#define GBN_OWNER_H

#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_owner - the names of users and groups, looked up once and remembered (by
 * libarchive). For one thread at a time.
 */
typedef struct gbn_owner gbn_owner;

gbn_status gbn_owner_new(gbn_owner **owner, gbn_error *err);

/* The name, or NULL if the system knows none. Lent until the next call. Blocks on the name service. */
const char *gbn_owner_user(gbn_owner *owner, uint64_t uid);
const char *gbn_owner_group(gbn_owner *owner, uint64_t gid);

void gbn_owner_free(gbn_owner *owner);

#endif

#ifndef GBN_OWNER_H
#define GBN_OWNER_H

#include <stdint.h>

#include "gbn_error.h"

/*
 * gbn_owner - the names of users and groups, looked up once and remembered (by
 * libarchive). For one thread at a time.
 */
typedef struct gbn_owner gbn_owner;

/* Returns GBN_OK or GBN_ERR_NOMEM. Owns: gives `*owner`, NULL after a failure. */
gbn_status gbn_owner_new(gbn_owner **owner, gbn_error *err);

/* The name, or NULL if the system knows none. Lent until the next call. Blocks on the name service. */
const char *gbn_owner_user(gbn_owner *owner, uint64_t uid);
const char *gbn_owner_group(gbn_owner *owner, uint64_t gid);

/* NULL does nothing. */
void gbn_owner_free(gbn_owner *owner);

/* The other way round: which numbers names stand for on this system. For one thread at a time. */
typedef struct gbn_owner_ids gbn_owner_ids;

/* As gbn_owner_new. */
gbn_status gbn_owner_ids_new(gbn_owner_ids **ids, gbn_error *err);

/* The number of `name`; `id` if the system knows no such name, or it is NULL. Blocks on the name service. */
uint64_t gbn_owner_ids_user(gbn_owner_ids *ids, const char *name, uint64_t id);
uint64_t gbn_owner_ids_group(gbn_owner_ids *ids, const char *name, uint64_t id);

/* NULL does nothing. */
void gbn_owner_ids_free(gbn_owner_ids *ids);

#endif

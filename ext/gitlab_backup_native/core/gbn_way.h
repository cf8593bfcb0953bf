#ifndef GBN_WAY_H
#define GBN_WAY_H

#include "gbn_root.h"

/*
 * gbn_way - from a path beneath a root to its directory and its name there. Paths that
 * share directories with the one before cost what they differ in. For one thread at a time.
 */
typedef struct gbn_way gbn_way;

/* The root must outlive it. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_way_new(gbn_root *root, gbn_way **way, gbn_error *err);

/*
 * Find "a/b/c": opens nothing, and promises nothing about what is there.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM.
 * Owns     `*parent` is a reference of the caller's, NULL for the root itself (""); `*name` points into `path`.
 */
gbn_status gbn_way_find(gbn_way *way, const char *path, gbn_dir **parent, const char **name,
                        gbn_error *err);

/* NULL does nothing. */
void gbn_way_free(gbn_way *way);

#endif

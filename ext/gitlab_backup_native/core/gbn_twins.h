#ifndef GBN_TWINS_H
#define GBN_TWINS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gbn_error.h"
#include "gbn_sha256.h"

/*
 * gbn_twins - large files of an archive by their content, so that equal ones can be stored once. Two are twins if size,
 * permissions, owner and content agree: all that names of one inode share but the time.
 *
 * Memory: some 200 bytes and a path for each of the first GBN_TWINS of them; later ones are not remembered.
 */
typedef struct gbn_twins gbn_twins;

enum { GBN_TWINS = 100000 };

typedef struct gbn_twin {
    uint64_t size;
    mode_t mode;
    uint64_t uid, gid;
    uint8_t sha256[GBN_SHA256_SIZE];
} gbn_twin;

/* Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_twins_new(gbn_twins **twins, gbn_error *err);

/* Is there one that agrees in all but the content, which nobody has to know for that? */
bool gbn_twins_may(const gbn_twins *twins, const gbn_twin *twin);

/* The path of one that agrees in all, or NULL. Lent. */
const char *gbn_twins_find(const gbn_twins *twins, const gbn_twin *twin);

/* Remember one with a copy of its path; the first of several stays. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_twins_keep(gbn_twins *twins, const gbn_twin *twin, const char *path, gbn_error *err);

/* NULL does nothing. */
void gbn_twins_free(gbn_twins *twins);

#endif

#ifndef GBN_LINKS_H
#define GBN_LINKS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "gbn_error.h"

/*
 * gbn_links - which of several names of one inode comes first. An inode is remembered
 * until as many of its names were met as it has links.
 */
typedef struct gbn_link {
    dev_t device;
    ino_t inode;
    nlink_t unmet;       /* names still to come */
    unsigned references; /* of entries that point here */
    char *path;          /* of the first member; NULL until, or unless, it becomes one */
} gbn_link;

typedef struct gbn_links {
    void *tree; /* of gbn_link, by device and inode (tsearch(3)) */
} gbn_links;

/*
 * Meet one more name of the inode in `status`.
 *
 * Returns  GBN_OK with `*repeats` true unless this is the first; GBN_ERR_NOMEM.
 * Owns     lends `*link` until gbn_links_leave.
 */
gbn_status gbn_links_meet(gbn_links *links, const struct stat *status, gbn_link **link,
                          bool *repeats, gbn_error *err);

/* Keep a copy of `path` as what later names repeat. Returns GBN_OK or GBN_ERR_NOMEM. */
gbn_status gbn_link_keep(gbn_link *link, const char *path, gbn_error *err);

void gbn_links_leave(gbn_links *links, gbn_link *link);

void gbn_links_free(gbn_links *links);

#endif

#ifndef GBN_INDEX_SORTED_H
#define GBN_INDEX_SORTED_H

#include "gbn_index.h"

/*
 * gbn_index_sorted - the entries of a manifest in walk order, whatever the archive's order is: an archive
 * that is made from an earlier one has what is new behind the rest.
 *
 * Memory: gbn_sorter's; what is more goes to files without names in a folder.
 */
typedef struct gbn_index_sorted gbn_index_sorted;

/* Returns as gbn_index_open. */
gbn_status gbn_index_sorted_open(const char *path, const char *folder, gbn_index_sorted **sorted,
                                 gbn_error *err);

/*
 * As gbn_index_find, for entries alone; `filter` is that of the first call. The first calls read the manifest to its
 * end and return GBN_AGAIN.
 */
gbn_status gbn_index_sorted_find(gbn_index_sorted *sorted, const gbn_index_filter *filter,
                                 size_t *budget, const gbn_manifest_record **record,
                                 gbn_error *err);

void gbn_index_sorted_close(gbn_index_sorted *sorted); /* NULL does nothing */

#endif

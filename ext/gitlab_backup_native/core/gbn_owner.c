#include "gbn_owner.h"

#include <archive.h>

/* A gbn_owner is libarchive's disk reader, of which nothing but its look-ups is used. */

gbn_status
gbn_owner_new(gbn_owner **owner, gbn_error *err)
{
    struct archive *lookup = archive_read_disk_new();

    *owner = (gbn_owner *)lookup;
    if (lookup == NULL || archive_read_disk_set_standard_lookup(lookup) != ARCHIVE_OK) {
        gbn_owner_free(*owner);
        *owner = NULL;
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "look up owners");
    }
    return GBN_OK;
}

const char *
gbn_owner_user(gbn_owner *owner, uint64_t uid)
{
    return archive_read_disk_uname((struct archive *)owner, (la_int64_t)uid);
}

const char *
gbn_owner_group(gbn_owner *owner, uint64_t gid)
{
    return archive_read_disk_gname((struct archive *)owner, (la_int64_t)gid);
}

void
gbn_owner_free(gbn_owner *owner)
{
    if (owner != NULL)
        archive_read_free((struct archive *)owner);
}

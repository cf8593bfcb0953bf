#include "gbn_owner.h"

#include <archive.h>

/* A gbn_owner is libarchive's disk reader, a gbn_owner_ids its disk writer: nothing but their look-ups is
 * used, which remember what they were told. */

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

gbn_status
gbn_owner_ids_new(gbn_owner_ids **ids, gbn_error *err)
{
    struct archive *lookup = archive_write_disk_new();

    *ids = (gbn_owner_ids *)lookup;
    if (lookup == NULL || archive_write_disk_set_standard_lookup(lookup) != ARCHIVE_OK) {
        gbn_owner_ids_free(*ids);
        *ids = NULL;
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "look up owners");
    }
    return GBN_OK;
}

/* Of a name nobody knows libarchive remembers the first number it came with, as 32 bits; that must
 * not be a member's. It is nobody's: to chown it means "leave it". */
static const la_int64_t UNKNOWN = UINT32_MAX;

uint64_t
gbn_owner_ids_user(gbn_owner_ids *ids, const char *name, uint64_t id)
{
    la_int64_t found = UNKNOWN;

    if (name != NULL)
        found = archive_write_disk_uid((struct archive *)ids, name, UNKNOWN);
    return found == UNKNOWN ? id : (uint64_t)found;
}

uint64_t
gbn_owner_ids_group(gbn_owner_ids *ids, const char *name, uint64_t id)
{
    la_int64_t found = UNKNOWN;

    if (name != NULL)
        found = archive_write_disk_gid((struct archive *)ids, name, UNKNOWN);
    return found == UNKNOWN ? id : (uint64_t)found;
}

void
gbn_owner_ids_free(gbn_owner_ids *ids)
{
    if (ids != NULL)
        archive_write_free((struct archive *)ids);
}

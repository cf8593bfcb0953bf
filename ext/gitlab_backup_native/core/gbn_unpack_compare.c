/*
 * A member by its tar header against its entry in the manifest. Both were written by one run,
 * so any difference is damage or a manifest of another product; what a header says less exactly, or
 * in other words, is none. The first difference found is told, as one says enough.
 */
#include <string.h>
#include <sys/stat.h>

#include "gbn_time.h"
#include "gbn_unpack_source.h"

/* Is it the same time? A manifest has no words for times before 1677 and after 2262. */
static bool
is_same_time(int64_t seconds, int64_t ns)
{
    const int64_t whole = gbn_time_seconds(ns);

    return seconds == whole || (ns == INT64_MAX && seconds > whole) ||
           (ns == INT64_MIN && seconds < whole);
}

const char *
gbn_unpack_difference(const char *path, const gbn_tar_member *member,
                      const gbn_manifest_entry *entry)
{
    const bool hardlink = S_ISREG(member->mode) && member->link != NULL;
    const char *link = member->link;

    if (strcmp(path, entry->path) != 0)
        return "the manifest has another name in its place";
    if (((member->mode ^ entry->mode) & 07777) != 0 || hardlink != entry->hardlink ||
        (!hardlink && (member->mode & S_IFMT) != (entry->mode & S_IFMT)))
        return "its type or mode is not what the manifest says";
    if (S_ISREG(member->mode) && !hardlink && member->size != entry->size)
        return "its size is not what the manifest says";
    if (!is_same_time(member->mtime, entry->mtime_ns) || member->uid != entry->uid ||
        member->gid != entry->gid)
        return "its time or owner is not what the manifest says";
    if (hardlink && strncmp(link, "./", 2) == 0)
        link += 2;
    if (link != NULL && (entry->link == NULL || strcmp(link, entry->link) != 0))
        return "its link leads elsewhere than the manifest says";
    return NULL;
}

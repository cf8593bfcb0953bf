#include "gbn_tar_member.h"

#include <archive_entry.h>
#include <sys/stat.h>

#include "gbn_time.h"

static void
describe(struct archive_entry *entry, gbn_tar_member *member)
{
    const char *hard_link = archive_entry_hardlink(entry);
    const char *symlink = archive_entry_symlink(entry);
    mode_t mode = archive_entry_mode(entry) & (S_IFMT | 07777);

    *member = (gbn_tar_member){
        .path = archive_entry_pathname(entry),
        .mode = hard_link != NULL ? S_IFREG | (mode & (mode_t)~S_IFMT) : mode,
        .size = (uint64_t)archive_entry_size(entry),
        .mtime = archive_entry_mtime(entry),
        .uid = (uint64_t)archive_entry_uid(entry),
        .gid = (uint64_t)archive_entry_gid(entry),
        .owner = archive_entry_uname(entry),
        .group = archive_entry_gname(entry),
        .link = hard_link != NULL ? hard_link : symlink,
        .rdev = archive_entry_rdev(entry),
    };
}

static const char *
find_nonsense(const gbn_tar_member *member, struct archive_entry *entry)
{
    if (member->path == NULL || member->path[0] == '\0')
        return "no name";
    if ((member->mode & S_IFMT) == 0)
        return "unknown type";
    if (archive_entry_size(entry) < 0)
        return "negative size";
    if (archive_entry_uid(entry) < 0 || archive_entry_gid(entry) < 0)
        return "negative owner";
    if (S_ISLNK(member->mode) && (member->link == NULL || member->link[0] == '\0'))
        return "link to nothing";
    return NULL;
}

const char *
gbn_tar_member_describe(struct archive_entry *entry, gbn_tar_member *member)
{
    describe(entry, member);
    return find_nonsense(member, entry);
}

int64_t
gbn_tar_member_mtime_ns(struct archive_entry *entry)
{
    return gbn_time_ns(archive_entry_mtime(entry), archive_entry_mtime_nsec(entry));
}

/* What files are given in the end: owner first, as a change of owner takes bits off the mode. */
#include "gbn_target.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_target_state.h"
#include "gbn_time.h"

static void
fill_times(int64_t mtime_ns, struct timespec times[2])
{
    times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
    times[1].tv_sec = (time_t)gbn_time_seconds(mtime_ns);
    times[1].tv_nsec = gbn_time_rest(mtime_ns);
}

gbn_status
gbn_target_set_file(int fd, const char *path, const gbn_target_attributes *attributes,
                    gbn_error *err)
{
    struct timespec times[2];
    const char *verb = NULL;

    fill_times(attributes->mtime_ns, times);
    if (attributes->own && fchown(fd, attributes->uid, attributes->gid) < 0)
        verb = "set owner of";
    else if (fchmod(fd, attributes->mode & 01777) < 0)
        verb = "set mode of";
    else if (futimens(fd, times) < 0)
        verb = "set time of";
    return verb == NULL ? GBN_OK : gbn_fail(err, GBN_ERR_SYSTEM, errno, "%s %s", verb, path);
}

static gbn_status
set_symlink(const gbn_target_place *place, const gbn_target_attributes *attributes, gbn_error *err)
{
    struct timespec times[2];

    fill_times(attributes->mtime_ns, times);
    if (attributes->own && fchownat(place->dir->fd, place->name, attributes->uid, attributes->gid,
                                    AT_SYMLINK_NOFOLLOW) < 0)
        return gbn_target_fail_at(place, errno, "set owner of", err);
    if (utimensat(place->dir->fd, place->name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return gbn_target_fail_at(place, errno, "set time of", err);
    return GBN_OK;
}

static gbn_status
open_at(const gbn_target_place *place, int flags, int *fd, gbn_error *err)
{
    do
        *fd = openat(place->dir->fd, place->name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    while (*fd < 0 && errno == EMFILE && gbn_target_spare(place->target));
    return *fd >= 0 ? GBN_OK : gbn_target_fail_at(place, errno, "open", err);
}

static gbn_status
set_directory(const gbn_target_place *place, const gbn_target_attributes *attributes,
              gbn_error *err)
{
    int fd;
    gbn_status rc = open_at(place, O_DIRECTORY, &fd, err);

    if (rc < 0)
        return gbn_target_type_at(place) == S_IFDIR
                   ? rc
                   : gbn_target_fail_type(place, "set attributes of", err);
    rc = gbn_target_set_file(fd, place->path, attributes, err);
    close(fd);
    return rc;
}

static gbn_status
set_opened(const gbn_target_place *place, mode_t type, const gbn_target_attributes *attributes,
           gbn_error *err)
{
    struct stat status;
    int fd;
    gbn_status rc = open_at(place, O_NONBLOCK | O_NOCTTY, &fd, err);

    if (rc < 0)
        return rc;
    if (fstat(fd, &status) < 0)
        rc = gbn_target_fail_at(place, errno, "stat", err);
    else if ((status.st_mode & S_IFMT) != type)
        rc = gbn_target_fail_type(place, "open", err);
    else
        rc = gbn_target_set_file(fd, place->path, attributes, err);
    close(fd);
    return rc;
}

gbn_status
gbn_target_set(gbn_target *target, const char *path, mode_t type,
               const gbn_target_attributes *attributes, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc;

    if (path[0] == '\0' && S_ISDIR(type))
        return gbn_target_set_file(target->root->fd, ".", attributes, err);
    rc = gbn_target_find(target, path, false, &place, err);
    if (rc < 0)
        return rc;
    if (S_ISDIR(type))
        rc = set_directory(&place, attributes, err);
    else if (gbn_target_type_at(&place) != type) /* opening a device may do things */
        rc = gbn_target_fail_type(&place, "set attributes of", err);
    else if (S_ISLNK(type))
        rc = set_symlink(&place, attributes, err);
    else
        rc = set_opened(&place, type, attributes, err);
    gbn_target_leave(&place);
    return rc;
}

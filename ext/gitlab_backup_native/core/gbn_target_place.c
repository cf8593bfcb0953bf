/* Where a path leads: it is looked at first, whoever made it. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_target_state.h"

/* A path as gbn_target_name makes it, or a nearer look at why it is none. */
static const char *
find_fault(const char *path, size_t length)
{
    const char *slash;
    size_t part;

    if (length > GBN_TARGET_PATH_MAX)
        return "path too long";
    for (; length > 0; path += part + 1, length -= part + 1) {
        slash = memchr(path, '/', length);
        part = slash != NULL ? (size_t)(slash - path) : length;
        if (part == 0)
            return "empty name in the path";
        if (part > GBN_TARGET_PART_MAX)
            return "name longer than 255 bytes";
        if (path[0] == '.' && (part == 1 || (part == 2 && path[1] == '.')))
            return "dots in the path";
        if (part == length)
            return NULL;
        if (part + 1 == length)
            return "slash at the end";
    }
    return NULL;
}

gbn_status
gbn_target_check(const char *path, gbn_error *err)
{
    const size_t length = strlen(path);
    const char *fault = length == 0 ? "no name" : find_fault(path, length);

    return fault == NULL ? GBN_OK : gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (%s)", path, fault);
}

gbn_status
gbn_target_find(gbn_target *target, const char *path, bool make, gbn_target_place *place,
                gbn_error *err)
{
    const char *slash = strrchr(path, '/');
    gbn_status rc = gbn_target_check(path, err);

    if (rc < 0)
        return rc;
    place->target = target;
    place->path = path;
    place->name = slash != NULL ? slash + 1 : path;
    return gbn_target_pin(target, path, slash != NULL ? (size_t)(slash - path) : 0, make,
                          &place->dir, err);
}

void
gbn_target_leave(const gbn_target_place *place)
{
    gbn_target_unpin(place->target, place->dir);
}

gbn_status
gbn_target_fail_at(const gbn_target_place *place, int errnum, const char *verb, gbn_error *err)
{
    return gbn_target_fail(err, errnum, verb, place->path, strlen(place->path));
}

gbn_status
gbn_target_fail_type(const gbn_target_place *place, const char *verb, gbn_error *err)
{
    const char *reason =
        gbn_target_type_at(place) == 0 ? "nothing is there" : "something of another type is there";

    return gbn_fail(err, GBN_ERR_FORMAT, 0, "%s %s (%s)", verb, place->path, reason);
}

mode_t
gbn_target_type_at(const gbn_target_place *place)
{
    struct stat status;

    if (fstatat(place->dir->fd, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    return status.st_mode & S_IFMT;
}

/*
 * Every function finds the directory its path lies in, pins that, and acts on a single name
 * there with calls that follow no link: O_EXCL and O_NOFOLLOW, mkdirat, symlinkat, linkat
 * without AT_SYMLINK_FOLLOW, unlinkat.
 */
#include "gbn_target_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_beneath.h"

static gbn_status
append_part(gbn_bytes *path, const char *part, size_t length, gbn_error *err)
{
    if (path->length > 0 && gbn_bytes_append(path, "/", 1, err) < 0)
        return GBN_ERR_NOMEM;
    return gbn_bytes_append(path, part, length, err);
}

gbn_status
gbn_target_name(const char *name, gbn_bytes *path, gbn_error *err)
{
    const char *at = name;
    size_t part;

    gbn_bytes_clear(path);
    if (name[0] == '\0' || name[0] == '/')
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (%s)", name,
                        name[0] == '/' ? "absolute name" : "no name");
    for (; *at != '\0'; at += part + (at[part] == '/')) {
        part = strcspn(at, "/");
        if (part == 0 || (part == 1 && at[0] == '.'))
            continue;
        if (part == 2 && at[0] == '.' && at[1] == '.')
            return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (leads upwards)", name);
        if (part > GBN_TARGET_PART_MAX)
            return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (name longer than 255 bytes)", name);
        if (path->length + part >= GBN_TARGET_PATH_MAX)
            return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (path too long)", name);
        if (append_part(path, at, part, err) < 0)
            return GBN_ERR_NOMEM;
    }
    if (gbn_bytes_reserve(path, 1, err) < 0)
        return GBN_ERR_NOMEM;
    path->data[path->length] = '\0';
    return GBN_OK;
}

gbn_status
gbn_target_directory(gbn_target *target, const char *path, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc;

    if (path[0] == '\0')
        return GBN_OK;
    rc = gbn_target_find(target, path, true, &place, err);
    if (rc < 0)
        return rc;
    if (mkdirat(place.dir->fd, place.name, 0700) < 0) {
        if (errno != EEXIST)
            rc = gbn_target_fail_at(&place, errno, "make directory", err);
        else if (!S_ISDIR(gbn_target_type_at(&place)))
            rc = gbn_target_fail_type(&place, "make directory", err);
    }
    gbn_target_leave(&place);
    return rc;
}

/*
 * Uploads and artifacts have a directory each: to open it for one file costs more than the file. -1 whenever
 * anything is not plain, for the one who goes by the directory to find out.
 */
static int
create_at_once(gbn_target *target, const char *path)
{
    const char *slash = strrchr(path, '/');
    gbn_target_dir *nearest;
    const char *rest;
    int fd = -1;

    if (slash == NULL || target->steps)
        return -1;
    nearest = gbn_target_pin_nearest(target, path, (size_t)(slash - path));
    rest = path + nearest->length + (nearest->length > 0);
    if (rest <= slash && strlen(rest) < PATH_MAX)
        fd = gbn_beneath_open(nearest->fd, rest, O_WRONLY | O_CREAT | O_EXCL);
    gbn_target_unpin(target, nearest);
    return fd;
}

static gbn_status
create(const gbn_target_place *place, int *fd, gbn_error *err)
{
    do
        *fd = openat(place->dir->fd, place->name,
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (*fd < 0 && errno == EMFILE && gbn_target_spare(place->target));
    if (*fd >= 0)
        return GBN_OK;
    if (errno != EEXIST)
        return gbn_target_fail_at(place, errno, "create", err);
    return S_ISREG(gbn_target_type_at(place)) ? GBN_AGAIN
                                              : gbn_target_fail_type(place, "create", err);
}

gbn_status
gbn_target_create(gbn_target *target, const char *path, int *fd, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = gbn_target_check(path, err);

    *fd = rc == GBN_OK ? create_at_once(target, path) : -1;
    if (rc < 0 || *fd >= 0)
        return rc;
    rc = gbn_target_find(target, path, true, &place, err);
    if (rc < 0)
        return rc;
    rc = create(&place, fd, err);
    gbn_target_leave(&place);
    return rc;
}

gbn_status
gbn_target_replace(gbn_target *target, const char *path, int *fd, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = gbn_target_find(target, path, true, &place, err);

    *fd = -1;
    if (rc < 0)
        return rc;
    if (S_ISREG(gbn_target_type_at(&place)) && unlinkat(place.dir->fd, place.name, 0) < 0)
        rc = gbn_target_fail_at(&place, errno, "remove", err);
    else
        rc = create(&place, fd, err);
    gbn_target_leave(&place);
    return rc;
}

gbn_status
gbn_target_remove(gbn_target *target, const char *path, int fd, gbn_error *err)
{
    gbn_target_place place;
    struct stat here, ours;
    gbn_status rc = gbn_target_find(target, path, false, &place, err);

    if (rc < 0)
        return rc;
    if (fstat(fd, &ours) == 0 &&
        fstatat(place.dir->fd, place.name, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
        here.st_dev == ours.st_dev && here.st_ino == ours.st_ino &&
        unlinkat(place.dir->fd, place.name, 0) < 0)
        rc = gbn_target_fail_at(&place, errno, "remove", err);
    gbn_target_leave(&place);
    return rc;
}

gbn_status
gbn_target_symlink(gbn_target *target, const char *path, const char *text, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = gbn_target_find(target, path, true, &place, err);

    if (rc < 0)
        return rc;
    if (S_ISLNK(gbn_target_type_at(&place)))
        unlinkat(place.dir->fd, place.name, 0); /* if that fails, so does the next */
    if (symlinkat(text, place.dir->fd, place.name) < 0)
        rc = errno == EEXIST ? gbn_target_fail_type(&place, "make symlink", err)
                             : gbn_target_fail_at(&place, errno, "make symlink", err);
    gbn_target_leave(&place);
    return rc;
}

/* EEXIST: is it what was to be made? */
static gbn_status
compare_link(const gbn_target_place *place, const gbn_target_place *existing, gbn_error *err)
{
    struct stat here, there;

    if (fstatat(place->dir->fd, place->name, &here, AT_SYMLINK_NOFOLLOW) < 0 ||
        fstatat(existing->dir->fd, existing->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return gbn_target_fail_at(place, errno, "stat", err);
    if (here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        return GBN_OK;
    if (!S_ISREG(here.st_mode) && !S_ISLNK(here.st_mode))
        return gbn_target_fail_type(place, "make hard link", err);
    return GBN_AGAIN;
}

static gbn_status
make_link(const gbn_target_place *place, const gbn_target_place *existing, gbn_error *err)
{
    mode_t type = gbn_target_type_at(existing);

    if (type == 0)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "make hard link %s (there is no %s)", place->path,
                        existing->path);
    if (!S_ISREG(type) && !S_ISLNK(type))
        return gbn_target_fail_type(existing, "link to", err);
    if (linkat(existing->dir->fd, existing->name, place->dir->fd, place->name, 0) == 0)
        return GBN_OK;
    return errno == EEXIST ? compare_link(place, existing, err)
                           : gbn_target_fail_at(place, errno, "make hard link", err);
}

gbn_status
gbn_target_link(gbn_target *target, const char *path, const char *existing, gbn_error *err)
{
    gbn_target_place place, from;
    gbn_status rc = gbn_target_find(target, existing, false, &from, err);

    if (rc < 0) {
        if (err != NULL && rc == GBN_ERR_SYSTEM && err->errnum == ENOENT)
            rc = gbn_fail(err, GBN_ERR_FORMAT, 0, "make hard link %s (there is no %s)", path,
                          existing);
        return rc;
    }
    rc = gbn_target_find(target, path, true, &place, err);
    if (rc == GBN_OK) {
        rc = make_link(&place, &from, err);
        gbn_target_leave(&place);
    }
    gbn_target_leave(&from);
    return rc;
}

gbn_status
gbn_target_fifo(gbn_target *target, const char *path, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = gbn_target_find(target, path, true, &place, err);

    if (rc < 0)
        return rc;
    if (mkfifoat(place.dir->fd, place.name, 0600) < 0) {
        if (errno != EEXIST)
            rc = gbn_target_fail_at(&place, errno, "make fifo", err);
        else if (!S_ISFIFO(gbn_target_type_at(&place)))
            rc = gbn_target_fail_type(&place, "make fifo", err);
    }
    gbn_target_leave(&place);
    return rc;
}

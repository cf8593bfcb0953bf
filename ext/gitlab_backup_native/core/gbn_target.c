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

enum { NAME_LIMIT = 255 };

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
        if (part > NAME_LIMIT)
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

static gbn_status
find_place(gbn_target *target, const char *path, bool make, gbn_target_place *place, gbn_error *err)
{
    size_t length = strlen(path);
    const char *fault = length == 0 ? "no name" : find_fault(path, length);
    const char *slash;

    if (fault != NULL)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (%s)", path, fault);
    slash = memrchr(path, '/', length);
    place->target = target;
    place->path = path;
    place->name = slash != NULL ? slash + 1 : path;
    return gbn_target_pin(target, path, slash != NULL ? (size_t)(slash - path) : 0, make,
                          &place->dir, err);
}

static void
leave_place(const gbn_target_place *place)
{
    gbn_target_unpin(place->target, place->dir);
}

static gbn_status
fail_at(const gbn_target_place *place, int errnum, const char *verb, gbn_error *err)
{
    return gbn_target_fail(err, errnum, verb, place->path, strlen(place->path));
}

static gbn_status
fail_type(const gbn_target_place *place, const char *verb, gbn_error *err)
{
    return gbn_fail(err, GBN_ERR_FORMAT, 0, "%s %s (something of another type is there)", verb,
                    place->path);
}

/* The type of what is there; 0 for nothing, and when that cannot be told. */
static mode_t
type_at(const gbn_target_place *place)
{
    struct stat status;

    if (fstatat(place->dir->fd, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    return status.st_mode & S_IFMT;
}

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
        if (part > NAME_LIMIT)
            return gbn_fail(err, GBN_ERR_FORMAT, 0, "open %s (name longer than 255 bytes)", name);
        if (path->length + part >= GBN_TARGET_PATH_MAX)
            return gbn_fail(err, GBN_ERR_LIMIT, 0, "open %s (path too long)", name);
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
    rc = find_place(target, path, true, &place, err);
    if (rc < 0)
        return rc;
    if (mkdirat(place.dir->fd, place.name, 0700) < 0) {
        if (errno != EEXIST)
            rc = fail_at(&place, errno, "make directory", err);
        else if (!S_ISDIR(type_at(&place)))
            rc = fail_type(&place, "make directory", err);
    }
    leave_place(&place);
    return rc;
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
        return fail_at(place, errno, "create", err);
    return S_ISREG(type_at(place)) ? GBN_AGAIN : fail_type(place, "create", err);
}

gbn_status
gbn_target_create(gbn_target *target, const char *path, int *fd, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = find_place(target, path, true, &place, err);

    *fd = -1;
    if (rc < 0)
        return rc;
    rc = create(&place, fd, err);
    leave_place(&place);
    return rc;
}

gbn_status
gbn_target_replace(gbn_target *target, const char *path, int *fd, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = find_place(target, path, true, &place, err);

    *fd = -1;
    if (rc < 0)
        return rc;
    if (S_ISREG(type_at(&place)) && unlinkat(place.dir->fd, place.name, 0) < 0)
        rc = fail_at(&place, errno, "remove", err);
    else
        rc = create(&place, fd, err);
    leave_place(&place);
    return rc;
}

gbn_status
gbn_target_symlink(gbn_target *target, const char *path, const char *text, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = find_place(target, path, true, &place, err);

    if (rc < 0)
        return rc;
    if (S_ISLNK(type_at(&place)))
        unlinkat(place.dir->fd, place.name, 0); /* if that fails, so does the next */
    if (symlinkat(text, place.dir->fd, place.name) < 0)
        rc = errno == EEXIST ? fail_type(&place, "make symlink", err)
                             : fail_at(&place, errno, "make symlink", err);
    leave_place(&place);
    return rc;
}

/* EEXIST: is it what was to be made? */
static gbn_status
compare_link(const gbn_target_place *place, const gbn_target_place *existing, gbn_error *err)
{
    struct stat here, there;

    if (fstatat(place->dir->fd, place->name, &here, AT_SYMLINK_NOFOLLOW) < 0 ||
        fstatat(existing->dir->fd, existing->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_at(place, errno, "stat", err);
    if (here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        return GBN_OK;
    if (!S_ISREG(here.st_mode) && !S_ISLNK(here.st_mode))
        return fail_type(place, "make hard link", err);
    return GBN_AGAIN;
}

static gbn_status
make_link(const gbn_target_place *place, const gbn_target_place *existing, gbn_error *err)
{
    mode_t type = type_at(existing);

    if (type == 0)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "make hard link %s (there is no %s)", place->path,
                        existing->path);
    if (!S_ISREG(type) && !S_ISLNK(type))
        return fail_type(existing, "link to", err);
    if (linkat(existing->dir->fd, existing->name, place->dir->fd, place->name, 0) == 0)
        return GBN_OK;
    return errno == EEXIST ? compare_link(place, existing, err)
                           : fail_at(place, errno, "make hard link", err);
}

gbn_status
gbn_target_link(gbn_target *target, const char *path, const char *existing, gbn_error *err)
{
    gbn_target_place place, from;
    gbn_status rc = find_place(target, existing, false, &from, err);

    if (rc < 0) {
        if (err != NULL && rc == GBN_ERR_SYSTEM && err->errnum == ENOENT)
            rc = gbn_fail(err, GBN_ERR_FORMAT, 0, "make hard link %s (there is no %s)", path,
                          existing);
        return rc;
    }
    rc = find_place(target, path, true, &place, err);
    if (rc == GBN_OK) {
        rc = make_link(&place, &from, err);
        leave_place(&place);
    }
    leave_place(&from);
    return rc;
}

gbn_status
gbn_target_fifo(gbn_target *target, const char *path, gbn_error *err)
{
    gbn_target_place place;
    gbn_status rc = find_place(target, path, true, &place, err);

    if (rc < 0)
        return rc;
    if (mkfifoat(place.dir->fd, place.name, 0600) < 0) {
        if (errno != EEXIST)
            rc = fail_at(&place, errno, "make fifo", err);
        else if (!S_ISFIFO(type_at(&place)))
            rc = fail_type(&place, "make fifo", err);
    }
    leave_place(&place);
    return rc;
}

static void
fill_times(int64_t mtime_ns, struct timespec times[2])
{
    const int64_t second = 1000000000;
    int64_t rest = mtime_ns % second;

    times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
    times[1].tv_sec = (time_t)(mtime_ns / second - (rest < 0));
    times[1].tv_nsec = (long)(rest < 0 ? rest + second : rest);
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
        return fail_at(place, errno, "set owner of", err);
    if (utimensat(place->dir->fd, place->name, times, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_at(place, errno, "set time of", err);
    return GBN_OK;
}

static gbn_status
set_opened(const gbn_target_place *place, mode_t type, const gbn_target_attributes *attributes,
           gbn_error *err)
{
    struct stat status;
    gbn_status rc;
    int fd;

    do
        fd = openat(place->dir->fd, place->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (fd < 0 && errno == EMFILE && gbn_target_spare(place->target));
    if (fd < 0)
        return fail_at(place, errno, "open", err);
    if (fstat(fd, &status) < 0)
        rc = fail_at(place, errno, "stat", err);
    else if ((status.st_mode & S_IFMT) != type)
        rc = fail_type(place, "open", err);
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
    rc = find_place(target, path, false, &place, err);
    if (rc < 0)
        return rc;
    if (type_at(&place) != type) /* opening a device may do things */
        rc = fail_type(&place, "set attributes of", err);
    else if (S_ISLNK(type))
        rc = set_symlink(&place, attributes, err);
    else
        rc = set_opened(&place, type, attributes, err);
    leave_place(&place);
    return rc;
}

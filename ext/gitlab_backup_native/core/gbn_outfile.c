/*
 * All work goes through a handle of the directory, so the file ends up beside
 * its temporary one even if the directory is renamed meanwhile.
 *
 * The temporary file is locked before anything is written. Whoever clears
 * leftovers may have come between its creation and the lock, and then holds the lock
 * or has removed the file already: both show, and a new name is tried. At the
 * end the file gets its name before it is closed, because closing gives up the lock.
 *
 * Only SYNC_FILE_RANGE_WRITE is used: its waiting forms would report a failed
 * writeback themselves, and take that report away from fsync.
 */
#include "gbn_outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gbn_bytes.h"

enum {
    RANDOM_BYTES = 12,
    NAME_ATTEMPTS = 16,
    WRITEBACK = 8 * 1024 * 1024,
    WRITE_MAX = 0x40000000, /* write(2) takes 0x7ffff000 bytes at most */
};

#define TEMPORARY_PREFIX ".gbn-tmp-"

struct gbn_outfile {
    int directory;
    int fd;
    bool appended; /* to a file of others */
    uint64_t base; /* where in the file it begins */
    uint64_t size;
    uint64_t flushed; /* bytes whose writeback has been started */
    char temporary[sizeof TEMPORARY_PREFIX + 2 * (size_t)RANDOM_BYTES];
    const char *name; /* within path */
    char path[];
};

/* The path up to and without its last slash; NULL when memory is out. */
static char *
directory_of(const gbn_outfile *file)
{
    size_t length = (size_t)(file->name - file->path);

    if (length == 0)
        return strdup(".");
    return strndup(file->path, length > 1 ? length - 1 : 1);
}

static gbn_status
open_directory(gbn_outfile *file, gbn_error *err)
{
    char *directory = directory_of(file);
    gbn_status rc = GBN_OK;

    if (directory == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "create %s", file->path);
    file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->directory < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "open directory %s", directory);
    free(directory);
    return rc;
}

static gbn_status
refuse_existing(const gbn_outfile *file, gbn_error *err)
{
    struct stat info;

    if (fstatat(file->directory, file->name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, EEXIST, "create %s", file->path);
    if (errno != ENOENT)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    return GBN_OK;
}

static gbn_status
choose_name(gbn_outfile *file, gbn_error *err)
{
    uint8_t random[RANDOM_BYTES];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    memcpy(file->temporary, TEMPORARY_PREFIX, sizeof TEMPORARY_PREFIX);
    gbn_bytes_hex(file->temporary + sizeof TEMPORARY_PREFIX - 1, random, sizeof random);
    return GBN_OK;
}

/* GBN_AGAIN when one who clears leftovers was quicker than our lock. */
static gbn_status
lock_file(const gbn_outfile *file, gbn_error *err)
{
    struct stat info;

    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return GBN_AGAIN;
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "lock %s", file->path);
    }
    if (fstat(file->fd, &info) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    return info.st_nlink == 0 ? GBN_AGAIN : GBN_OK;
}

static void
remove_temporary(gbn_outfile *file)
{
    if (file->fd < 0)
        return;
    if (!file->appended)
        unlinkat(file->directory, file->temporary, 0);
    else if (ftruncate(file->fd, (off_t)file->base) != 0)
        (void)errno; /* its holder finds it longer than it should be */
    close(file->fd);
    file->fd = -1;
}

static gbn_status
create_temporary(gbn_outfile *file, gbn_error *err)
{
    gbn_status rc = choose_name(file, err);

    if (rc < 0)
        return rc;
    file->fd = openat(file->directory, file->temporary,
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        if (errno == EEXIST)
            return GBN_AGAIN;
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    }
    rc = lock_file(file, err);
    if (rc != GBN_OK)
        remove_temporary(file);
    return rc;
}

static gbn_status
begin_file(gbn_outfile *file, gbn_error *err)
{
    gbn_status rc;
    int attempt;

    rc = open_directory(file, err);
    if (rc == GBN_OK)
        rc = refuse_existing(file, err);
    if (rc < 0)
        return rc;
    for (attempt = 0, rc = GBN_AGAIN; rc == GBN_AGAIN && attempt < NAME_ATTEMPTS; attempt++)
        rc = create_temporary(file, err);
    if (rc == GBN_AGAIN)
        return gbn_fail(err, GBN_ERR_SYSTEM, EAGAIN, "create %s", file->path);
    return rc;
}

static gbn_outfile *
new_file(const char *path, gbn_error *err)
{
    const size_t size = strlen(path) + 1;
    gbn_outfile *file = calloc(1, sizeof *file + size);
    const char *slash;

    if (file == NULL) {
        gbn_fail(err, GBN_ERR_NOMEM, 0, "create %s", path);
        return NULL;
    }
    file->directory = -1;
    file->fd = -1;
    memcpy(file->path, path, size);
    slash = strrchr(file->path, '/');
    file->name = slash == NULL ? file->path : slash + 1;
    return file;
}

gbn_status
gbn_outfile_open(const char *path, gbn_outfile **result, gbn_error *err)
{
    gbn_outfile *file = new_file(path, err);
    gbn_status rc;

    *result = NULL;
    if (file == NULL)
        return GBN_ERR_NOMEM;
    if (*file->name == '\0')
        rc = gbn_fail(err, GBN_ERR_INVALID, 0, "create %s (a file needs a name)", path);
    else
        rc = begin_file(file, err);
    if (rc < 0) {
        gbn_outfile_discard(file);
        return rc;
    }
    *result = file;
    return GBN_OK;
}

gbn_status
gbn_outfile_append(int fd, const char *name, gbn_outfile **result, gbn_error *err)
{
    gbn_outfile *file = new_file(name, err);
    struct stat info;

    *result = NULL;
    if (file == NULL)
        return GBN_ERR_NOMEM;
    file->appended = true;
    if (fstat(fd, &info) != 0 || (file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", name);
        gbn_outfile_discard(file);
        return GBN_ERR_SYSTEM;
    }
    file->base = (uint64_t)info.st_size;
    *result = file;
    return GBN_OK;
}

static void
start_writeback(gbn_outfile *file)
{
    if (file->size - file->flushed < WRITEBACK)
        return;
    /* Only a head start: where it is not supported, fsync does it all. */
    (void)sync_file_range(file->fd, (off_t)(file->base + file->flushed),
                          (off_t)(file->size - file->flushed), SYNC_FILE_RANGE_WRITE);
    file->flushed = file->size;
}

/* The position of somebody else's descriptor is left alone. */
static ssize_t
put(const gbn_outfile *file, const uint8_t *data, size_t length)
{
    if (file->appended)
        return pwrite(file->fd, data, length, (off_t)(file->base + file->size));
    return write(file->fd, data, length);
}

gbn_status
gbn_outfile_write(gbn_outfile *file, const void *data, size_t length, gbn_error *err)
{
    const uint8_t *rest = data;
    ssize_t written;

    while (length > 0) {
        written = put(file, rest, length < WRITE_MAX ? length : WRITE_MAX);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) /* 0 is no answer a file should give: a FUSE daemon's mistake */
            return gbn_fail(err, GBN_ERR_SYSTEM, written < 0 ? errno : EIO, "write %s", file->path);
        rest += written;
        length -= (size_t)written;
        file->size += (uint64_t)written;
        start_writeback(file);
    }
    return GBN_OK;
}

uint64_t
gbn_outfile_size(const gbn_outfile *file)
{
    return file->size;
}

/* 0, or -1 with errno. File systems without RENAME_NOREPLACE (EINVAL) have links that refuse. */
static int
name_file(const gbn_outfile *file)
{
    /* by number: musl has no wrapper */
    if (syscall(SYS_renameat2, file->directory, file->temporary, file->directory, file->name,
                RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(file->directory, file->temporary, file->directory, file->name, 0) != 0)
        return -1;
    unlinkat(file->directory, file->temporary, 0);
    return 0;
}

/* Some network and FUSE file systems cannot sync a directory, and say EINVAL. */
static int
sync_directory(const gbn_outfile *file)
{
    if (fsync(file->directory) == 0 || errno == EINVAL)
        return 0;
    return -1;
}

static gbn_status
finish_file(gbn_outfile *file, gbn_error *err)
{
    int fd = file->fd;

    if (fsync(fd) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "sync %s", file->path);
    if (name_file(file) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    file->fd = -1;
    if (close(fd) == 0 && sync_directory(file) == 0)
        return GBN_OK;
    gbn_fail(err, GBN_ERR_SYSTEM, errno, "sync %s", file->path);
    unlinkat(file->directory, file->name, 0);
    return GBN_ERR_SYSTEM;
}

gbn_status
gbn_outfile_publish(gbn_outfile *file, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (!file->appended) {
        rc = finish_file(file, err);
    } else {
        close(file->fd); /* a duplicate: it has nothing to report */
        file->fd = -1;
    }
    gbn_outfile_discard(file);
    return rc;
}

void
gbn_outfile_discard(gbn_outfile *file)
{
    if (file == NULL)
        return;
    remove_temporary(file);
    if (file->directory >= 0)
        close(file->directory);
    free(file);
}

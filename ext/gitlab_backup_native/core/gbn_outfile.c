/*
 * At the end a file gets its name before it is closed, because closing gives up the lock.
 *
 * Only SYNC_FILE_RANGE_WRITE is used: its waiting forms would report a failed
 * writeback themselves, and take that report away from fsync.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_outfile_state.h"
#include "gbn_pipe.h"

enum {
    WRITEBACK = 8 * 1024 * 1024,
    WRITE_MAX = 0x40000000, /* write(2) takes 0x7ffff000 bytes at most */
};

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
        rc = gbn_outfile_begin(file, err);
    if (rc < 0) {
        gbn_outfile_discard(file);
        return rc;
    }
    *result = file;
    return GBN_OK;
}

static gbn_status
duplicate(gbn_outfile *file, int fd, gbn_error *err)
{
    if (file->piped)
        return gbn_pipe_open_writer(fd, &file->fd, err);
    file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return file->fd < 0 ? gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", file->path) : GBN_OK;
}

gbn_status
gbn_outfile_append(int fd, const char *name, gbn_outfile **result, gbn_error *err)
{
    gbn_outfile *file = new_file(name, err);
    struct stat info;
    gbn_status rc;

    *result = NULL;
    if (file == NULL)
        return GBN_ERR_NOMEM;
    file->appended = true;
    if (fstat(fd, &info) != 0) {
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", name);
    } else {
        file->piped = S_ISFIFO(info.st_mode);
        file->base = (uint64_t)info.st_size;
        rc = duplicate(file, fd, err);
    }
    if (rc < 0) {
        gbn_outfile_discard(file);
        return rc;
    }
    *result = file;
    return GBN_OK;
}

void
gbn_outfile_heed(gbn_outfile *file, gbn_cancel *cancel)
{
    file->cancel = cancel;
}

static void
start_writeback(gbn_outfile *file, uint64_t end)
{
    const uint64_t begin = file->base + file->flushed;

    if (end - begin < WRITEBACK)
        return;
    /* Only a head start: where it is not supported, fsync does it all. */
    (void)sync_file_range(file->fd, (off_t)begin, (off_t)(end - begin), SYNC_FILE_RANGE_WRITE);
    file->flushed = end - file->base;
}

gbn_status
gbn_outfile_put(gbn_outfile *file, const uint8_t *data, size_t length, uint64_t offset,
                gbn_error *err)
{
    ssize_t written;

    while (length > 0) {
        written = pwrite(file->fd, data, length < WRITE_MAX ? length : WRITE_MAX, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) /* 0 is no answer a file should give: a FUSE daemon's mistake */
            return gbn_fail(err, GBN_ERR_SYSTEM, written < 0 ? errno : EIO, "write %s", file->path);
        data += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
        start_writeback(file, offset);
    }
    return GBN_OK;
}

gbn_status
gbn_outfile_write(gbn_outfile *file, const void *data, size_t length, gbn_error *err)
{
    const uint8_t *rest = data;
    gbn_status rc = GBN_OK;

    if (file->piped) {
        file->size += length;
        return gbn_pipe_write(file->fd, data, length, file->cancel, err);
    }
    while (rc == GBN_OK && length > 0) {
        const size_t gap = gbn_outfile_gap(file);
        size_t taken = gap > 0 && gap < length ? gap : length;

        if (gap > 0)
            rc = gbn_outfile_put(file, rest, taken, file->base + file->size, err);
        else
            rc = gbn_outfile_hold(file, rest, &taken, err);
        rest += taken;
        length -= taken;
        file->size += taken;
    }
    return rc;
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
    gbn_cache_drop(fd, 0, 0); /* who looks at a backup next has to go to the disk all the same */
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
    gbn_status rc = gbn_outfile_settle(file, err);

    if (rc == GBN_OK && !file->appended) {
        rc = finish_file(file, err);
    } else if (rc == GBN_OK) {
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
    gbn_outfile_end_direct(file);
    gbn_outfile_remove(file);
    if (file->directory >= 0)
        close(file->directory);
    free(file);
}

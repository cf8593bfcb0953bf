/*
 * All work goes through a handle of the directory, so the file ends up beside
 * its temporary one even if the directory is renamed meanwhile.
 *
 * The temporary file is locked before anything is written. Whoever clears
 * leftovers may have come between its creation and the lock, and then holds the lock
 * or has removed the file already: both show, and a new name is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_bytes.h"
#include "gbn_outfile_state.h"

enum { NAME_ATTEMPTS = 16 };

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
    uint8_t random[GBN_OUTFILE_RANDOM];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "create %s", file->path);
    memcpy(file->temporary, GBN_OUTFILE_PREFIX, sizeof GBN_OUTFILE_PREFIX);
    gbn_bytes_hex(file->temporary + sizeof GBN_OUTFILE_PREFIX - 1, random, sizeof random);
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

void
gbn_outfile_remove(gbn_outfile *file)
{
    if (file->fd < 0)
        return;
    if (!file->appended)
        unlinkat(file->directory, file->temporary, 0);
    else if (!file->piped && ftruncate(file->fd, (off_t)file->base) != 0)
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
        gbn_outfile_remove(file);
    return rc;
}

gbn_status
gbn_outfile_begin(gbn_outfile *file, gbn_error *err)
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

/*
 * Copying a product through the page cache costs a fifth of what compressing it does, pushes out what the
 * server on this machine has there, and leaves the disk's work to the sync at the end. So what is larger
 * than a few MiB goes to the disk as it is written (O_DIRECT), where the file system has a disk
 * of its own; a network's would have each write answered by itself.
 *
 * Direct writes have to lie on the disk's boundaries. What comes before the first of these and behind
 * the last is written as usual.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "gbn_outfile_state.h"

enum {
    BEGIN = 8 * 1024 * 1024,
    BOUNDARY = 64 * 1024, /* the largest page there is: no page then belongs to both ways */
    BUFFER = 1024 * 1024,
};

static bool
has_disk(int fd)
{
    struct statfs info;

    if (fstatfs(fd, &info) != 0)
        return false;
    return info.f_type == EXT4_SUPER_MAGIC || info.f_type == XFS_SUPER_MAGIC;
}

/* A description of its own, as the other one's flags may be somebody else's. */
static int
reopen(int fd)
{
    char path[sizeof "/proc/self/fd/" + 3 * sizeof fd];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

static void
begin(gbn_outfile *file)
{
    void *held;

    file->tried = true;
    if (!has_disk(file->fd) || posix_memalign(&held, BOUNDARY, BUFFER) != 0)
        return;
    file->held = held;
    file->direct = reopen(file->fd);
}

size_t
gbn_outfile_gap(gbn_outfile *file)
{
    const uint64_t beyond = (file->base + file->size) % BOUNDARY;

    if (file->size < BEGIN)
        return (size_t)(BEGIN - file->size);
    if (!file->tried && beyond > 0)
        return (size_t)(BOUNDARY - beyond);
    if (!file->tried)
        begin(file);
    return file->direct < 0 ? SIZE_MAX : 0;
}

/* What the file system refuses after all, or takes a part of, is written as usual: that tells why. */
static gbn_status
write_direct(gbn_outfile *file, uint64_t offset, gbn_error *err)
{
    ssize_t written;
    size_t done;

    do
        written = pwrite(file->direct, file->held, BUFFER, (off_t)offset);
    while (written < 0 && errno == EINTR);
    if (written == BUFFER)
        return GBN_OK;
    done = written < 0 ? 0 : (size_t)written;
    close(file->direct);
    file->direct = -1;
    return gbn_outfile_put(file, file->held + done, BUFFER - done, offset + done, err);
}

gbn_status
gbn_outfile_hold(gbn_outfile *file, const uint8_t *data, size_t *length, gbn_error *err)
{
    const size_t room = BUFFER - file->held_length;

    if (*length > room)
        *length = room;
    memcpy(file->held + file->held_length, data, *length);
    file->held_length += *length;
    if (file->held_length < BUFFER)
        return GBN_OK;
    file->held_length = 0;
    return write_direct(file, file->base + file->size + *length - BUFFER, err);
}

gbn_status
gbn_outfile_settle(gbn_outfile *file, gbn_error *err)
{
    const size_t length = file->held_length;

    file->held_length = 0;
    return gbn_outfile_put(file, file->held, length, file->base + file->size - length, err);
}

void
gbn_outfile_end_direct(gbn_outfile *file)
{
    if (file->direct >= 0)
        close(file->direct);
    file->direct = -1;
    free(file->held);
    file->held = NULL;
}

/*
 * Copying a product through the page cache costs a fifth of what compressing it does, pushes out what the
 * server on this machine has there, and leaves the disk's work to the sync at the end. So what is larger
 * than a few MiB goes to the disk as it is written (O_DIRECT), where the file system has a disk
 * of its own; a network's would have each write answered by itself. A thread of the file's own waits
 * for the disk while the next buffer is filled.
 *
 * Direct writes have to lie on the disk's boundaries. What comes before the first of these and behind
 * the last is written as usual.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
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

struct gbn_outfile_direct {
    int fd;
    uint8_t *filling; /* the caller's buffer */
    size_t length;    /* of what it holds */
    uint8_t *writing; /* the thread's, while `busy` */
    uint64_t offset;  /* of that in the file */
    size_t written;   /* of that, when it has been */
    bool busy;
    bool ended;
    bool started;
    pthread_t thread;
    pthread_mutex_t lock; /* over busy and ended */
    pthread_cond_t changed;
};

/* ---- its thread ---- */

static size_t
write_buffer(const struct gbn_outfile_direct *direct)
{
    ssize_t written;

    do
        written = pwrite(direct->fd, direct->writing, BUFFER, (off_t)direct->offset);
    while (written < 0 && errno == EINTR);
    return written < 0 ? 0 : (size_t)written;
}

static void *
run(void *argument)
{
    struct gbn_outfile_direct *direct = argument;

    pthread_mutex_lock(&direct->lock);
    for (;;) {
        while (!direct->busy && !direct->ended)
            pthread_cond_wait(&direct->changed, &direct->lock);
        if (!direct->busy)
            break;
        pthread_mutex_unlock(&direct->lock);
        direct->written = write_buffer(direct);
        pthread_mutex_lock(&direct->lock);
        direct->busy = false;
        pthread_cond_signal(&direct->changed);
    }
    pthread_mutex_unlock(&direct->lock);
    return NULL;
}

/* Signals are the process's main thread's. */
static bool
start_thread(struct gbn_outfile_direct *direct)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    direct->started = pthread_create(&direct->thread, NULL, run, direct) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return direct->started;
}

static void
end_thread(struct gbn_outfile_direct *direct)
{
    if (!direct->started)
        return;
    pthread_mutex_lock(&direct->lock);
    direct->ended = true;
    pthread_cond_signal(&direct->changed);
    pthread_mutex_unlock(&direct->lock);
    pthread_join(direct->thread, NULL);
}

/* ---- beginning and end ---- */

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
free_direct(struct gbn_outfile_direct *direct)
{
    end_thread(direct);
    pthread_cond_destroy(&direct->changed);
    pthread_mutex_destroy(&direct->lock);
    free(direct->filling);
    free(direct->writing);
    if (direct->fd >= 0)
        close(direct->fd);
    free(direct);
}

static uint8_t *
new_buffer(void)
{
    void *buffer;

    return posix_memalign(&buffer, BOUNDARY, BUFFER) == 0 ? buffer : NULL;
}

/* Where anything for it is missing, the file is written as usual. */
static void
begin(gbn_outfile *file)
{
    struct gbn_outfile_direct *direct;

    file->tried = true;
    if (!has_disk(file->fd) || (direct = calloc(1, sizeof *direct)) == NULL)
        return;
    pthread_mutex_init(&direct->lock, NULL);
    pthread_cond_init(&direct->changed, NULL);
    direct->written = BUFFER;
    direct->filling = new_buffer();
    direct->writing = new_buffer();
    direct->fd = reopen(file->fd);
    if (direct->filling != NULL && direct->writing != NULL && direct->fd >= 0 &&
        start_thread(direct))
        file->direct = direct;
    else
        free_direct(direct);
}

void
gbn_outfile_end_direct(gbn_outfile *file)
{
    if (file->direct != NULL)
        free_direct(file->direct);
    file->direct = NULL;
}

/* ---- in between ---- */

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
    return file->direct == NULL ? SIZE_MAX : 0;
}

/* Wait for the thread. What the file system did not take of its buffer is written as usual: that tells why. */
static gbn_status
await(gbn_outfile *file, gbn_error *err)
{
    struct gbn_outfile_direct *direct = file->direct;

    pthread_mutex_lock(&direct->lock);
    while (direct->busy)
        pthread_cond_wait(&direct->changed, &direct->lock);
    pthread_mutex_unlock(&direct->lock);
    return gbn_outfile_put(file, direct->writing + direct->written, BUFFER - direct->written,
                           direct->offset + direct->written, err);
}

static void
hand_over(struct gbn_outfile_direct *direct, uint64_t offset)
{
    uint8_t *full = direct->filling;

    direct->filling = direct->writing;
    direct->writing = full;
    direct->offset = offset;
    direct->length = 0;
    pthread_mutex_lock(&direct->lock);
    direct->busy = true;
    pthread_cond_signal(&direct->changed);
    pthread_mutex_unlock(&direct->lock);
}

/* The buffer is full; the thread may have another one still. */
static gbn_status
send(gbn_outfile *file, uint64_t offset, gbn_error *err)
{
    struct gbn_outfile_direct *direct = file->direct;
    gbn_status rc = await(file, err);

    if (rc == GBN_OK && direct->written == BUFFER) {
        hand_over(direct, offset);
        return GBN_OK;
    }
    if (rc == GBN_OK)
        rc = gbn_outfile_put(file, direct->filling, BUFFER, offset, err);
    gbn_outfile_end_direct(file);
    return rc;
}

gbn_status
gbn_outfile_hold(gbn_outfile *file, const uint8_t *data, size_t *length, gbn_error *err)
{
    struct gbn_outfile_direct *direct = file->direct;
    const size_t room = BUFFER - direct->length;

    if (*length > room)
        *length = room;
    memcpy(direct->filling + direct->length, data, *length);
    direct->length += *length;
    if (direct->length < BUFFER)
        return GBN_OK;
    return send(file, file->base + file->size + *length - BUFFER, err);
}

gbn_status
gbn_outfile_settle(gbn_outfile *file, gbn_error *err)
{
    struct gbn_outfile_direct *direct = file->direct;
    gbn_status rc;

    if (direct == NULL)
        return GBN_OK;
    rc = await(file, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_put(file, direct->filling, direct->length,
                             file->base + file->size - direct->length, err);
    gbn_outfile_end_direct(file);
    return rc;
}

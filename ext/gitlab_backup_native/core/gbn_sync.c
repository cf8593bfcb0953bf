/*
 * syncfs is as good as fsync only where it tells of what went wrong. Linux has it do so since 5.8, for
 * all that has failed since the descriptor was opened; before, it ends well whatever happened.
 * And it is for the file system to take part: FUSE does not hand the call on, an overlay
 * does not hear of what fails below, of networks' nothing is promised. So it is used where it
 * is known to do all that fsync does, and what is not known is left to fsync.
 */
#include "gbn_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/magic.h; older systems lack some */
static const uint32_t known_types[] = {
    0xEF53,     /* ext2, ext3, ext4 */
    0x58465342, /* XFS */
    0x9123683E, /* btrfs */
};

struct sync {
    int fd;
    bool *done;
};

static bool
kernel_tells(void)
{
    struct utsname system;
    unsigned long major, minor;
    char *rest;

    if (uname(&system) != 0)
        return false;
    major = strtoul(system.release, &rest, 10);
    if (*rest != '.')
        return false;
    minor = strtoul(rest + 1, NULL, 10);
    return major > 5 || (major == 5 && minor >= 8);
}

static bool
file_system_tells(int fd)
{
    struct statfs status;

    if (fstatfs(fd, &status) != 0)
        return false;
    for (size_t i = 0; i < sizeof known_types / sizeof known_types[0]; i++)
        if ((uint32_t)status.f_type == known_types[i])
            return true;
    return false;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct sync *sync = context;

    (void)cancel;
    (void)counters;
    (void)err;
    *sync->done = kernel_tells() && file_system_tells(sync->fd) && syncfs(sync->fd) == 0;
    return GBN_OK;
}

static void
abort_sync(void *context)
{
    (void)context; /* nothing interrupts the kernel in this */
}

static void
release(void *context)
{
    struct sync *sync = context;

    close(sync->fd);
    free(sync);
}

gbn_status
gbn_sync_start(int fd, bool *done, gbn_job **job, gbn_error *err)
{
    struct sync *sync = calloc(1, sizeof *sync);

    *job = NULL;
    *done = false;
    if (sync == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "sync a file system");
    sync->done = done;
    /* Opened anew, it might not know of earlier failures. */
    sync->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (sync->fd < 0) {
        free(sync);
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "sync a file system");
    }
    /* cppcheck-suppress memleak; the job has taken it */
    return gbn_job_start(
        &(gbn_job_work){.context = sync, .run = run, .abort = abort_sync, .release = release}, job,
        err);
}

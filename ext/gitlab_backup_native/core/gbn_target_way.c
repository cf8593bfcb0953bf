/*
 * openat2 goes as far as PATH_MAX allows at once; the kernel sees to it that no link is
 * followed and nothing above is reached. Where it has none, or where something is
 * missing, it goes a part at a time with O_NOFOLLOW, which for a single part that
 * is not ".." is the same. The handles between cost nothing but time: a path may have
 * thousands of them.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_beneath.h"
#include "gbn_target_state.h"

enum { DIRECTORY = O_RDONLY | O_DIRECTORY };

static int
open_part(int at, const char *name)
{
    return openat(at, name, DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* As much of `path` as openat2 takes, or a single part, into `step`. Returns its length. */
static size_t
cut_step(const char *path, size_t length, bool single, char step[PATH_MAX])
{
    const char *slash;
    size_t cut = length;

    if (single) {
        slash = memchr(path, '/', length);
        cut = slash != NULL ? (size_t)(slash - path) : length;
    } else if (length >= PATH_MAX) {
        for (cut = PATH_MAX - 1; path[cut] != '/'; cut--)
            assert(cut > PATH_MAX - 2 - GBN_TARGET_PART_MAX);
    }
    memcpy(step, path, cut);
    step[cut] = '\0';
    return cut;
}

static int
make_part(gbn_target *target, int at, const char *name)
{
    int fd;

    do {
        fd = open_part(at, name);
        if (fd < 0 && errno == ENOENT && (mkdirat(at, name, 0700) == 0 || errno == EEXIST))
            fd = open_part(at, name);
    } while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
    return fd;
}

/* A handle of what is `length` bytes of `path` from `at`, not -1: takes `*used` bytes of them. */
static int
step_down(gbn_target *target, int at, const char *path, size_t length, bool make, size_t *used)
{
    char step[PATH_MAX];
    int fd = -1;

    if (!target->steps) {
        *used = cut_step(path, length, false, step);
        do
            fd = gbn_beneath_open(at, step, DIRECTORY);
        while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
        if (fd >= 0 || (errno != ENOENT && errno != EAGAIN))
            return fd;
    }
    *used = cut_step(path, length, true, step);
    if (make)
        return make_part(target, at, step);
    do
        fd = open_part(at, step);
    while (fd < 0 && errno == EMFILE && gbn_target_spare(target));
    return fd;
}

int
gbn_target_descend(gbn_target *target, const gbn_target_dir *from, const char *path, size_t length,
                   bool make)
{
    size_t at = from->length > 0 ? from->length + 1 : 0;
    size_t used = 0;
    int errnum;
    int fd = from->fd;
    int next;

    while (at < length) {
        next = step_down(target, fd, path + at, length - at, make, &used);
        errnum = errno;
        if (fd != from->fd)
            close(fd);
        if (next < 0) {
            errno = errnum;
            return -1;
        }
        fd = next;
        at += used + 1;
    }
    return fd;
}

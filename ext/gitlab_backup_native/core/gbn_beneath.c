#include "gbn_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#define GBN_HAVE_OPENAT2 /* kernel headers since 5.6 */
#include <linux/openat2.h>
#endif

enum { RENAME_RACES = 8 };

int
gbn_beneath_open(int at, const char *path, int flags)
{
    int fd = -1;

#ifdef GBN_HAVE_OPENAT2
    const struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? 0600 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    for (int attempt = 0; attempt < RENAME_RACES; attempt++) {
        fd = (int)syscall(SYS_openat2, at, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
#else
    (void)at;
    (void)path;
    (void)flags;
    errno = ENOSYS;
#endif
    return fd;
}

bool
gbn_beneath_works(int at)
{
    const int fd = gbn_beneath_open(at, ".", O_RDONLY | O_DIRECTORY);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

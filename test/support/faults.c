#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

struct faults faults;

/* memcpy, because ISO C knows no cast from an object pointer to a function pointer. */
#define NEXT(name, function)                                                                       \
    do {                                                                                           \
        void *symbol = dlsym(RTLD_NEXT, name);                                                     \
        memcpy(&(function), &symbol, sizeof symbol);                                               \
    } while (0)

static int
fail(int errnum)
{
    errno = errnum;
    return -1;
}

static int
take(int *errnum)
{
    const int once = *errnum;

    *errnum = 0;
    return once;
}

int
fsync(int fd)
{
    int (*next)(int);

    if (faults.fsync_errno != 0 && faults.fsync_after-- <= 0)
        return fail(faults.fsync_errno);
    NEXT("fsync", next);
    return next(fd);
}

int
syncfs(int fd)
{
    int (*next)(int);

    faults.syncfs_calls++;
    if (faults.syncfs_errno != 0)
        return fail(faults.syncfs_errno);
    NEXT("syncfs", next);
    return next(fd);
}

int
uname(struct utsname *system)
{
    int (*next)(struct utsname *);
    int rc;

    NEXT("uname", next);
    rc = next(system);
    if (rc == 0 && faults.release != NULL)
        snprintf(system->release, sizeof system->release, "%s", faults.release);
    return rc;
}

int
close(int fd)
{
    int (*next)(int);
    int rc;

    NEXT("close", next);
    rc = next(fd);
    if (faults.close_errno != 0)
        return fail(take(&faults.close_errno));
    return rc;
}

int
flock(int fd, int operation)
{
    int (*next)(int, int);

    if (faults.flock_errno != 0)
        return fail(take(&faults.flock_errno));
    NEXT("flock", next);
    return next(fd, operation);
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off_t);

    if (faults.write_errno != 0 && faults.write_after-- <= 0)
        return fail(take(&faults.write_errno));
    if (faults.write_limit != 0 && length > faults.write_limit)
        length = faults.write_limit;
    NEXT("pwrite", next);
    return next(fd, data, length, offset);
}

ssize_t
pread(int fd, void *data, size_t length, off_t offset)
{
    ssize_t (*next)(int, void *, size_t, off_t);

    if (faults.reading != NULL)
        faults.reading();
    NEXT("pread", next);
    return next(fd, data, length, offset);
}

long
syscall(long number, ...)
{
    long (*next)(long, ...);
    long argument[6];
    va_list args;
    int i;

    va_start(args, number);
    for (i = 0; i < 6; i++)
        argument[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_preadv2 && faults.reading != NULL)
        faults.reading();
    if (number == SYS_renameat2 && faults.rename_errno != 0)
        return fail(faults.rename_errno);
    NEXT("syscall", next);
    return next(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                argument[5]);
}

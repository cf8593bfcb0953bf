#ifndef FAULTS_H
#define FAULTS_H

#include <stddef.h>

/*
 * faults - system calls that fail on demand. The test program's own functions stand
 * before the C library's; with all of `faults` zero they only pass on.
 */
extern struct faults {
    int fsync_errno;       /* fsync fails */
    int fsync_after;       /* so many calls succeed first */
    int syncfs_errno;      /* syncfs fails */
    int syncfs_calls;      /* how many there were */
    const char *release;   /* what uname says of the kernel */
    int close_errno;       /* close closes, and says that it failed; once */
    int flock_errno;       /* flock fails; once */
    int rename_errno;      /* renameat2 fails */
    size_t write_limit;    /* pwrite takes so many bytes at most */
    int write_errno;       /* pwrite fails; once */
    int write_after;       /* so many calls succeed first */
    void (*reading)(void); /* called at the beginning of each pread and preadv2 */
} faults;

#endif

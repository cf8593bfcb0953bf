#include "gbn_regular.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * The type is asked of what was opened, not of the path before: in between it could become something
 * else. O_NONBLOCK is without effect on a regular file, so it may stay; O_NOCTTY keeps a
 * terminal from becoming ours.
 */
gbn_status
gbn_regular_open(const gbn_regular *regular, int *fd, struct stat *status, gbn_error *err)
{
    const char *name = regular->name != NULL ? regular->name : regular->path;
    const char *verb = regular->verb != NULL ? regular->verb : "read";
    gbn_status rc = GBN_OK;

    *fd = open(regular->path, regular->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", name);
    if (fstat(*fd, status) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", name);
    else if (!S_ISREG(status->st_mode))
        rc = gbn_fail(err, GBN_ERR_INVALID, 0, "%s %s: not a regular file", verb, name);
    if (rc == GBN_OK)
        return GBN_OK;
    close(*fd);
    *fd = -1;
    return rc;
}

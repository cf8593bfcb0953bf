#include "gbn_priority.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/ioprio.h, which older systems do not have */
enum { WHO_PROCESS = 1, CLASS_SHIFT = 13, LAST_LEVEL = 7 };

gbn_status
gbn_priority_set_io(int io_class, int level, gbn_error *err)
{
    static const char *const names[] = {"", "realtime", "best-effort", "idle"};

    if (io_class < GBN_IO_REALTIME || io_class > GBN_IO_IDLE || level < 0 || level > LAST_LEVEL)
        return gbn_fail(err, GBN_ERR_INVALID, 0, "set I/O class %d, level %d", io_class, level);
    if (syscall(SYS_ioprio_set, WHO_PROCESS, 0, io_class << CLASS_SHIFT | level) != 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "run with I/O priority %s", names[io_class]);
    return GBN_OK;
}

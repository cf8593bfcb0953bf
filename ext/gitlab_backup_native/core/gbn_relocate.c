#include "gbn_relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_outfile.h"
#include "gbn_regular.h"

enum { BUFFER_SIZE = 1024 * 1024 };

struct relocation {
    char *path;
    int from;
    gbn_outfile *to;
    gbn_sha256 *sha;
    uint8_t *buffer;
    uint64_t punched;
    gbn_relocate_result *result;
};

/* Nothing to report: what cannot be punched out goes with the file. What is not written yet stays. */
static void
punch(struct relocation *relocation, uint64_t done)
{
    const uint64_t end = done < GBN_OUTFILE_WAITING ? 0 : done - GBN_OUTFILE_WAITING;

    if (end < relocation->punched + GBN_RELOCATE_PIECE)
        return;
    (void)fallocate(relocation->from, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t)relocation->punched, (off_t)(end - relocation->punched));
    relocation->punched = end;
}

static gbn_status
move_bytes(struct relocation *relocation, gbn_cancel *cancel, gbn_job_counters *counters,
           gbn_error *err)
{
    gbn_status rc = GBN_OK;
    uint64_t done = 0;
    ssize_t n;

    while (rc == GBN_OK && (n = read(relocation->from, relocation->buffer, BUFFER_SIZE)) != 0) {
        if (gbn_cancel_raised(cancel))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", relocation->path);
        rc = gbn_sha256_update(relocation->sha, relocation->buffer, (size_t)n, err);
        if (rc == GBN_OK)
            rc = gbn_outfile_write(relocation->to, relocation->buffer, (size_t)n, err);
        done += (uint64_t)n;
        atomic_fetch_add_explicit(&counters->raw, (uint64_t)n, memory_order_relaxed);
        if (rc == GBN_OK)
            punch(relocation, done);
    }
    relocation->result->size = done;
    return rc;
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct relocation *relocation = context;
    gbn_outfile *to = relocation->to;
    gbn_status rc = move_bytes(relocation, cancel, counters, err);

    if (rc == GBN_OK)
        rc = gbn_sha256_final(relocation->sha, relocation->result->sha256, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_settle(to, err);
    if (rc == GBN_OK && unlink(relocation->path) != 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "remove %s", relocation->path);
    if (rc < 0)
        return rc;
    relocation->to = NULL; /* publishing takes it */
    return gbn_outfile_publish(to, err);
}

static void
abort_relocation(void *context)
{
    (void)context; /* `cancel` is looked at before each piece, and nothing else is waited for */
}

static void
release(void *context)
{
    struct relocation *relocation = context;

    gbn_outfile_discard(relocation->to);
    gbn_sha256_free(relocation->sha);
    if (relocation->from >= 0)
        close(relocation->from);
    free(relocation->buffer);
    free(relocation->path);
    free(relocation);
}

static gbn_status
open_source(struct relocation *relocation, gbn_error *err)
{
    const gbn_regular source = {
        .path = relocation->path,
        .verb = "move",
        .flags = O_RDWR | O_NOFOLLOW,
    };
    struct stat status;

    return gbn_regular_open(&source, &relocation->from, &status, err);
}

gbn_status
gbn_relocate_start(const char *path, int fd, gbn_relocate_result *result, gbn_job **job,
                   gbn_error *err)
{
    struct relocation *relocation = calloc(1, sizeof *relocation);
    gbn_status rc = GBN_OK;

    *job = NULL;
    if (relocation == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "move %s", path);
    relocation->from = -1;
    relocation->result = result;
    relocation->path = strdup(path);
    relocation->buffer = malloc(BUFFER_SIZE);
    if (relocation->path == NULL || relocation->buffer == NULL)
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "move %s", path);
    if (rc == GBN_OK)
        rc = gbn_sha256_new(&relocation->sha, err);
    if (rc == GBN_OK)
        rc = open_source(relocation, err);
    if (rc == GBN_OK)
        rc = gbn_outfile_append(fd, path, &relocation->to, err);
    if (rc < 0) {
        release(relocation);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){
            .context = relocation, .run = run, .abort = abort_relocation, .release = release},
        job, err);
}

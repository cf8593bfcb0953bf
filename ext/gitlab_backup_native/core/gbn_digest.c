/*
 * Each worker takes the next file of the list, whole: these are many and mostly small, and a
 * hash goes from its begin to its end. The fsync comes right behind the last read, while other
 * workers go on, so that the disk's waits lie side by side.
 */
#include "gbn_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_pool.h"
#include "gbn_regular.h"

enum { BUFFER_SIZE = 256 * 1024 };

struct digest {
    char **paths;
    size_t count;
    unsigned workers;
    bool sync;
    bool drop;
    uint8_t (*digests)[GBN_SHA256_SIZE];
    atomic_size_t next;
    gbn_pool *pool;
    gbn_cancel *cancel;
    gbn_cancel failed; /* one worker gave up: the others may, too */
    gbn_job_counters *counters;
};

static gbn_status
hash_open(struct digest *digest, int fd, const char *path, uint8_t *buffer, gbn_sha256 *sha,
          gbn_error *err)
{
    gbn_status rc = GBN_OK;
    ssize_t n;

    while (rc == GBN_OK && (n = read(fd, buffer, BUFFER_SIZE)) != 0) {
        if (gbn_cancel_raised(digest->cancel) || gbn_cancel_raised(&digest->failed))
            return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", path);
        rc = gbn_sha256_update(sha, buffer, (size_t)n, err);
        atomic_fetch_add_explicit(&digest->counters->raw, (uint64_t)n, memory_order_relaxed);
    }
    if (rc == GBN_OK && digest->sync && fsync(fd) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "sync %s", path);
    if (rc == GBN_OK && digest->drop)
        gbn_cache_drop(fd, 0, 0);
    return rc;
}

static gbn_status
hash_file(struct digest *digest, size_t index, uint8_t *buffer, gbn_sha256 *sha, gbn_error *err)
{
    const gbn_regular regular = {.path = digest->paths[index], .verb = "hash", .flags = O_NOFOLLOW};
    struct stat status;
    int fd;
    gbn_status rc = gbn_regular_open(&regular, &fd, &status, err);

    if (rc < 0)
        return rc;
    rc = gbn_sha256_reset(sha, err);
    if (rc == GBN_OK)
        rc = hash_open(digest, fd, regular.path, buffer, sha, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_final(sha, digest->digests[index], err);
    close(fd);
    return rc;
}

static gbn_status
work(void *context, gbn_error *err)
{
    struct digest *digest = context;
    uint8_t *buffer = malloc(BUFFER_SIZE);
    gbn_sha256 *sha = NULL;
    gbn_status rc = gbn_sha256_new(&sha, err);
    size_t index;

    if (buffer == NULL)
        rc = gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a buffer");
    while (rc == GBN_OK && (index = atomic_fetch_add(&digest->next, 1)) < digest->count) {
        rc = hash_file(digest, index, buffer, sha, err);
        atomic_fetch_add_explicit(&digest->counters->entries, 1, memory_order_relaxed);
    }
    gbn_sha256_free(sha);
    free(buffer);
    return rc;
}

static void
fail_all(void *context)
{
    struct digest *digest = context;

    gbn_cancel_raise(&digest->failed);
}

static gbn_status
run(void *context, gbn_cancel *cancel, gbn_job_counters *counters, gbn_error *err)
{
    struct digest *digest = context;
    gbn_error failure;
    gbn_status rc = GBN_OK;

    digest->cancel = cancel;
    digest->counters = counters;
    for (unsigned i = 1; rc == GBN_OK && i < digest->workers; i++)
        rc = gbn_pool_add(digest->pool, work, digest, err);
    if (rc == GBN_OK && work(digest, &failure) < 0) /* this thread is one of them */
        gbn_pool_fail(digest->pool, &failure);
    return gbn_pool_join(digest->pool, err);
}

static void
abort_digest(void *context)
{
    (void)context; /* workers look at `cancel` before each read, and wait for nothing else */
}

static void
release(void *context)
{
    struct digest *digest = context;

    for (size_t i = 0; digest->paths != NULL && i < digest->count; i++)
        free(digest->paths[i]);
    free(digest->paths);
    gbn_pool_free(digest->pool);
    free(digest);
}

static gbn_status
copy_options(struct digest *digest, const gbn_digest_options *options, gbn_error *err)
{
    digest->workers = options->workers;
    digest->sync = options->sync;
    digest->drop = options->drop;
    digest->count = options->count;
    digest->paths = calloc(options->count + 1, sizeof digest->paths[0]);
    if (digest->paths == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "hash %zu files", options->count);
    for (size_t i = 0; i < options->count; i++) {
        digest->paths[i] = strdup(options->paths[i]);
        if (digest->paths[i] == NULL)
            return gbn_fail(err, GBN_ERR_NOMEM, 0, "hash %zu files", options->count);
    }
    return gbn_pool_new(options->workers, fail_all, digest, &digest->pool, err);
}

gbn_status
gbn_digest_start(const gbn_digest_options *options, uint8_t (*digests)[GBN_SHA256_SIZE],
                 gbn_job **job, gbn_error *err)
{
    struct digest *digest = calloc(1, sizeof *digest);
    gbn_status rc;

    *job = NULL;
    if (digest == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "hash %zu files", options->count);
    digest->digests = digests;
    gbn_cancel_init(&digest->failed);
    rc = copy_options(digest, options, err);
    if (rc < 0) {
        release(digest);
        return rc;
    }
    return gbn_job_start(
        &(gbn_job_work){.context = digest, .run = run, .abort = abort_digest, .release = release},
        job, err);
}

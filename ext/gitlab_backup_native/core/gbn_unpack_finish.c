#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_pool.h"
#include "gbn_unpack_place.h"
#include "gbn_unpack_settle.h"
#include "gbn_unpack_state.h"

static gbn_status
cancelled(gbn_unpack *unpack, gbn_error *err)
{
    return gbn_cancel_raised(unpack->cancel) ? gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled")
                                             : GBN_OK;
}

/* The name it repeats is one of this archive's, as nothing else is beneath the target. */
static gbn_status
make_hard_link(gbn_unpack_worker *worker, const char *path, const char *name, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_status rc;

    rc = gbn_target_name(name, &worker->scratch, err);
    if (rc == GBN_OK)
        rc = gbn_target_link(unpack->target, path, (const char *)worker->scratch.data, err);
    if (rc == GBN_AGAIN)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "extract %s: two members have that name", path);
    return rc;
}

static gbn_status
make_link(gbn_unpack_worker *worker, const gbn_parcel *parcel, gbn_error *err)
{
    gbn_target *target = worker->unpack->target;
    const gbn_tar_member *member = &parcel->member;
    const mode_t type = member->mode & S_IFMT;
    gbn_target_attributes attributes;
    const char *path;
    gbn_status rc;

    if (type == S_IFDIR)
        return GBN_OK;
    rc = gbn_unpack_name(worker, member->path, err);
    path = (const char *)worker->path.data;
    if (rc == GBN_OK && type == S_IFREG)
        return make_hard_link(worker, path, member->link, err);
    if (rc == GBN_OK && type == S_IFLNK)
        rc = gbn_target_symlink(target, path, member->link, err);
    else if (rc == GBN_OK && type == S_IFIFO)
        rc = gbn_target_fifo(target, path, err);
    if (rc == GBN_OK) {
        attributes = gbn_unpack_attributes(worker, parcel);
        rc = gbn_target_set(target, path, type, &attributes, err);
    }
    return rc;
}

/* A file that is lost takes its other names with it. */
static gbn_status
lose_link(gbn_unpack_worker *worker, const gbn_error *reason, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;

    unpack->result->files--;
    unpack->result->entries--;
    return gbn_findings_add(&unpack->findings, GBN_FINDING_FILE, (const char *)worker->path.data,
                            (gbn_range){0, 0}, reason->message, err);
}

static gbn_status
set_directory(gbn_unpack_worker *worker, const gbn_parcel *parcel, gbn_error *err)
{
    gbn_target_attributes attributes;
    gbn_status rc;

    if (!S_ISDIR(parcel->member.mode))
        return GBN_OK;
    rc = gbn_unpack_name(worker, parcel->member.path, err);
    if (rc < 0)
        return rc;
    attributes = gbn_unpack_attributes(worker, parcel);
    return gbn_target_set(worker->unpack->target, (const char *)worker->path.data, S_IFDIR,
                          &attributes, err);
}

/* ---- directories ----
 *
 * Nothing is made any more, so their order does not matter to their times. It does to whoever
 * is not root: a mode may close the way to what is below.
 */

enum { BATCH = 64 * 1024 };

struct directories {
    gbn_unpack *unpack;
    pthread_mutex_t lock; /* over the spool */
};

/* Some records from the end of the spool. GBN_OK also for none. */
static gbn_status
take_batch(struct directories *directories, gbn_bytes *batch, gbn_error *err)
{
    gbn_spool *spool = directories->unpack->spool;
    const uint8_t *record;
    size_t length;
    gbn_status rc = GBN_OK;

    gbn_bytes_clear(batch);
    pthread_mutex_lock(&directories->lock);
    while (rc == GBN_OK && batch->length < BATCH) {
        rc = gbn_spool_previous(spool, &record, &length, err);
        if (rc == GBN_OK)
            rc = gbn_bytes_append(batch, record, length, err);
    }
    pthread_mutex_unlock(&directories->lock);
    return rc == GBN_END ? GBN_OK : rc;
}

static gbn_status
set_batch(gbn_unpack_worker *worker, const gbn_bytes *batch, gbn_error *err)
{
    gbn_parcel parcel;
    gbn_status rc = cancelled(worker->unpack, err);

    for (size_t at = 0; rc == GBN_OK && at < batch->length;) {
        at += gbn_parcel_get(batch->data + at, &parcel);
        rc = set_directory(worker, &parcel, err);
    }
    return rc;
}

static gbn_status
set_some_directories(void *context, gbn_error *err)
{
    struct directories *directories = context;
    gbn_bytes batch = GBN_BYTES_INIT;
    void *worker;
    gbn_status rc = gbn_unpack_open_worker(directories->unpack, &worker, err);

    while (rc == GBN_OK && (rc = take_batch(directories, &batch, err)) == GBN_OK &&
           batch.length > 0)
        rc = set_batch(worker, &batch, err);
    gbn_bytes_free(&batch);
    gbn_unpack_close_worker(worker);
    return rc;
}

static void
call_off(void *context)
{
    (void)context; /* what the others do meanwhile does no harm */
}

static gbn_status
set_directories(gbn_unpack *unpack, gbn_error *err)
{
    struct directories directories = {.unpack = unpack};
    const unsigned threads = geteuid() == 0 ? unpack->options.workers : 1;
    gbn_pool *pool;
    gbn_status rc = gbn_pool_new(threads, call_off, NULL, &pool, err);

    if (rc < 0)
        return rc;
    pthread_mutex_init(&directories.lock, NULL);
    gbn_spool_wind(unpack->spool);
    for (unsigned i = 0; rc == GBN_OK && i < threads; i++)
        rc = gbn_pool_add(pool, set_some_directories, &directories, err);
    rc = gbn_pool_join(pool, err);
    gbn_pool_free(pool);
    pthread_mutex_destroy(&directories.lock);
    return rc;
}

/* ---- links, then directories ---- */

static gbn_status
make_one(gbn_unpack_worker *worker, const gbn_parcel *parcel, gbn_error *err)
{
    const bool hard = S_ISREG(parcel->member.mode);
    gbn_error reason;
    gbn_status rc = make_link(worker, parcel, &reason);

    if (rc == GBN_ERR_FORMAT && hard && worker->unpack->options.salvage)
        rc = lose_link(worker, &reason, err);
    else if (rc < 0)
        *err = reason;
    return rc == GBN_OK ? cancelled(worker->unpack, err) : rc;
}

static gbn_status
make_links(gbn_unpack_worker *worker, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    const uint8_t *record;
    gbn_parcel parcel;
    size_t length;
    gbn_status rc;

    gbn_spool_rewind(unpack->spool);
    while ((rc = gbn_spool_next(unpack->spool, &record, &length, err)) == GBN_OK) {
        gbn_parcel_get(record, &parcel);
        rc = make_one(worker, &parcel, err);
        if (rc < 0)
            return rc;
    }
    return rc == GBN_END ? GBN_OK : rc;
}

/* A head start. Whoever deletes something for what is here now has to make sure: see gbn_sync.c. */
static gbn_status
sync_target(const gbn_unpack *unpack, gbn_error *err)
{
    int fd = open(unpack->options.target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gbn_status rc = GBN_OK;

    if (fd < 0 || syncfs(fd) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "sync %s", unpack->options.target);
    if (fd >= 0)
        close(fd);
    return rc;
}

gbn_status
gbn_unpack_finish(gbn_unpack_worker *worker, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    gbn_status rc = make_links(worker, err);

    if (rc == GBN_OK)
        rc = set_directories(unpack, err);
    return rc == GBN_OK ? sync_target(unpack, err) : rc;
}

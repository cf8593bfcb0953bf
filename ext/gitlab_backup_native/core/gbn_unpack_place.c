#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gbn_unpack_state.h"

enum { WAIT_MS = 100, HOLE = 4096, NANOSECONDS = 1000000000 };

gbn_status
gbn_unpack_name(gbn_unpack_worker *worker, const char *name, gbn_error *err)
{
    return gbn_target_name(name, &worker->path, err);
}

static const char *
path_of(const gbn_unpack_worker *worker)
{
    return (const char *)worker->path.data;
}

bool
gbn_unpack_selects(const gbn_unpack *unpack, const char *path)
{
    const gbn_unpack_options *options = &unpack->options;
    size_t length;

    if (options->paths == NULL)
        return true;
    for (size_t i = 0; i < options->path_count; i++) {
        length = strlen(options->paths[i]);
        if (strncmp(path, options->paths[i], length) == 0 &&
            (length == 0 || path[length] == '\0' || path[length] == '/'))
            return true;
    }
    return false;
}

gbn_target_attributes
gbn_unpack_attributes(const gbn_unpack_worker *worker, const gbn_parcel *parcel)
{
    const gbn_tar_member *member = &parcel->member;
    gbn_target_attributes attributes = {
        .mode = member->mode & 01777,
        .own = worker->ids != NULL,
        .mtime_ns = parcel->mtime_ns,
    };

    if (attributes.own) {
        attributes.uid = (uid_t)gbn_owner_ids_user(worker->ids, member->owner, member->uid);
        attributes.gid = (gid_t)gbn_owner_ids_group(worker->ids, member->group, member->gid);
    }
    return attributes;
}

/* ---- files of one name ----
 *
 * The last member of a name counts, as in every tar. Blocks are written side by side, so each
 * says beforehand which names it is going to write.
 */

static uint64_t
hash_path(const char *path)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (; *path != '\0'; path++)
        hash = (hash ^ (uint8_t)*path) * 1099511628211U;
    return hash;
}

static void
announce(gbn_piece *piece, uint64_t hash)
{
    size_t count = atomic_load(&piece->written_count);

    if (count < GBN_PIECE_MEMBERS) {
        atomic_store(&piece->written[count], hash);
        atomic_store(&piece->written_count, count + 1);
    }
}

/* Will a later block write that name? One that is used again meanwhile is a later one, too. */
static bool
overridden(const gbn_unpack *unpack, uint64_t number, uint64_t hash)
{
    gbn_block_set *blocks = gbn_pipeline_blocks(unpack->pipeline);

    for (size_t i = 0; i < gbn_block_set_count(blocks); i++) {
        const gbn_piece *piece = gbn_piece_of(gbn_block_set_at(blocks, i));

        if (atomic_load(&piece->number) <= number)
            continue;
        for (size_t j = atomic_load(&piece->written_count); j-- > 0;) {
            if (atomic_load(&piece->written[j]) == hash)
                return true;
        }
    }
    return false;
}

void
gbn_unpack_deadline(struct timespec *deadline)
{
    clock_gettime(CLOCK_REALTIME, deadline);
    deadline->tv_nsec += WAIT_MS * 1000000L;
    if (deadline->tv_nsec >= NANOSECONDS) {
        deadline->tv_nsec -= NANOSECONDS;
        deadline->tv_sec++;
    }
}

/* Until all blocks before `number` are done with. */
static gbn_status
await_turn(gbn_unpack *unpack, uint64_t number)
{
    struct timespec deadline;
    bool aborted = false;

    pthread_mutex_lock(&unpack->lock);
    while (unpack->passed < number && !aborted) {
        gbn_unpack_deadline(&deadline);
        pthread_cond_timedwait(&unpack->moved, &unpack->lock, &deadline);
        aborted = gbn_pipeline_aborted(unpack->pipeline);
    }
    pthread_mutex_unlock(&unpack->lock);
    return aborted ? GBN_ERR_CANCELLED : GBN_OK;
}

gbn_status
gbn_unpack_create(gbn_unpack_worker *worker, gbn_piece *piece, int *fd, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    const uint64_t number = atomic_load(&piece->number);
    const uint64_t hash = hash_path(path_of(worker));
    gbn_status rc;

    announce(piece, hash);
    *fd = -1;
    rc = gbn_target_create(unpack->target, path_of(worker), fd, err);
    if (rc != GBN_AGAIN)
        return rc;
    rc = await_turn(unpack, number);
    if (rc == GBN_OK && !overridden(unpack, number, hash))
        rc = gbn_target_replace(unpack->target, path_of(worker), fd, err);
    return rc == GBN_AGAIN ? GBN_OK : rc; /* a later block was faster than our replacing it */
}

/* ---- content ---- */

static bool
all_zeros(const uint8_t *data, size_t length)
{
    return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static gbn_status
write_all(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data, size_t length,
          uint64_t offset, gbn_error *err)
{
    const uint64_t limit = unpack->options.space;
    ssize_t n;

    if (atomic_fetch_add(&unpack->written, length) + length > limit && limit > 0)
        return gbn_fail(err, GBN_ERR_LIMIT, ENOSPC, "extract %s: more comes out of %s than fits",
                        path, unpack->options.source);
    while (length > 0) {
        n = pwrite(fd, data, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path);
        data += n;
        length -= (size_t)n;
        offset += (uint64_t)n;
    }
    return GBN_OK;
}

gbn_status
gbn_unpack_write(gbn_unpack *unpack, int fd, const char *path, const uint8_t *data, size_t length,
                 uint64_t offset, gbn_error *err)
{
    size_t begin = 0;
    size_t piece;
    gbn_status rc = GBN_OK;

    if (fd < 0)
        return GBN_OK;
    for (size_t at = 0; rc == GBN_OK && at < length; at += piece) {
        piece = length - at < HOLE ? length - at : HOLE;
        if (!all_zeros(data + at, piece))
            continue;
        if (at > begin)
            rc = write_all(unpack, fd, path, data + begin, at - begin, offset + begin, err);
        begin = at + piece;
    }
    if (rc == GBN_OK && begin < length)
        rc = write_all(unpack, fd, path, data + begin, length - begin, offset + begin, err);
    return rc;
}

static gbn_status
write_file(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
           const uint8_t *content, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    const uint64_t size = parcel->member.size;
    const gbn_target_attributes attributes = gbn_unpack_attributes(worker, parcel);
    int fd;
    gbn_status rc = gbn_unpack_create(worker, piece, &fd, err);

    if (rc != GBN_OK || fd < 0)
        return rc;
    rc = gbn_unpack_write(unpack, fd, path_of(worker), content, size, 0, err);
    if (rc == GBN_OK && size > 0 && content[size - 1] == 0 && ftruncate(fd, (off_t)size) < 0)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path_of(worker));
    if (rc == GBN_OK)
        rc = gbn_target_set_file(fd, path_of(worker), &attributes, err);
    if (close(fd) < 0 && rc == GBN_OK)
        rc = gbn_fail(err, GBN_ERR_SYSTEM, errno, "write %s", path_of(worker));
    return rc;
}

static gbn_status
check_hash(gbn_unpack_worker *worker, const uint8_t *content, uint64_t size,
           const gbn_manifest_entry *expected, bool *good, gbn_error *err)
{
    uint8_t digest[GBN_SHA256_SIZE] = {0};
    gbn_status rc;

    *good = true;
    if (expected == NULL || !expected->has_sha256)
        return GBN_OK;
    rc = gbn_sha256_reset(worker->sha, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_update(worker->sha, content, size, err);
    if (rc == GBN_OK)
        rc = gbn_sha256_final(worker->sha, digest, err);
    *good = rc == GBN_OK && memcmp(digest, expected->sha256, sizeof digest) == 0;
    return rc;
}

static gbn_status
place_file(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
           const uint8_t *content, const gbn_manifest_entry *expected, gbn_error *err)
{
    gbn_unpack *unpack = worker->unpack;
    bool good;
    gbn_status rc = check_hash(worker, content, parcel->member.size, expected, &good, err);

    if (rc == GBN_OK && !good)
        return gbn_findings_add(&unpack->findings, GBN_FINDING_FILE, path_of(worker),
                                gbn_piece_range(piece),
                                "its content is not what was backed up (SHA-256 differs)", err);
    if (rc == GBN_OK && unpack->target != NULL)
        rc = write_file(worker, piece, parcel, content, err);
    piece->files += rc == GBN_OK;
    return rc;
}

/* ---- all kinds ---- */

static gbn_status
place_directory(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                gbn_error *err)
{
    gbn_status rc = gbn_target_directory(worker->unpack->target, path_of(worker), err);

    piece->directories += rc == GBN_OK;
    return rc == GBN_OK ? gbn_parcel_put(&piece->deferred, parcel, err) : rc;
}

/* What making a hard link would find out, as far as one member can tell. */
static gbn_status
check_link(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    if (S_ISREG(parcel->member.mode))
        rc = gbn_target_name(parcel->member.link, &worker->scratch, err);
    if (rc != GBN_ERR_FORMAT)
        return rc;
    return gbn_findings_add(&worker->unpack->findings, GBN_FINDING_HEADER, path_of(worker),
                            gbn_piece_range(piece),
                            "it is a hard link to a name that leads out of the target", err);
}

static gbn_status
place_other(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel, gbn_error *err)
{
    const mode_t type = parcel->member.mode & S_IFMT;
    gbn_unpack *unpack = worker->unpack;

    if (type == S_IFCHR || type == S_IFBLK)
        return gbn_findings_add(&unpack->findings, GBN_FINDING_SKIPPED, path_of(worker),
                                gbn_piece_range(piece), "devices are not extracted", err);
    if (unpack->target == NULL) {
        piece->directories += type == S_IFDIR;
        return check_link(worker, piece, parcel, err);
    }
    if (type == S_IFDIR)
        return place_directory(worker, piece, parcel, err);
    return gbn_parcel_put(&piece->deferred, parcel, err);
}

gbn_status
gbn_unpack_place(gbn_unpack_worker *worker, gbn_piece *piece, const gbn_parcel *parcel,
                 const uint8_t *content, const gbn_manifest_entry *expected, gbn_error *err)
{
    gbn_status rc;

    if (!gbn_unpack_selects(worker->unpack, path_of(worker)))
        return GBN_OK;
    piece->entries++;
    if (S_ISREG(parcel->member.mode) && parcel->member.link == NULL)
        rc = place_file(worker, piece, parcel, content, expected, err);
    else
        rc = place_other(worker, piece, parcel, err);
    return rc;
}

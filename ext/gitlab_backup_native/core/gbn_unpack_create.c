/*
 * Files of one name: the last member counts, as in every tar. Blocks are written side by side, so
 * each says beforehand which names it is going to write, and an earlier one steps back.
 */
#include "gbn_unpack_place.h"
#include "gbn_unpack_state.h"

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
    const char *path = (const char *)worker->path.data;
    const uint64_t hash = hash_path(path);
    gbn_status rc;

    announce(piece, hash);
    *fd = -1;
    rc = gbn_target_create(unpack->target, path, fd, err);
    if (rc != GBN_AGAIN)
        return rc;
    rc = await_turn(unpack, number);
    if (rc == GBN_OK && !overridden(unpack, number, hash))
        rc = gbn_target_replace(unpack->target, path, fd, err);
    return rc == GBN_AGAIN ? GBN_OK : rc; /* a later block was faster than our replacing it */
}

#include "gbn_reader.h"

#include <stdlib.h>

#include "gbn_reader_state.h"

/*
 * The reading threads and their life; what they find to do is in gbn_reader_find.c, how they
 * do it in gbn_reader_do.c, who takes what they have read in gbn_reader_take.c.
 */
enum { WARM_BACKLOG = 192, SLOW_AFTER_READ = 16 };

gbn_status
gbn_reader_new(gbn_root *root, gbn_names names, unsigned threads, unsigned cores,
               gbn_reader **result, gbn_error *err)
{
    gbn_reader *reader = calloc(1, sizeof *reader);
    const size_t size = GBN_READER_ARENA + (size_t)cores * GBN_READER_SLICE;

    *result = NULL;
    if (reader != NULL) {
        reader->slice_count = size / GBN_READER_SLICE;
        reader->slices = calloc(reader->slice_count, sizeof reader->slices[0]);
    }
    if (reader == NULL || reader->slices == NULL || gbn_arena_init(&reader->arena, size) < 0) {
        if (reader != NULL)
            free(reader->slices);
        free(reader);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a reader");
    }
    reader->root = root;
    reader->names = names;
    reader->ahead_dry = names.ahead == NULL;
    reader->threads = threads;
    reader->cores = cores;
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->work, NULL);
    pthread_cond_init(&reader->ready, NULL);
    for (size_t i = 0; i < GBN_READER_WINDOW; i++)
        reader->slots[i].entry.file.fd = -1;
    *result = reader;
    return GBN_OK;
}

void
gbn_reader_free(gbn_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < GBN_READER_WINDOW; i++) {
        struct slot *slot = &reader->slots[i];

        gbn_entry_release(&slot->entry);
        gbn_bytes_free(&slot->entry.target);
    }
    gbn_links_free(&reader->links);
    gbn_arena_free(&reader->arena);
    free(reader->slices);
    pthread_mutex_destroy(&reader->lock);
    pthread_cond_destroy(&reader->work);
    pthread_cond_destroy(&reader->ready);
    free(reader);
}

void
gbn_reader_abort(gbn_reader *reader)
{
    pthread_mutex_lock(&reader->lock);
    reader->aborted = true;
    pthread_cond_broadcast(&reader->work);
    pthread_cond_broadcast(&reader->ready);
    pthread_mutex_unlock(&reader->lock);
}

/* Is there something to do besides what the caller has just taken? */
static bool
has_backlog(gbn_reader *reader)
{
    return reader->opened < reader->walked ||
           (reader->granted < reader->opened &&
            slot_at(reader, reader->granted)->state == OPENED) ||
           gbn_reader_can_list(reader);
}

/* From a warm cache each thread should find enough to do, and be allowed to, to be worth its waking. */
static bool
is_another_of_use(gbn_reader *reader, const struct work *work)
{
    unsigned active = reader->threads - reader->idle;
    bool wake;

    if (reader->slow > 0)
        wake = has_backlog(reader);
    else
        wake = active < reader->cores && reader->files < reader->threads &&
               reader->walked - reader->opened > (uint64_t)WARM_BACKLOG * active;
    return reader->idle > 0 && (wake || work->kind == SLICE);
}

static void
wait_for_work(gbn_reader *reader)
{
    gbn_reader_wake_taker(reader); /* whatever is ready: nothing more comes from here for now */
    reader->idle++;
    pthread_cond_wait(&reader->work, &reader->lock);
    reader->idle--;
}

/* One read from a disk foretells more; a remote file system is always slow. */
static void
judge_speed(gbn_reader *reader, bool waited)
{
    if (waited || gbn_root_remote(reader->root))
        reader->slow = SLOW_AFTER_READ;
    else if (reader->slow > 0)
        reader->slow--;
}

/* With the lock held. */
static gbn_status
serve(gbn_reader *reader, gbn_sha256 *sha, gbn_error *err)
{
    struct work work;
    gbn_status rc = GBN_OK;
    long disk_reads;

    while (rc >= 0 && !reader->aborted) {
        rc = gbn_reader_find(reader, &work, err);
        if (rc < 0)
            break;
        if (work.kind == NOTHING) {
            if (reader->walk_over && reader->granted == reader->walked)
                break;
            wait_for_work(reader);
            continue;
        }
        work.wake = is_another_of_use(reader, &work);
        disk_reads = gbn_file_disk_reads();
        rc = gbn_reader_do(reader, &work, sha, err);
        judge_speed(reader, gbn_file_disk_reads() > disk_reads);
    }
    if (rc >= 0 && reader->aborted)
        rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    pthread_cond_broadcast(&reader->work);
    gbn_reader_wake_taker(reader);
    return rc < 0 ? rc : GBN_OK;
}

gbn_status
gbn_reader_serve(gbn_reader *reader, gbn_error *err)
{
    gbn_sha256 *sha;
    gbn_status rc = gbn_sha256_new(&sha, err);

    if (rc < 0)
        return rc;
    pthread_mutex_lock(&reader->lock);
    rc = serve(reader, sha, err);
    pthread_mutex_unlock(&reader->lock);
    gbn_sha256_free(sha);
    return rc;
}

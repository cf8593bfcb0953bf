#include "gbn_reader.h"

#include <stdlib.h>

#include "gbn_reader_state.h"

/*
 * The reading threads: what to do next, and doing it. From a warm cache entries are
 * opened and read by the dozen, as the lock then costs more than they do; from a
 * disk one by one, so that as many threads as possible wait for it at once.
 */
enum {
    WARM_BACKLOG = 192,
    SLOW_AFTER_READ = 16,
    WAKE_ENTRIES = 32,
    BATCH = 16,
    BATCH_BYTES = 256 * 1024,
};

/* What a thread has found to do. */
enum kind { NOTHING, WALK, AHEAD, OPEN, READ, SLICE };

struct work {
    enum kind kind;
    uint64_t first, end; /* the entries to open, or among which are those to read */
    unsigned count;      /* of entries or directories, at most */
    size_t bytes;
    struct slice *slice;
};

gbn_status
gbn_reader_new(gbn_root *root, gbn_walk *walk, unsigned threads, gbn_reader **result,
               gbn_error *err)
{
    gbn_reader *reader = calloc(1, sizeof *reader);

    *result = NULL;
    if (reader == NULL || gbn_arena_init(&reader->arena, GBN_READER_ARENA) < 0) {
        free(reader);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "allocate a reader");
    }
    reader->root = root;
    reader->walk = walk;
    reader->threads = threads;
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

/* ---- a reading thread's work ---- */

static gbn_status
walk_batch(gbn_reader *reader, uint64_t *count, gbn_error *err)
{
    gbn_walk_item item;
    struct slot *slot;
    gbn_status rc = GBN_OK;

    for (*count = 0; *count < WALK_BATCH; ++*count) {
        rc = gbn_walk_next(reader->walk, &item, err);
        if (rc != GBN_OK)
            break;
        slot = slot_at(reader, reader->walked + *count);
        gbn_entry_init(&slot->entry, &item, reader->root);
        slot->state = item.listed ? OPENED : WALKED;
        slot->counted_link = false;
        slot->sliced = 0;
    }
    return rc;
}

/* ---- granting memory, in order; with the lock held ---- */

static gbn_status
resolve_link(gbn_reader *reader, struct slot *slot, gbn_error *err)
{
    gbn_entry *entry = &slot->entry;

    if (slot->counted_link || entry->absent || S_ISDIR(entry->status.st_mode) ||
        entry->status.st_nlink < 2)
        return GBN_OK;
    slot->counted_link = true;
    return gbn_links_meet(&reader->links, &entry->status, &entry->link, &entry->repeats, err);
}

static void
wake_taker(gbn_reader *reader)
{
    reader->finished = 0;
    if (reader->taker_waits)
        pthread_cond_signal(&reader->ready);
}

static void
finish_slot(gbn_reader *reader, struct slot *slot)
{
    if (slot->entry.file.fd >= 0 && !slot->entry.sliced) {
        gbn_file_close(&slot->entry.file);
        reader->files--;
    }
    slot->state = READY;
    if (++reader->finished >= WAKE_ENTRIES || reader->slow > 0)
        wake_taker(reader);
}

static unsigned
batch(const gbn_reader *reader)
{
    return reader->slow > 0 ? 1 : BATCH;
}

static bool
grant_slice(gbn_reader *reader, struct slot *slot, struct work *work)
{
    struct slice *slice = &reader->slices[reader->last_slice % SLICES];
    uint64_t left = slot->entry.file.size - slot->sliced;
    size_t length = left < GBN_READER_SLICE ? (size_t)left : GBN_READER_SLICE;

    if (!slot->entry.sliced) {
        slot->entry.sliced = true;
        finish_slot(reader, slot);
    }
    if (reader->last_slice - reader->first_slice == SLICES)
        return false;
    slice->data = gbn_arena_grant(&reader->arena, length, &slice->grant_end);
    if (slice->data == NULL)
        return false;
    slice->slot = slot;
    slice->offset = slot->sliced;
    slice->length = length;
    slice->ready = false;
    slot->sliced += length;
    reader->last_slice++;
    *work = (struct work){.kind = SLICE, .count = 1, .slice = slice};
    return true;
}

static bool
grant_small(gbn_reader *reader, struct slot *slot, struct work *work)
{
    slot->grant = gbn_arena_grant(&reader->arena, (size_t)slot->entry.file.size, &slot->grant_end);
    if (slot->grant == NULL)
        return false;
    slot->state = READING;
    if (work->kind == NOTHING)
        *work = (struct work){.kind = READ, .first = reader->granted};
    work->end = reader->granted + 1;
    work->count++;
    work->bytes += (size_t)slot->entry.file.size;
    return work->count < batch(reader) && work->bytes < BATCH_BYTES;
}

/* Grant what one entry needs. Returns whether the next one's turn has come as well. */
static bool
grant_entry(gbn_reader *reader, struct slot *slot, struct work *work)
{
    bool more;

    if (slot->entry.file.fd < 0 || slot->entry.repeats) {
        finish_slot(reader, slot);
        reader->granted++;
        return true;
    }
    if (slot->entry.file.size > GBN_READER_SMALL) {
        if (work->kind == NOTHING && grant_slice(reader, slot, work) &&
            slot->sliced == slot->entry.file.size)
            reader->granted++;
        return false;
    }
    more = grant_small(reader, slot, work);
    if (slot->state == READING)
        reader->granted++;
    return more;
}

static gbn_status
find_grant(gbn_reader *reader, struct work *work, gbn_error *err)
{
    struct slot *slot;
    gbn_status rc;

    while (reader->granted < reader->opened) {
        slot = slot_at(reader, reader->granted);
        if (slot->state == OPENING)
            break;
        rc = resolve_link(reader, slot, err);
        if (rc < 0)
            return rc;
        if (!grant_entry(reader, slot, work))
            break;
    }
    return GBN_OK;
}

/* ---- a reading thread ---- */

/* A directory that was listed needs no opening. */
static bool
can_open(gbn_reader *reader)
{
    while (reader->opened < reader->walked && slot_at(reader, reader->opened)->state == OPENED)
        reader->opened++;
    return reader->opened < reader->walked && reader->files < reader->threads;
}

static void
take_to_open(gbn_reader *reader, struct work *work)
{
    work->kind = OPEN;
    work->first = reader->opened;
    while (work->count < batch(reader) && can_open(reader)) {
        slot_at(reader, reader->opened++)->state = OPENING;
        reader->files++;
        work->count++;
    }
    work->end = reader->opened;
}

static bool
can_walk(const gbn_reader *reader)
{
    return !reader->walking && !reader->walk_over &&
           reader->walked + WALK_BATCH <= reader->taken + GBN_READER_WINDOW;
}

static gbn_status
find_work(gbn_reader *reader, struct work *work, gbn_error *err)
{
    gbn_status rc;

    *work = (struct work){.kind = NOTHING};
    rc = find_grant(reader, work, err);
    if (rc < 0 || work->kind != NOTHING)
        return rc;
    if (!reader->ahead_dry && !reader->walk_over && reader->listing_ahead < reader->threads / 4) {
        work->kind = AHEAD;
        work->count = batch(reader);
        reader->listing_ahead++;
    } else if (can_open(reader)) {
        take_to_open(reader, work);
    } else if (can_walk(reader)) {
        work->kind = WALK;
        work->count = WALK_BATCH;
        reader->walking = true;
    }
    return GBN_OK;
}

/* Is there something to do besides what the caller has just taken? */
static bool
has_backlog(gbn_reader *reader)
{
    return reader->opened < reader->walked ||
           (reader->granted < reader->opened &&
            slot_at(reader, reader->granted)->state == OPENED) ||
           (!reader->ahead_dry && reader->listing_ahead < reader->threads / 4);
}

/* From a warm cache each thread should find enough to do to be worth its waking. */
static void
wake_another(gbn_reader *reader, const struct work *work)
{
    unsigned active = reader->threads - reader->idle;
    bool wake;

    if (reader->slow > 0)
        wake = has_backlog(reader);
    else
        wake = reader->walked - reader->opened > (uint64_t)WARM_BACKLOG * active;
    if (reader->idle > 0 && (wake || work->kind == SLICE))
        pthread_cond_signal(&reader->work);
}

static void
finish_walk(gbn_reader *reader, gbn_status rc, uint64_t count)
{
    reader->walked += count;
    reader->walking = false;
    reader->ahead_dry = false;
    if (rc == GBN_END) {
        reader->walk_over = true;
        pthread_cond_broadcast(&reader->work);
        wake_taker(reader);
    }
}

static gbn_status
do_walk(gbn_reader *reader, gbn_error *err)
{
    uint64_t count;
    gbn_status rc;

    pthread_mutex_unlock(&reader->lock);
    rc = walk_batch(reader, &count, err);
    pthread_mutex_lock(&reader->lock);
    finish_walk(reader, rc, count);
    return rc;
}

static gbn_status
do_ahead(gbn_reader *reader, unsigned count, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    pthread_mutex_unlock(&reader->lock);
    for (unsigned i = 0; rc == GBN_OK && i < count; i++)
        rc = gbn_walk_ahead(reader->walk, err);
    pthread_mutex_lock(&reader->lock);
    reader->listing_ahead--;
    reader->ahead_dry = rc == GBN_SKIPPED;
    return rc;
}

/* Nobody else touches what follows the first of them: no cursor passes an entry being opened. */
static gbn_status
do_open(gbn_reader *reader, const struct work *work, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    struct slot *slot;

    pthread_mutex_unlock(&reader->lock);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state == OPENING)
            rc = gbn_entry_open(&slot->entry, reader->root, err);
    }
    pthread_mutex_lock(&reader->lock);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state != OPENING)
            continue;
        slot->state = OPENED;
        if (slot->entry.file.fd < 0)
            reader->files--;
    }
    return rc;
}

/* Between the first and the last of them, entries without content may be ready already. */
static gbn_status
do_read(gbn_reader *reader, const struct work *work, gbn_sha256 *sha, gbn_error *err)
{
    gbn_status rc = GBN_OK;
    struct slot *slot;

    pthread_mutex_unlock(&reader->lock);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state == READING)
            rc = gbn_entry_read(&slot->entry, slot->grant, GBN_READER_SMALL, sha, err);
    }
    pthread_mutex_lock(&reader->lock);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state == READING)
            finish_slot(reader, slot);
    }
    return rc;
}

static void
do_slice(gbn_reader *reader, struct slice *slice)
{
    pthread_mutex_unlock(&reader->lock);
    gbn_file_read_slice(&slice->slot->entry.file, &slice->slot->entry.status, slice->offset,
                        slice->data, slice->length, &slice->result);
    pthread_mutex_lock(&reader->lock);
    slice->ready = true;
    wake_taker(reader);
}

static gbn_status
do_work(gbn_reader *reader, const struct work *work, gbn_sha256 *sha, gbn_error *err)
{
    switch (work->kind) {
    case WALK:
        return do_walk(reader, err);
    case AHEAD:
        return do_ahead(reader, work->count, err);
    case OPEN:
        return do_open(reader, work, err);
    case READ:
        return do_read(reader, work, sha, err);
    case SLICE:
        do_slice(reader, work->slice);
        return GBN_OK;
    case NOTHING:
        break;
    }
    return GBN_OK;
}

static void
wait_for_work(gbn_reader *reader)
{
    wake_taker(reader); /* whatever is ready: nothing more comes from here for now */
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
        rc = find_work(reader, &work, err);
        if (rc < 0)
            break;
        if (work.kind == NOTHING) {
            if (reader->walk_over && reader->granted == reader->walked)
                break;
            wait_for_work(reader);
            continue;
        }
        wake_another(reader, &work);
        disk_reads = gbn_file_disk_reads();
        rc = do_work(reader, &work, sha, err);
        judge_speed(reader, gbn_file_disk_reads() > disk_reads);
    }
    if (rc >= 0 && reader->aborted)
        rc = gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    pthread_cond_broadcast(&reader->work);
    wake_taker(reader);
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

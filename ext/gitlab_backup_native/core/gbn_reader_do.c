#include "gbn_reader_state.h"

/* Doing what was found, without the lock, and telling the others. */
enum { WAKE_ENTRIES = 32 };

/* Would the taker, who sleeps, find something? What comes behind the entry it waits for is of no use to it. */
static bool
is_awaited(gbn_reader *reader)
{
    if (reader->ready_end == reader->walked)
        return reader->walk_over;
    return slot_at(reader, reader->ready_end)->state == READY;
}

void
gbn_reader_wake_taker(gbn_reader *reader)
{
    if (!reader->taker_waits || !is_awaited(reader))
        return;
    reader->finished = 0;
    pthread_cond_signal(&reader->ready);
}

void
gbn_reader_finish(gbn_reader *reader, struct slot *slot)
{
    if (slot->entry.file.fd >= 0 && !slot->entry.sliced) {
        gbn_file_close(&slot->entry.file);
        reader->files--;
    }
    slot->state = READY;
    if (++reader->finished >= WAKE_ENTRIES || reader->slow > 0)
        gbn_reader_wake_taker(reader);
}

static void
let_go(gbn_reader *reader, const struct work *work)
{
    pthread_mutex_unlock(&reader->lock);
    if (work->wake)
        pthread_cond_signal(&reader->work);
}

static gbn_status
walk_batch(gbn_reader *reader, uint64_t *count, gbn_error *err)
{
    gbn_walk_item item;
    struct slot *slot;
    gbn_status rc = GBN_OK;

    for (*count = 0; *count < WALK_BATCH; ++*count) {
        rc = reader->names.next(reader->names.context, &item, err);
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

static void
finish_walk(gbn_reader *reader, gbn_status rc, uint64_t count)
{
    reader->walked += count;
    reader->walking = false;
    reader->ahead_dry = reader->names.ahead == NULL;
    if (rc == GBN_END) {
        reader->walk_over = true;
        pthread_cond_broadcast(&reader->work);
        gbn_reader_wake_taker(reader);
    }
}

static gbn_status
do_walk(gbn_reader *reader, const struct work *work, gbn_error *err)
{
    uint64_t count;
    gbn_status rc;

    let_go(reader, work);
    rc = walk_batch(reader, &count, err);
    pthread_mutex_lock(&reader->lock);
    finish_walk(reader, rc, count);
    return rc;
}

static gbn_status
do_ahead(gbn_reader *reader, const struct work *work, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    let_go(reader, work);
    for (unsigned i = 0; rc == GBN_OK && i < work->count; i++)
        rc = reader->names.ahead(reader->names.context, err);
    pthread_mutex_lock(&reader->lock);
    reader->listing_ahead--;
    reader->ahead_dry = rc == GBN_SKIPPED;
    return rc;
}

/* One with several names may be there already, and goes when its first one has been read. */
static void
fetch_content(gbn_entry *entry)
{
    if (entry->file.fd >= 0 && entry->file.size <= GBN_READER_SMALL && entry->status.st_nlink < 2)
        gbn_file_fetch(&entry->file);
}

/* Nobody else touches what follows the first of them: no cursor passes an entry being opened. */
static gbn_status
do_open(gbn_reader *reader, const struct work *work, gbn_error *err)
{
    const bool slow = reader->slow > 0;
    gbn_status rc = GBN_OK;
    struct slot *slot;

    let_go(reader, work);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state != OPENING)
            continue;
        rc = gbn_entry_open(&slot->entry, reader->root, err);
        if (slow)
            fetch_content(&slot->entry);
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

    let_go(reader, work);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state != READING)
            continue;
        rc = gbn_entry_read(&slot->entry, slot->grant, GBN_READER_SMALL, sha, err);
        gbn_file_close(&slot->entry.file);
    }
    pthread_mutex_lock(&reader->lock);
    for (uint64_t i = work->first; rc == GBN_OK && i < work->end; i++) {
        slot = slot_at(reader, i);
        if (slot->state != READING)
            continue;
        reader->files--;
        gbn_reader_finish(reader, slot);
    }
    return rc;
}

static void
do_slice(gbn_reader *reader, const struct work *work)
{
    struct slice *slice = work->slice;

    let_go(reader, work);
    gbn_file_read_slice(&slice->slot->entry.file, &slice->slot->entry.status, slice->offset,
                        slice->data, slice->length, &slice->result);
    pthread_mutex_lock(&reader->lock);
    slice->ready = true;
    if (reader->taker_waits)
        pthread_cond_signal(&reader->ready);
}

gbn_status
gbn_reader_do(gbn_reader *reader, const struct work *work, gbn_sha256 *sha, gbn_error *err)
{
    switch (work->kind) {
    case WALK:
        return do_walk(reader, work, err);
    case AHEAD:
        return do_ahead(reader, work, err);
    case OPEN:
        return do_open(reader, work, err);
    case READ:
        return do_read(reader, work, sha, err);
    case SLICE:
        do_slice(reader, work);
        return GBN_OK;
    case NOTHING:
        break;
    }
    return GBN_OK;
}

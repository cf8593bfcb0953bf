#include "gbn_reader_state.h"

/*
 * The one who takes the entries, in walk order. What is known to be ready is taken, and
 * what is done with given back, without the lock, some entries at a time.
 */
enum { PUBLISH_ENTRIES = 128 };

static void
wake_readers(gbn_reader *reader)
{
    reader->freed = 0;
    reader->done = 0;
    if (reader->idle > 0)
        pthread_cond_signal(&reader->work);
}

/* The last thing a taker does before it sleeps is to wake someone. */
static void
await_ready(gbn_reader *reader)
{
    wake_readers(reader);
    reader->taker_waits = true;
    pthread_cond_wait(&reader->ready, &reader->lock);
    reader->taker_waits = false;
}

static void
free_arena(gbn_reader *reader, uint64_t end)
{
    reader->freed += gbn_arena_free_to(&reader->arena, end);
    if (reader->freed >= WAKE_BYTES)
        wake_readers(reader);
}

/* What was done without the lock becomes known to the others. With the lock held. */
static void
publish(gbn_reader *reader)
{
    reader->done += (unsigned)(reader->taking - reader->taken);
    reader->taken = reader->taking;
    if (reader->returned > reader->arena_published) {
        reader->arena_published = reader->returned;
        free_arena(reader, reader->returned);
    }
    if (reader->done >= WALK_BATCH)
        wake_readers(reader);
}

/* How far the entries are ready, a window at most. With the lock held. */
static void
look_ahead(gbn_reader *reader)
{
    while (reader->ready_end < reader->granted &&
           slot_at(reader, reader->ready_end)->state == READY)
        reader->ready_end++;
    /* A sliced entry is ready before the cursor has passed it. */
    if (reader->ready_end == reader->granted && reader->granted < reader->opened &&
        slot_at(reader, reader->granted)->state == READY)
        reader->ready_end++;
}

static gbn_status
await_entry(gbn_reader *reader)
{
    gbn_status rc = GBN_OK;

    pthread_mutex_lock(&reader->lock);
    publish(reader);
    for (;;) {
        if (reader->aborted) {
            rc = GBN_ERR_CANCELLED;
            break;
        }
        look_ahead(reader);
        if (reader->taking < reader->ready_end)
            break;
        if (reader->walk_over && reader->taking == reader->walked) {
            rc = GBN_END;
            break;
        }
        await_ready(reader);
    }
    pthread_mutex_unlock(&reader->lock);
    return rc;
}

gbn_status
gbn_reader_next(gbn_reader *reader, gbn_entry **entry)
{
    gbn_status rc = GBN_OK;

    if (reader->taking == reader->ready_end || reader->aborted)
        rc = await_entry(reader);
    *entry = &slot_at(reader, reader->taking)->entry;
    reader->delivered = 0;
    return rc;
}

static void
finish_sliced(gbn_reader *reader, gbn_entry *entry)
{
    gbn_entry_note_sliced(entry);
    pthread_mutex_lock(&reader->lock);
    if (entry->file.fd >= 0) {
        gbn_file_close(&entry->file);
        reader->files--;
        wake_readers(reader);
    }
    pthread_mutex_unlock(&reader->lock);
}

/* The slice lent last goes back, whatever comes next. */
static void
return_slice(gbn_reader *reader)
{
    struct slice *last = &reader->slices[reader->first_slice % reader->slice_count];

    pthread_mutex_lock(&reader->lock);
    reader->returned = last->grant_end;
    publish(reader);
    reader->first_slice++;
    pthread_mutex_unlock(&reader->lock);
}

static gbn_status
await_slice(gbn_reader *reader, const struct slice *slice)
{
    gbn_status rc;

    pthread_mutex_lock(&reader->lock);
    while (!reader->aborted && !(reader->first_slice < reader->last_slice && slice->ready)) {
        await_ready(reader);
    }
    rc = reader->aborted ? GBN_ERR_CANCELLED : GBN_OK;
    pthread_mutex_unlock(&reader->lock);
    return rc;
}

gbn_status
gbn_reader_slice(gbn_reader *reader, const uint8_t **data, size_t *length)
{
    struct slot *slot = slot_at(reader, reader->taking);
    struct slice *slice;

    if (reader->delivered > 0)
        return_slice(reader);
    if (reader->delivered == slot->entry.file.size) {
        finish_sliced(reader, &slot->entry);
        return GBN_END;
    }
    slice = &reader->slices[reader->first_slice % reader->slice_count];
    if (await_slice(reader, slice) < 0)
        return GBN_ERR_CANCELLED;
    gbn_entry_note_slice(&slot->entry, &slice->result);
    reader->delivered += slice->length;
    *data = slice->data;
    *length = slice->length;
    return GBN_OK;
}

void
gbn_reader_done(gbn_reader *reader)
{
    struct slot *slot = slot_at(reader, reader->taking);

    gbn_entry_release(&slot->entry);
    if (slot->grant != NULL)
        reader->returned = slot->grant_end;
    slot->grant = NULL;
    reader->taking++;
    if (slot->entry.link == NULL && reader->taking - reader->taken < PUBLISH_ENTRIES &&
        reader->returned - reader->arena_published < WAKE_BYTES)
        return;
    pthread_mutex_lock(&reader->lock);
    if (slot->entry.link != NULL)
        gbn_links_leave(&reader->links, slot->entry.link);
    publish(reader);
    pthread_mutex_unlock(&reader->lock);
}

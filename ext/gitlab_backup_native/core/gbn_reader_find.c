#include "gbn_reader_state.h"

/* What there is to do next. Memory is granted in walk order, so that the entry that is
 * taken next never waits for one behind it. */
enum { BATCH = 64, BATCH_BYTES = 1024 * 1024, SLOW_OPEN = 16, SLOW_READ = 8, LEAST_READING = 2 };

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

/*
 * How many at once. From a warm cache dozens, as the lock costs more than they do. Of what each thread has to
 * wait for one, so that as many as possible wait at once: directories, and all that lies on another
 * machine. From a disk inodes come by the block, and contents were asked for before.
 */
static unsigned
batch(const gbn_reader *reader, enum kind kind)
{
    if (reader->slow == 0)
        return BATCH;
    if (kind == AHEAD || gbn_root_remote(reader->root))
        return 1;
    return kind == OPEN ? SLOW_OPEN : SLOW_READ;
}

static bool
grant_slice(gbn_reader *reader, struct slot *slot, struct work *work)
{
    struct slice *slice = &reader->slices[reader->last_slice % reader->slice_count];
    uint64_t left = slot->entry.file.size - slot->sliced;
    size_t length = left < GBN_READER_SLICE ? (size_t)left : GBN_READER_SLICE;

    if (!slot->entry.sliced) {
        slot->entry.sliced = true;
        gbn_reader_finish(reader, slot);
    }
    if (reader->last_slice - reader->first_slice == reader->slice_count)
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
    return work->count < batch(reader, READ) && work->bytes < BATCH_BYTES;
}

/* Grant what one entry needs. Returns whether the next one's turn has come as well. */
static bool
grant_entry(gbn_reader *reader, struct slot *slot, struct work *work)
{
    bool more;

    if (slot->entry.file.fd < 0 || slot->entry.repeats) {
        gbn_reader_finish(reader, slot);
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

/* A directory that was listed needs no opening. */
static bool
can_open(gbn_reader *reader)
{
    while (reader->opened < reader->walked && slot_at(reader, reader->opened)->state == OPENED)
        reader->opened++;
    return reader->opened < reader->walked && reader->files < reader->threads * GBN_READER_FILES;
}

static void
take_to_open(gbn_reader *reader, struct work *work)
{
    work->kind = OPEN;
    work->first = reader->opened;
    while (work->count < batch(reader, OPEN) && can_open(reader)) {
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

/* A directory on a disk takes a thread that waits for it, and its files are known only then. */
bool
gbn_reader_can_list(const gbn_reader *reader)
{
    unsigned most = reader->threads / 4;

    if (reader->slow > 0 && reader->threads > LEAST_READING)
        most = reader->threads - LEAST_READING;
    return !reader->ahead_dry && !reader->walk_over && reader->listing_ahead < most;
}

gbn_status
gbn_reader_find(gbn_reader *reader, struct work *work, gbn_error *err)
{
    gbn_status rc;

    *work = (struct work){.kind = NOTHING};
    rc = find_grant(reader, work, err);
    if (rc < 0 || work->kind != NOTHING)
        return rc;
    if (gbn_reader_can_list(reader)) {
        work->kind = AHEAD;
        work->count = batch(reader, AHEAD);
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

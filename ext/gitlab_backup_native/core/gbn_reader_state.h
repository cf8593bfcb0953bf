#ifndef GBN_READER_STATE_H
#define GBN_READER_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gbn_arena.h"
#include "gbn_links.h"
#include "gbn_reader.h"

/*
 * Entries stand in a ring in walk order and are moved on by whoever has time: walked,
 * then opened, then granted memory (strictly in order), then read. Four cursors
 * separate these ranges; everything below `taken` is free again.
 *
 *      taken <= granted <= opened <= walked <= taken + GBN_READER_WINDOW
 *
 * A small file is read whole into the arena. A large one is granted a slice at a time, and
 * several threads read its slices at once.
 *
 * Waking a thread costs as much as opening a file from the page cache. So a thread that finds work wakes
 * another only while few are at it, or when a disk had to be read lately; and the taker is woken for a number of
 * entries at once, or when a reading thread runs out of work.
 */
enum {
    WALK_BATCH = 64,
    WAKE_BYTES = 2 * 1024 * 1024,
};

enum state { WALKED, OPENING, OPENED, READING, READY };

struct slot {
    gbn_entry entry;
    enum state state;
    bool counted_link;
    uint8_t *grant; /* arena memory of a small file */
    uint64_t grant_end;
    uint64_t sliced; /* bytes of a large file granted so far */
};

struct slice {
    struct slot *slot;
    uint64_t offset;
    size_t length;
    uint8_t *data;
    uint64_t grant_end;
    gbn_file_result result;
    bool ready;
};

/* What a thread has found to do. */
enum kind { NOTHING, WALK, AHEAD, OPEN, READ, SLICE };

struct work {
    enum kind kind;
    uint64_t first, end; /* the entries to open, or among which are those to read */
    unsigned count;      /* of entries or directories, at most */
    bool wake; /* another thread as well: once the lock is let go, which that one needs at once */
    size_t bytes;
    struct slice *slice;
};

struct gbn_reader {
    gbn_root *root;
    gbn_names names;
    unsigned threads, cores;
    pthread_mutex_t lock;
    pthread_cond_t work;  /* reading threads wait here */
    pthread_cond_t ready; /* the taker waits here */
    atomic_bool aborted;  /* read without the lock by the taker */
    bool walking;         /* a thread is at names.next */
    bool walk_over;
    bool ahead_dry; /* nothing to list ahead, as of the last try */
    unsigned listing_ahead;
    unsigned idle;
    unsigned files; /* open, or being opened, and not yet read */
    uint64_t taken, granted, opened, walked;
    gbn_arena arena;
    gbn_links links;
    uint64_t first_slice, last_slice; /* [first, last) are in use */
    struct slice *slices;             /* as many as the arena has room for */
    size_t slice_count;
    uint64_t delivered; /* bytes of the current large file */
    /* The taker's own, touched by nobody else: */
    uint64_t taking;          /* where it is; `taken` is what the others know of it */
    uint64_t ready_end;       /* up to here entries are known to be ready */
    uint64_t returned;        /* up to here the arena is no longer needed */
    uint64_t arena_published; /* and up to here the others know */
    bool taker_waits;
    unsigned finished; /* entries since the taker was last woken */
    size_t freed;      /* bytes since the last wake-up of a reading thread */
    unsigned done;     /* entries since then */
    unsigned slow;     /* work still to be taken for slow since the last disk read */
    struct slot slots[GBN_READER_WINDOW];
};

static inline struct slot *
slot_at(gbn_reader *reader, uint64_t number)
{
    return &reader->slots[number % GBN_READER_WINDOW];
}

/* All that follows: with the lock held. */

/* Find what a thread may do now; `work->kind` is NOTHING when there is nothing. */
gbn_status gbn_reader_find(gbn_reader *reader, struct work *work, gbn_error *err);

/* May one more thread list directories ahead? */
bool gbn_reader_can_list(const gbn_reader *reader);

/* Do it; the lock is let go meanwhile. */
gbn_status gbn_reader_do(gbn_reader *reader, const struct work *work, gbn_sha256 *sha,
                         gbn_error *err);

/* An entry needs nothing more: the taker may have it. */
void gbn_reader_finish(gbn_reader *reader, struct slot *slot);
void gbn_reader_wake_taker(gbn_reader *reader);

#endif

#ifndef GBN_FILE_H
#define GBN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "gbn_error.h"

/*
 * gbn_file - reads one open file that others may be writing to, and tells what
 * became of it meanwhile. What it had to fetch from the disk does not stay in the
 * page cache; see gbn_cache.
 */
typedef struct gbn_file {
    int fd;                 /* -1 when closed */
    uint64_t size;          /* as seen when it was opened */
    bool fetched;           /* in advance, as its first page was not cached */
    const uint8_t *content; /* after gbn_file_read_whole */
    uint8_t *grown;         /* memory of its own for a file that outgrew what it was given */
} gbn_file;

typedef struct gbn_file_result {
    int errnum;   /* the read failed with this; 0 */
    bool changed; /* not the same before and after */
    bool torn;    /* changed during every read: the content may be of several moments */
    bool grown;   /* what came after its first size is left out */
    bool shrunk;  /* zeros stand for what is gone */
} gbn_file_result;

/* Have the whole file come from the disk, if it is not cached, while others are opened. Does not wait. */
void gbn_file_fetch(gbn_file *file);

/*
 * Read the whole file of file->size bytes into `buffer`; again, three times in all,
 * while it changes. One that grows is read in full as long as it does not exceed
 * `limit`. `status` is brought up to what was read: its st_size is the content's length.
 *
 * Returns  GBN_OK with file->content set, or result->errnum; GBN_ERR_NOMEM.
 */
gbn_status gbn_file_read_whole(gbn_file *file, struct stat *status, uint8_t *buffer, size_t limit,
                               gbn_file_result *result, gbn_error *err);

/*
 * Read `length` bytes at `offset`. Holes are not read, what cannot be read is zeros.
 *
 * Threads  any number on one file.
 */
void gbn_file_read_slice(const gbn_file *file, const struct stat *status, uint64_t offset,
                         uint8_t *buffer, size_t length, gbn_file_result *result);

/* Has the open file changed since `before`? */
bool gbn_file_changed(const gbn_file *file, const struct stat *before);

/* Was its last change before `settled_ns`? */
bool gbn_file_settled(const struct stat *status, int64_t settled_ns);

/* How often the calling thread has made the system read from a disk (getrusage(2), ru_inblock). */
long gbn_file_disk_reads(void);

/* Close it; its content stays. A closed one is left alone. */
void gbn_file_close(gbn_file *file);

/* Free the content of a file that grew. */
void gbn_file_forget(gbn_file *file);

#endif

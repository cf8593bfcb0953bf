#include "gbn_infile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_cache.h"

/*
 * Products are read from their begin to their end, as a rule. The kernel's own reading ahead would
 * make cached pages of cold ones before anybody could see which they are (gbn_cache), so it is
 * off, and what comes behind a read that had to wait is fetched from here: `next` to `fetched`. What is
 * behind `fetched` is looked at anew.
 */
enum { AHEAD = 1024 * 1024 };

struct gbn_infile {
    int fd;
    uint64_t offset; /* of the section in the file */
    uint64_t end;    /* of the section in the file; of a whole file, UINT64_MAX: it may grow */
    uint64_t size;
    atomic_uint_fast64_t next; /* in the file: the end of the last read */
    atomic_uint_fast64_t
        fetched; /* in the file: up to here it is on its way; not behind next: nothing is */
    char name[];
};

const char *
gbn_place_name(const gbn_place *place)
{
    return place->name != NULL ? place->name : place->path;
}

gbn_status
gbn_place_copy(gbn_place *place, const gbn_place *given, gbn_error *err)
{
    *place = *given;
    place->path = strdup(given->path);
    place->name = given->name == NULL ? NULL : strdup(given->name);
    if (place->path == NULL || (given->name != NULL && place->name == NULL))
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(given));
    return GBN_OK;
}

void
gbn_place_free(gbn_place *place)
{
    free((char *)(uintptr_t)place->path);
    free((char *)(uintptr_t)place->name);
}

static gbn_status
measure(gbn_infile *file, const gbn_place *place, gbn_error *err)
{
    struct stat status;

    if (fstat(file->fd, &status) < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", file->name);
    if (!S_ISREG(status.st_mode))
        return gbn_fail(err, GBN_ERR_INVALID, 0, "read %s: not a regular file", file->name);
    file->size = (uint64_t)status.st_size;
    file->end = UINT64_MAX;
    if (!place->section)
        return GBN_OK;
    if (place->offset > file->size || place->length > file->size - place->offset)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "read %s: %s ends within it", file->name,
                        place->path);
    file->offset = place->offset;
    file->size = place->length;
    file->end = place->offset + place->length;
    return GBN_OK;
}

gbn_status
gbn_infile_open(const gbn_place *place, gbn_infile **result, gbn_error *err)
{
    const char *name = gbn_place_name(place);
    gbn_infile *file = calloc(1, sizeof *file + strlen(name) + 1);
    gbn_status rc;

    *result = NULL;
    if (file == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", name);
    memcpy(file->name, name, strlen(name) + 1);
    file->fd = open(place->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    rc = file->fd < 0 ? gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", name)
                      : measure(file, place, err);
    if (rc < 0) {
        gbn_infile_close(file);
        return rc;
    }
    gbn_cache_no_ahead(file->fd);
    *result = file;
    return GBN_OK;
}

const char *
gbn_infile_name(const gbn_infile *file)
{
    return file->name;
}

uint64_t
gbn_infile_size(const gbn_infile *file)
{
    return file->size;
}

/* Any number of threads: what one of them does not see the other do is read all the same. */
static ssize_t
read_some(gbn_infile *file, void *data, size_t length, uint64_t offset)
{
    const bool in_turn = atomic_load(&file->next) == offset;
    const uint64_t fetched = in_turn ? atomic_load(&file->fetched) : 0;
    const bool expected = fetched > offset;
    bool waited = expected;
    ssize_t n;

    if (expected && length > fetched - offset)
        length = (size_t)(fetched - offset);
    n = gbn_cache_read(file->fd, data, length, offset, &waited);
    if (n <= 0)
        return n;
    if (waited)
        gbn_cache_drop(file->fd, offset, (uint64_t)n);
    offset += (uint64_t)n;
    atomic_store(&file->next, offset);
    if (waited && in_turn && !expected && offset < file->end) {
        const uint64_t ahead = file->end - offset < AHEAD ? file->end - offset : AHEAD;

        gbn_cache_fetch(file->fd, offset, ahead);
        atomic_store(&file->fetched, offset + ahead);
    }
    return n;
}

gbn_status
gbn_infile_read(gbn_infile *file, uint64_t offset, void *data, size_t length, size_t *got,
                gbn_error *err)
{
    const uint64_t begin = file->offset + offset;
    uint8_t *bytes = data;
    ssize_t n = 1;

    *got = 0;
    if (begin < offset || begin >= file->end)
        return GBN_OK;
    if (length > file->end - begin)
        length = (size_t)(file->end - begin);
    while (*got < length && n != 0) {
        n = read_some(file, bytes + *got, length - *got, begin + *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", file->name);
        *got += (size_t)n;
    }
    return GBN_OK;
}

void
gbn_infile_close(gbn_infile *file)
{
    if (file == NULL)
        return;
    if (file->fetched > file->next)
        gbn_cache_drop(file->fd, file->next, file->fetched - file->next);
    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

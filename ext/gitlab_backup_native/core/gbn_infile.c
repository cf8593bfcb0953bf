#include "gbn_infile.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_cache.h"
#include "gbn_regular.h"

/*
 * Products are read from their begin to their end, as a rule. The kernel's own reading ahead would
 * make cached pages of cold ones before anybody could see which they are (gbn_cache), so it is
 * off, and done here: what begins with a cold page is fetched, AHEAD bytes at a time, and dropped when it was
 * read. Of what is cached nothing is done but to read it.
 */
enum { AHEAD = 4 * 1024 * 1024, DROP = 4 * 1024 * 1024 };

/* Places are those in the file. */
struct gbn_infile {
    int fd;
    uint64_t offset; /* of the section */
    uint64_t end;    /* of the section; of a whole file, UINT64_MAX: it may grow */
    uint64_t size;
    pthread_mutex_t lock; /* over what follows */
    uint64_t kept;        /* from here to `next` is to be dropped */
    uint64_t next;        /* the end of the last read */
    uint64_t fetched;     /* from `next` to here is on its way; nothing if this is not behind it */
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
open_place(gbn_infile *file, const gbn_place *place, gbn_error *err)
{
    const gbn_regular regular = {.path = place->path, .name = file->name};
    struct stat status;
    gbn_status rc = gbn_regular_open(&regular, &file->fd, &status, err);

    if (rc < 0)
        return rc;
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
    pthread_mutex_init(&file->lock, NULL);
    rc = open_place(file, place, err);
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

/* Is it on its way? Then no more than that is read at once. */
static bool
is_fetched(gbn_infile *file, uint64_t offset, size_t *length)
{
    bool fetched;

    pthread_mutex_lock(&file->lock);
    fetched = offset == file->next && offset < file->fetched;
    if (fetched && *length > file->fetched - offset)
        *length = (size_t)(file->fetched - offset);
    pthread_mutex_unlock(&file->lock);
    return fetched;
}

static void
drop_kept(gbn_infile *file)
{
    if (file->kept < file->next)
        gbn_cache_drop(file->fd, file->kept, file->next - file->kept);
    file->kept = file->next;
}

/* Whole pages come, so `fetched` is where one begins. */
static void
fetch_ahead(gbn_infile *file)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t end;

    if (file->fetched < file->next)
        file->fetched = (file->next + page - 1) / page * page;
    if (file->fetched >= file->next + AHEAD || file->fetched >= file->end ||
        gbn_cache_look(file->fd, file->fetched) != GBN_CACHE_COLD)
        return;
    end = file->fetched + AHEAD < file->end ? file->fetched + AHEAD : file->end;
    gbn_cache_fetch(file->fd, file->fetched, end - file->fetched);
    file->fetched = end;
}

static void
note_read(gbn_infile *file, uint64_t offset, size_t length, bool cold)
{
    bool in_turn;

    pthread_mutex_lock(&file->lock);
    in_turn = offset == file->next;
    if (!cold || !in_turn) {
        drop_kept(file);
        file->kept = cold ? offset : offset + length;
    }
    file->next = offset + length;
    if (file->next - file->kept >= DROP)
        drop_kept(file);
    if (cold && in_turn)
        fetch_ahead(file);
    pthread_mutex_unlock(&file->lock);
}

static ssize_t
read_some(gbn_infile *file, void *data, size_t length, uint64_t offset)
{
    bool cold = is_fetched(file, offset, &length);
    ssize_t n = gbn_cache_read(file->fd, data, length, offset, &cold);

    if (n > 0)
        note_read(file, offset, (size_t)n, cold);
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
    if (file->fetched > file->next) /* what was fetched in vain goes as well */
        file->next = file->fetched;
    drop_kept(file);
    if (file->fd >= 0)
        close(file->fd);
    pthread_mutex_destroy(&file->lock);
    free(file);
}

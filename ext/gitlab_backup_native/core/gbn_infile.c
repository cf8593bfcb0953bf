#include "gbn_infile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct gbn_infile {
    int fd;
    uint64_t offset; /* of the section in the file */
    uint64_t end;    /* of the section in the file; of a whole file, UINT64_MAX: it may grow */
    uint64_t size;
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
    posix_fadvise(file->fd, (off_t)file->offset, (off_t)file->size, POSIX_FADV_SEQUENTIAL);
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

gbn_status
gbn_infile_read(const gbn_infile *file, uint64_t offset, void *data, size_t length, size_t *got,
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
        n = pread(file->fd, bytes + *got, length - *got, (off_t)(begin + *got));
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
    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

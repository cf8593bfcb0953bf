#include "gbn_plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_gunzip.h"

enum { PIECE = 256 * 1024 };

struct gbn_plain {
    char *path;
    int fd;
    gbn_cancel *cancel;
    gbn_sha256 *sha; /* NULL: nobody wants the digest */
    gbn_gunzip *gunzip;
    bool compressed;
    bool over; /* the file was read to its end */
    const uint8_t *next;
    size_t left; /* of what was read and not inflated yet */
    uint64_t stored;
    uint64_t raw;
    uint8_t in[PIECE];
    uint8_t out[PIECE];
};

static gbn_status
fill(gbn_plain *plain, gbn_error *err)
{
    ssize_t n;

    if (gbn_cancel_raised(plain->cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    do
        n = read(plain->fd, plain->in, PIECE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "read %s", plain->path);
    plain->next = plain->in;
    plain->left = (size_t)n;
    plain->stored += (uint64_t)n;
    plain->over = n == 0;
    if (n > 0 && plain->sha != NULL)
        return gbn_sha256_update(plain->sha, plain->in, (size_t)n, err);
    return GBN_OK;
}

static gbn_status
open_file(gbn_plain *plain, gbn_error *err)
{
    struct stat status;

    plain->fd = open(plain->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (plain->fd < 0 || fstat(plain->fd, &status) < 0)
        return gbn_fail(err, GBN_ERR_SYSTEM, errno, "open %s", plain->path);
    if (!S_ISREG(status.st_mode))
        return gbn_fail(err, GBN_ERR_INVALID, 0, "read %s: not a regular file", plain->path);
    posix_fadvise(plain->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return GBN_OK;
}

/* What is called .gz is taken for gzip whatever it holds: plain bytes there are damage. */
static gbn_status
begin(gbn_plain *plain, gbn_error *err)
{
    const size_t length = strlen(plain->path);
    gbn_status rc = fill(plain, err);

    plain->compressed = (length > 3 && strcmp(plain->path + length - 3, ".gz") == 0) ||
                        (plain->left >= 2 && plain->in[0] == 0x1f && plain->in[1] == 0x8b);
    return rc;
}

gbn_status
gbn_plain_open(const char *path, bool hash, gbn_cancel *cancel, gbn_plain **result, gbn_error *err)
{
    gbn_plain *plain = calloc(1, sizeof *plain);
    gbn_status rc;

    *result = NULL;
    if (plain == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path);
    plain->fd = -1;
    plain->cancel = cancel;
    plain->path = strdup(path);
    rc = plain->path == NULL ? gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", path)
                             : open_file(plain, err);
    if (rc == GBN_OK && hash)
        rc = gbn_sha256_new(&plain->sha, err);
    if (rc == GBN_OK)
        rc = gbn_gunzip_new(gbn_gzip_codec_find(NULL), &plain->gunzip, err);
    if (rc == GBN_OK)
        rc = begin(plain, err);
    if (rc < 0) {
        gbn_plain_close(plain);
        return rc;
    }
    gbn_gunzip_start(plain->gunzip);
    *result = plain;
    return GBN_OK;
}

static gbn_status
inflate_some(gbn_plain *plain, size_t *length, gbn_error *err)
{
    gbn_gunzip_io io = {
        .in = plain->next, .in_length = plain->left, .out = plain->out, .out_length = PIECE};
    gbn_status rc = gbn_gunzip_feed(plain->gunzip, &io, err);

    plain->next = io.in;
    plain->left = io.in_length;
    *length = PIECE - io.out_length;
    return rc;
}

/* Inflated bytes may wait inside the inflater, so it is asked once more when the input is over. */
static gbn_status
next_inflated(gbn_plain *plain, size_t *length, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    for (*length = 0; rc == GBN_OK && *length == 0;) {
        rc = inflate_some(plain, length, err);
        if (rc < 0 || *length > 0)
            break;
        if (plain->over)
            return gbn_gunzip_finish(plain->gunzip, err) < 0 ? GBN_ERR_FORMAT : GBN_END;
        if (plain->left == 0)
            rc = fill(plain, err);
    }
    return rc;
}

gbn_status
gbn_plain_next(void *opaque, const uint8_t **data, size_t *length, gbn_error *err)
{
    gbn_plain *plain = opaque;
    gbn_status rc = GBN_OK;

    if (plain->compressed) {
        rc = next_inflated(plain, length, err);
        *data = plain->out;
    } else {
        if (plain->left == 0 && !plain->over)
            rc = fill(plain, err);
        *data = plain->next;
        *length = plain->left;
        plain->left = 0;
        if (rc == GBN_OK && *length == 0)
            rc = GBN_END;
    }
    if (rc == GBN_OK)
        plain->raw += *length;
    return rc;
}

uint64_t
gbn_plain_stored(const gbn_plain *plain)
{
    return plain->stored - plain->left;
}

uint64_t
gbn_plain_raw(const gbn_plain *plain)
{
    return plain->raw;
}

gbn_status
gbn_plain_skip(gbn_plain *plain, gbn_error *err)
{
    gbn_status rc = GBN_OK;

    while (rc == GBN_OK && !plain->over)
        rc = fill(plain, err);
    return rc == GBN_OK ? GBN_END : rc;
}

gbn_status
gbn_plain_digest(gbn_plain *plain, uint8_t digest[GBN_SHA256_SIZE], gbn_error *err)
{
    return gbn_sha256_final(plain->sha, digest, err);
}

void
gbn_plain_close(gbn_plain *plain)
{
    if (plain == NULL)
        return;
    if (plain->fd >= 0)
        close(plain->fd);
    gbn_gunzip_free(plain->gunzip);
    gbn_sha256_free(plain->sha);
    free(plain->path);
    free(plain);
}

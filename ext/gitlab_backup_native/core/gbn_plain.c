#include "gbn_plain.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_gunzip.h"

enum { PIECE = 256 * 1024 };

struct gbn_plain {
    gbn_infile *file;
    uint64_t offset; /* of the next bytes in it */
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
    size_t got = 0;
    gbn_status rc;

    if (gbn_cancel_raised(plain->cancel))
        return gbn_fail(err, GBN_ERR_CANCELLED, 0, "cancelled");
    rc = gbn_infile_read(plain->file, plain->offset, plain->in, PIECE, &got, err);
    if (rc < 0)
        return rc;
    plain->offset += got;
    plain->next = plain->in;
    plain->left = got;
    plain->stored += got;
    plain->over = got == 0;
    if (got > 0 && plain->sha != NULL)
        return gbn_sha256_update(plain->sha, plain->in, got, err);
    return GBN_OK;
}

/* What is called .gz is taken for gzip whatever it holds: plain bytes there are damage. */
static gbn_status
begin(gbn_plain *plain, gbn_error *err)
{
    const char *name = gbn_infile_name(plain->file);
    const size_t length = strlen(name);
    gbn_status rc = fill(plain, err);

    plain->compressed = (length > 3 && strcmp(name + length - 3, ".gz") == 0) ||
                        (plain->left >= 2 && plain->in[0] == 0x1f && plain->in[1] == 0x8b);
    return rc;
}

gbn_status
gbn_plain_open(const gbn_place *place, bool hash, gbn_cancel *cancel, gbn_plain **result,
               gbn_error *err)
{
    gbn_plain *plain = calloc(1, sizeof *plain);
    gbn_status rc;

    *result = NULL;
    if (plain == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read %s", gbn_place_name(place));
    plain->cancel = cancel;
    rc = gbn_infile_open(place, &plain->file, err);
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
    gbn_infile_close(plain->file);
    gbn_gunzip_free(plain->gunzip);
    gbn_sha256_free(plain->sha);
    free(plain);
}

/*
 * libarchive converts the strings of pax headers from UTF-8 to the locale's character set
 * (and composes what is decomposed while it does so), unless that fails: then it keeps the bytes
 * and warns. In the C locale it fails for everything that is not ASCII, so the headers
 * are read with the thread's locale set to that one. Other warnings mean that something in a
 * header was ignored, and are failures here.
 *
 * A sparse map is kept in memory as it is read, ten bytes for one; so the source gives no
 * more than GBN_TAR_HEADERS_MAX bytes while headers are read.
 */
#include "gbn_tar_read.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_tar_member.h"

struct gbn_tar_reader {
    gbn_tar_source *source;
    void *context;
    struct archive *archive; /* NULL before the first member */
    struct archive_entry *entry;
    locale_t c_locale;
    gbn_error *err;    /* of the current call */
    gbn_status status; /* GBN_OK until it has failed or is over */
    bool in_headers;
    bool in_member;
    size_t header_bytes;  /* pulled since the headers began */
    uint64_t offset;      /* where they began */
    uint64_t size;        /* of the member's content */
    uint64_t content_end; /* of what has been given of it */
};

gbn_status
gbn_tar_reader_new(gbn_tar_source *source, void *context, gbn_tar_reader **result, gbn_error *err)
{
    gbn_tar_reader *reader = calloc(1, sizeof *reader);

    *result = NULL;
    if (reader == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a tar reader");
    reader->source = source;
    reader->context = context;
    reader->entry = archive_entry_new();
    reader->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (reader->entry == NULL || reader->c_locale == (locale_t)0) {
        gbn_tar_reader_free(reader);
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "make a tar reader");
    }
    *result = reader;
    return GBN_OK;
}

void
gbn_tar_reader_free(gbn_tar_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->archive != NULL)
        archive_read_free(reader->archive);
    if (reader->c_locale != (locale_t)0)
        freelocale(reader->c_locale);
    archive_entry_free(reader->entry);
    free(reader);
}

void
gbn_tar_reader_reset(gbn_tar_reader *reader, void *context)
{
    if (reader->archive != NULL)
        archive_read_free(reader->archive);
    reader->archive = NULL;
    reader->context = context;
    reader->status = GBN_OK;
    reader->in_member = false;
    reader->offset = 0;
}

static la_ssize_t
pull(struct archive *archive, void *opaque, const void **data)
{
    gbn_tar_reader *reader = opaque;
    const uint8_t *bytes = NULL;
    size_t length = 0;
    gbn_status rc;

    (void)archive;
    if (reader->in_headers && reader->header_bytes >= GBN_TAR_HEADERS_MAX) {
        reader->status =
            gbn_fail(reader->err, GBN_ERR_LIMIT, 0,
                     "read tar headers (more than %d bytes for one member)", GBN_TAR_HEADERS_MAX);
        return ARCHIVE_FATAL;
    }
    rc = reader->source(reader->context, &bytes, &length, reader->err);
    if (rc < 0) {
        reader->status = rc;
        return ARCHIVE_FATAL;
    }
    reader->header_bytes += length;
    *data = bytes;
    return rc == GBN_END ? 0 : (la_ssize_t)length;
}

static int
open_archive(gbn_tar_reader *reader)
{
    int rc;

    reader->archive = archive_read_new();
    if (reader->archive == NULL)
        return ARCHIVE_FATAL;
    rc = archive_read_support_format_tar(reader->archive);
    if (rc == ARCHIVE_OK)
        rc = archive_read_open(reader->archive, reader, NULL, pull, NULL);
    return rc;
}

static gbn_status
refuse(gbn_tar_reader *reader, const char *reason)
{
    reader->in_member = false;
    reader->status = gbn_fail(reader->err, GBN_ERR_FORMAT, 0, "read tar member at offset %llu (%s)",
                              (unsigned long long)reader->offset, reason);
    return reader->status;
}

/* The source's own failure, or what libarchive says. */
static gbn_status
fail(gbn_tar_reader *reader)
{
    const char *reason;

    reader->in_member = false;
    if (reader->status < 0)
        return reader->status;
    if (reader->archive == NULL || archive_errno(reader->archive) == ENOMEM) {
        reader->status = gbn_fail(reader->err, GBN_ERR_NOMEM, 0, "read a tar header");
        return reader->status;
    }
    reason = archive_error_string(reader->archive);
    return refuse(reader, reason != NULL ? reason : "truncated or damaged");
}

/* At libarchive's end: it takes one zero block, or none, for an end as well. */
static gbn_status
check_end(gbn_tar_reader *reader)
{
    const uint64_t end = gbn_tar_reader_position(reader);

    if (end - reader->offset != 2 * (uint64_t)GBN_TAR_BLOCK)
        return refuse(reader, "the archive's end is missing");
    reader->in_member = false;
    reader->status = GBN_END;
    return GBN_END;
}

static bool
is_harmless(struct archive *archive)
{
    const char *warning = archive_error_string(archive);

    return warning != NULL && strstr(warning, "can't be converted") != NULL;
}

/* In the C locale. */
static int
next_header(gbn_tar_reader *reader)
{
    int rc = ARCHIVE_OK;

    if (reader->archive == NULL)
        rc = open_archive(reader);
    else if (reader->in_member)
        rc = archive_read_data_skip(reader->archive);
    reader->in_member = false;
    if (rc != ARCHIVE_OK)
        return ARCHIVE_FATAL;
    reader->offset = gbn_tar_reader_position(reader);
    reader->in_headers = true;
    reader->header_bytes = 0;
    rc = archive_read_next_header2(reader->archive, reader->entry);
    reader->in_headers = false;
    if (rc == ARCHIVE_WARN && is_harmless(reader->archive))
        rc = ARCHIVE_OK;
    return rc;
}

gbn_status
gbn_tar_reader_next(gbn_tar_reader *reader, gbn_tar_member *member, gbn_error *err)
{
    const char *nonsense;
    locale_t before;
    int rc;

    *member = (gbn_tar_member){0};
    if (reader->status == GBN_END)
        return GBN_END;
    reader->err = err;
    if (reader->status < 0)
        return gbn_fail(err, reader->status, 0, "read tar member (the archive is damaged)");
    before = uselocale(reader->c_locale);
    rc = next_header(reader);
    uselocale(before);
    if (rc == ARCHIVE_EOF)
        return check_end(reader);
    if (rc != ARCHIVE_OK)
        return fail(reader);
    nonsense = gbn_tar_member_describe(reader->entry, member);
    if (nonsense != NULL)
        return refuse(reader, nonsense);
    reader->in_member = true;
    reader->size = member->size;
    reader->content_end = 0;
    return GBN_OK;
}

/* A sparse map of the archive's may lead backwards, or past the end. */
static bool
is_in_order(const gbn_tar_reader *reader, la_int64_t position, size_t length)
{
    return position >= 0 && (uint64_t)position >= reader->content_end &&
           (uint64_t)position <= reader->size && length <= reader->size - (uint64_t)position;
}

gbn_status
gbn_tar_reader_data(gbn_tar_reader *reader, const uint8_t **data, size_t *length, uint64_t *offset,
                    gbn_error *err)
{
    const void *bytes = NULL;
    la_int64_t position = 0;
    int rc;

    *data = NULL;
    *length = 0;
    if (!reader->in_member)
        return reader->status < 0 ? gbn_fail(err, reader->status, 0, "read tar content") : GBN_END;
    reader->err = err;
    do
        rc = archive_read_data_block(reader->archive, &bytes, length, &position);
    while (rc == ARCHIVE_OK && *length == 0);
    if (rc == ARCHIVE_OK && is_in_order(reader, position, *length)) {
        *data = bytes;
        *offset = (uint64_t)position;
        reader->content_end = *offset + *length;
        return GBN_OK;
    }
    *length = 0;
    if (rc == ARCHIVE_OK)
        return refuse(reader, "damaged sparse map");
    return rc == ARCHIVE_EOF ? GBN_END : fail(reader);
}

uint64_t
gbn_tar_reader_offset(const gbn_tar_reader *reader)
{
    return reader->offset;
}

uint64_t
gbn_tar_reader_position(const gbn_tar_reader *reader)
{
    return reader->archive == NULL ? 0 : (uint64_t)archive_filter_bytes(reader->archive, 0);
}

int64_t
gbn_tar_reader_mtime_ns(const gbn_tar_reader *reader)
{
    return gbn_tar_member_mtime_ns(reader->entry);
}

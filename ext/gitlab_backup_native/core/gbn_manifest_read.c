/*
 * gbn_manifest_parse makes values of the bytes and allocates nothing; gbn_manifest_take hands them
 * out one by one and remembers the first that is not what it has to be. The rest is taken all the
 * same, so that the functions below read like docs/format/manifest.md.
 */
#include "gbn_manifest_read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gbn_gzip.h"
#include "gbn_manifest_parse.h"
#include "gbn_manifest_take.h"

gbn_status
gbn_manifest_reader_new(gbn_manifest_reader **reader, gbn_error *err)
{
    *reader = calloc(1, sizeof **reader);
    if (*reader == NULL)
        return gbn_fail(err, GBN_ERR_NOMEM, 0, "read a manifest");
    return GBN_OK;
}

void
gbn_manifest_reader_free(gbn_manifest_reader *reader)
{
    if (reader == NULL)
        return;
    gbn_bytes_free(&reader->strings);
    free(reader);
}

static void
read_header(gbn_manifest_reader *reader, gbn_manifest_record *record)
{
    static const char *const codecs[] = {"isal", "zlib", "none"};
    gbn_manifest_header *header = &record->header;
    bool known = false;

    if (gbn_manifest_take_uint(reader, "version", UINT64_MAX) != GBN_MANIFEST_VERSION)
        gbn_manifest_reject(reader, "version");
    header->backup_id = gbn_manifest_take_bytes(reader, "backup_id");
    header->product = gbn_manifest_take_bytes(reader, "product");
    header->codec = gbn_manifest_take_string(reader, "codec", GBN_VALUE_WORD);
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        known = known || strcmp(header->codec, codecs[i]) == 0;
    if (!known)
        gbn_manifest_reject(reader, "codec");
    if (gbn_manifest_more(reader)) {
        header->generation = gbn_manifest_take_uint(reader, "generation", INT64_MAX);
        header->previous = gbn_manifest_take_bytes_or_nil(reader, "previous");
    }
}

static void
read_block(gbn_manifest_reader *reader, gbn_manifest_record *record)
{
    gbn_manifest_block *block = &record->block;

    block->number = gbn_manifest_take_uint(reader, "number", INT64_MAX);
    block->raw_offset = gbn_manifest_take_uint(reader, "raw_offset", INT64_MAX);
    block->raw_size = gbn_manifest_take_uint(reader, "raw_size", GBN_MANIFEST_RAW_MAX);
    block->stored_offset = gbn_manifest_take_uint(reader, "stored_offset", INT64_MAX);
    block->stored_size =
        gbn_manifest_take_uint(reader, "stored_size", gbn_gzip_bound(GBN_MANIFEST_RAW_MAX));
    block->raw_crc32 = gbn_manifest_take_uint32(reader, "raw_crc32");
    block->stored_crc32 = gbn_manifest_take_uint32(reader, "stored_crc32");
    if (block->raw_size == 0)
        gbn_manifest_reject(reader, "raw_size");
    if (block->stored_size == 0 || block->stored_size > gbn_gzip_bound((size_t)block->raw_size))
        gbn_manifest_reject(reader, "stored_size");
}

static void
take_type(gbn_manifest_reader *reader, gbn_manifest_entry *entry)
{
    static const struct {
        const char *word;
        mode_t type;
    } types[] = {{"file", S_IFREG},     {"directory", S_IFDIR}, {"symlink", S_IFLNK},
                 {"hardlink", S_IFREG}, {"fifo", S_IFIFO},      {"character", S_IFCHR},
                 {"block", S_IFBLK}};
    const char *word = gbn_manifest_take_string(reader, "type", GBN_VALUE_WORD);

    entry->mode = 0;
    entry->hardlink = strcmp(word, "hardlink") == 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(word, types[i].word) == 0)
            entry->mode = types[i].type;
    }
    if (entry->mode == 0)
        gbn_manifest_reject(reader, "type");
}

static void
take_device(gbn_manifest_reader *reader, gbn_manifest_entry *entry)
{
    const gbn_manifest_value *value = gbn_manifest_take(reader, "rdev");
    const bool device = S_ISCHR(entry->mode) || S_ISBLK(entry->mode);

    entry->rdev = 0;
    if (value->type != (device ? GBN_VALUE_PAIR : GBN_VALUE_NIL) || value->pair[0] > UINT32_MAX ||
        value->pair[1] > UINT32_MAX)
        gbn_manifest_reject(reader, "rdev");
    else if (device)
        entry->rdev = makedev((unsigned)value->pair[0], (unsigned)value->pair[1]);
}

/* What a type of entry has, and what it has not. */
static void
check_entry(gbn_manifest_reader *reader, const gbn_manifest_entry *entry)
{
    const bool file = S_ISREG(entry->mode) && !entry->hardlink;

    if (!file && entry->size != 0)
        gbn_manifest_reject(reader, "size");
    if (file != entry->has_sha256)
        gbn_manifest_reject(reader, "sha256");
    if ((S_ISLNK(entry->mode) || entry->hardlink) != (entry->link != NULL))
        gbn_manifest_reject(reader, "link");
}

static void
read_entry(gbn_manifest_reader *reader, gbn_manifest_record *record)
{
    gbn_manifest_entry *entry = &record->entry;

    entry->path = gbn_manifest_take_bytes(reader, "path");
    take_type(reader, entry);
    entry->mode |= (mode_t)gbn_manifest_take_uint(reader, "mode", 07777);
    entry->mtime_ns = gbn_manifest_take_int(reader, "mtime_ns");
    entry->size = gbn_manifest_take_uint(reader, "size", INT64_MAX);
    entry->has_sha256 = gbn_manifest_take_digest_or_nil(reader, "sha256", entry->sha256);
    entry->uid = gbn_manifest_take_uint32(reader, "uid");
    entry->gid = gbn_manifest_take_uint32(reader, "gid");
    entry->owner = gbn_manifest_take_bytes_or_nil(reader, "owner");
    entry->group = gbn_manifest_take_bytes_or_nil(reader, "group");
    entry->link = gbn_manifest_take_bytes_or_nil(reader, "link");
    take_device(reader, entry);
    entry->block = gbn_manifest_take_uint(reader, "block", INT64_MAX);
    entry->block_offset = gbn_manifest_take_uint(reader, "block_offset", GBN_MANIFEST_RAW_MAX - 1);
    entry->device = gbn_manifest_take_uint(reader, "device", UINT64_MAX);
    entry->inode = gbn_manifest_take_uint(reader, "inode", UINT64_MAX);
    entry->ctime_ns = gbn_manifest_take_int(reader, "ctime_ns");
    entry->settled = gbn_manifest_take_bool(reader, "settled");
    check_entry(reader, entry);
}

static void
read_note(gbn_manifest_reader *reader, gbn_manifest_record *record)
{
    const char *word = gbn_manifest_take_string(reader, "kind", GBN_VALUE_WORD);
    int kind = 0;

    while (kind < GBN_NOTE_KINDS &&
           strcmp(word, gbn_manifest_note_text((gbn_manifest_note_kind)kind)) != 0)
        kind++;
    if (kind == GBN_NOTE_KINDS)
        gbn_manifest_reject(reader, "kind");
    record->note.kind = (gbn_manifest_note_kind)kind;
    record->note.path = gbn_manifest_take_bytes(reader, "path");
    record->note.reason = gbn_manifest_take_bytes(reader, "reason");
}

static void
read_trailer(gbn_manifest_reader *reader, gbn_manifest_record *record)
{
    gbn_manifest_trailer *trailer = &record->trailer;

    trailer->blocks = gbn_manifest_take_uint(reader, "blocks", UINT64_MAX);
    trailer->entries = gbn_manifest_take_uint(reader, "entries", UINT64_MAX);
    trailer->notes = gbn_manifest_take_uint(reader, "notes", UINT64_MAX);
    trailer->raw_size = gbn_manifest_take_uint(reader, "raw_size", INT64_MAX);
    trailer->stored_size = gbn_manifest_take_uint(reader, "stored_size", INT64_MAX);
    trailer->raw_crc32 = gbn_manifest_take_uint32(reader, "raw_crc32");
    if (!gbn_manifest_take_digest_or_nil(reader, "sha256", trailer->sha256))
        gbn_manifest_reject(reader, "sha256");
    if (gbn_manifest_more(reader)) {
        trailer->reused_blocks = gbn_manifest_take_uint(reader, "reused_blocks", trailer->blocks);
        trailer->reused_raw = gbn_manifest_take_uint(reader, "reused_raw", trailer->raw_size);
        trailer->reused_stored =
            gbn_manifest_take_uint(reader, "reused_stored", trailer->stored_size);
    }
}

static const struct kind {
    const char *word;
    void (*read)(gbn_manifest_reader *reader, gbn_manifest_record *record);
} kinds[] = {
    [GBN_RECORD_HEADER] = {"header", read_header},    [GBN_RECORD_BLOCK] = {"block", read_block},
    [GBN_RECORD_ENTRY] = {"entry", read_entry},       [GBN_RECORD_NOTE] = {"note", read_note},
    [GBN_RECORD_TRAILER] = {"trailer", read_trailer},
};

/* Decode what the record in reader->fields says. */
static gbn_status
read_fields(gbn_manifest_reader *reader, gbn_manifest_record *record, gbn_error *err)
{
    const char *word;

    reader->next = 0;
    reader->bad = NULL;
    word = gbn_manifest_take_string(reader, "kind", GBN_VALUE_WORD);
    if (reader->bad != NULL)
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "decode a record without a kind");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(word, kinds[i].word) != 0)
            continue;
        *record = (gbn_manifest_record){.kind = (gbn_manifest_kind)i};
        kinds[i].read(reader, record);
        if (reader->bad == NULL)
            return GBN_OK;
        return gbn_fail(err, GBN_ERR_FORMAT, 0, "decode a record: its %s has a wrong %s", word,
                        reader->bad);
    }
    return GBN_SKIPPED;
}

gbn_status
gbn_manifest_read(gbn_manifest_reader *reader, const uint8_t *data, size_t length, size_t *used,
                  gbn_manifest_record *record, gbn_error *err)
{
    const size_t seen = length < GBN_MANIFEST_RECORD_MAX ? length : GBN_MANIFEST_RECORD_MAX;
    gbn_status rc = gbn_manifest_parse(data, seen, used, &reader->fields, err);

    if (rc == GBN_AGAIN && seen == GBN_MANIFEST_RECORD_MAX)
        return gbn_fail(err, GBN_ERR_LIMIT, 0, "decode a record of more than %d bytes",
                        GBN_MANIFEST_RECORD_MAX);
    if (rc != GBN_OK)
        return rc;
    gbn_bytes_clear(&reader->strings);
    rc = gbn_bytes_reserve(&reader->strings, *used + GBN_MANIFEST_FIELDS, err);
    if (rc < 0)
        return rc;
    return read_fields(reader, record, err);
}

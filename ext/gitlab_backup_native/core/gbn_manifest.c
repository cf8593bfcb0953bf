/*
 * msgpack-c's packer over a gbn_bytes. Its functions are not checked one by one:
 * the first failure to append stays in `sink` and makes all later ones fail, and
 * what the broken record has appended until then is taken back.
 *
 * Whatever comes from outside (paths, names, ids, reasons) is `bin`, for it need
 * not be UTF-8; `str` is for this module's own words.
 */
#include "gbn_manifest.h"

#include <msgpack.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct sink {
    gbn_bytes *out;
    size_t begin; /* out's length before this record */
    gbn_error *err;
    gbn_status status;
};

static int
append(void *opaque, const char *data, size_t length)
{
    struct sink *sink = opaque;

    if (sink->status == GBN_OK)
        sink->status = gbn_bytes_append(sink->out, data, length, sink->err);
    return sink->status < 0 ? -1 : 0;
}

static void
put_word(msgpack_packer *packer, const char *word)
{
    msgpack_pack_str(packer, strlen(word));
    msgpack_pack_str_body(packer, word, strlen(word));
}

static void
put_bytes(msgpack_packer *packer, const void *bytes, size_t length)
{
    msgpack_pack_bin(packer, length);
    msgpack_pack_bin_body(packer, bytes, length);
}

static void
put_text(msgpack_packer *packer, const char *text)
{
    if (text == NULL)
        msgpack_pack_nil(packer);
    else
        put_bytes(packer, text, strlen(text));
}

static void
put_bool(msgpack_packer *packer, bool value)
{
    if (value)
        msgpack_pack_true(packer);
    else
        msgpack_pack_false(packer);
}

static void
begin(msgpack_packer *packer, struct sink *sink, gbn_bytes *out, gbn_error *err, const char *kind,
      size_t fields)
{
    *sink = (struct sink){.out = out, .begin = out->length, .err = err, .status = GBN_OK};
    msgpack_packer_init(packer, sink, append);
    msgpack_pack_array(packer, fields);
    put_word(packer, kind);
}

static gbn_status
end(struct sink *sink)
{
    if (sink->status < 0)
        sink->out->length = sink->begin;
    return sink->status;
}

const char *
gbn_manifest_type_text(const gbn_manifest_entry *entry)
{
    if (entry->hardlink)
        return "hardlink";
    switch (entry->mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symlink";
    case S_IFIFO:
        return "fifo";
    case S_IFCHR:
        return "character";
    case S_IFBLK:
        return "block";
    }
    return "unknown";
}

static void
put_device(msgpack_packer *packer, const gbn_manifest_entry *entry)
{
    if (!S_ISCHR(entry->mode) && !S_ISBLK(entry->mode)) {
        msgpack_pack_nil(packer);
        return;
    }
    msgpack_pack_array(packer, 2);
    msgpack_pack_uint64(packer, major(entry->rdev));
    msgpack_pack_uint64(packer, minor(entry->rdev));
}

const char *
gbn_manifest_note_text(gbn_manifest_note_kind kind)
{
    static const char *const texts[GBN_NOTE_KINDS] = {
        [GBN_NOTE_UNREADABLE] = "unreadable", [GBN_NOTE_VANISHED] = "vanished",
        [GBN_NOTE_CHANGED] = "changed",       [GBN_NOTE_TORN] = "torn",
        [GBN_NOTE_SKIPPED] = "skipped",
    };

    return texts[kind];
}

gbn_status
gbn_manifest_put_header(gbn_bytes *out, const gbn_manifest_header *header, gbn_error *err)
{
    msgpack_packer packer;
    struct sink sink;

    begin(&packer, &sink, out, err, "header", header->generation > 0 ? 7 : 5);
    msgpack_pack_uint64(&packer, GBN_MANIFEST_VERSION);
    put_text(&packer, header->backup_id);
    put_text(&packer, header->product);
    put_word(&packer, header->codec);
    if (header->generation > 0) {
        msgpack_pack_uint64(&packer, header->generation);
        put_text(&packer, header->previous);
    }
    return end(&sink);
}

gbn_status
gbn_manifest_put_block(gbn_bytes *out, const gbn_manifest_block *block, gbn_error *err)
{
    msgpack_packer packer;
    struct sink sink;

    begin(&packer, &sink, out, err, "block", 8);
    msgpack_pack_uint64(&packer, block->number);
    msgpack_pack_uint64(&packer, block->raw_offset);
    msgpack_pack_uint64(&packer, block->raw_size);
    msgpack_pack_uint64(&packer, block->stored_offset);
    msgpack_pack_uint64(&packer, block->stored_size);
    msgpack_pack_uint64(&packer, block->raw_crc32);
    msgpack_pack_uint64(&packer, block->stored_crc32);
    return end(&sink);
}

gbn_status
gbn_manifest_put_entry(gbn_bytes *out, const gbn_manifest_entry *entry, gbn_error *err)
{
    msgpack_packer packer;
    struct sink sink;

    begin(&packer, &sink, out, err, "entry", 19);
    put_text(&packer, entry->path);
    put_word(&packer, gbn_manifest_type_text(entry));
    msgpack_pack_uint64(&packer, entry->mode & 07777);
    msgpack_pack_int64(&packer, entry->mtime_ns);
    msgpack_pack_uint64(&packer, S_ISREG(entry->mode) && !entry->hardlink ? entry->size : 0);
    if (entry->has_sha256)
        put_bytes(&packer, entry->sha256, GBN_SHA256_SIZE);
    else
        msgpack_pack_nil(&packer);
    msgpack_pack_uint64(&packer, entry->uid);
    msgpack_pack_uint64(&packer, entry->gid);
    put_text(&packer, entry->owner);
    put_text(&packer, entry->group);
    put_text(&packer, entry->link);
    put_device(&packer, entry);
    msgpack_pack_uint64(&packer, entry->block);
    msgpack_pack_uint64(&packer, entry->block_offset);
    msgpack_pack_uint64(&packer, entry->device);
    msgpack_pack_uint64(&packer, entry->inode);
    msgpack_pack_int64(&packer, entry->ctime_ns);
    put_bool(&packer, entry->settled);
    return end(&sink);
}

gbn_status
gbn_manifest_put_note(gbn_bytes *out, gbn_manifest_note_kind kind, const char *path,
                      const char *reason, gbn_error *err)
{
    msgpack_packer packer;
    struct sink sink;

    begin(&packer, &sink, out, err, "note", 4);
    put_word(&packer, gbn_manifest_note_text(kind));
    put_text(&packer, path);
    put_text(&packer, reason);
    return end(&sink);
}

gbn_status
gbn_manifest_put_trailer(gbn_bytes *out, const gbn_manifest_trailer *trailer, gbn_error *err)
{
    msgpack_packer packer;
    struct sink sink;

    begin(&packer, &sink, out, err, "trailer", trailer->reused_blocks > 0 ? 11 : 8);
    msgpack_pack_uint64(&packer, trailer->blocks);
    msgpack_pack_uint64(&packer, trailer->entries);
    msgpack_pack_uint64(&packer, trailer->notes);
    msgpack_pack_uint64(&packer, trailer->raw_size);
    msgpack_pack_uint64(&packer, trailer->stored_size);
    msgpack_pack_uint64(&packer, trailer->raw_crc32);
    put_bytes(&packer, trailer->sha256, GBN_SHA256_SIZE);
    if (trailer->reused_blocks > 0) {
        msgpack_pack_uint64(&packer, trailer->reused_blocks);
        msgpack_pack_uint64(&packer, trailer->reused_raw);
        msgpack_pack_uint64(&packer, trailer->reused_stored);
    }
    return end(&sink);
}

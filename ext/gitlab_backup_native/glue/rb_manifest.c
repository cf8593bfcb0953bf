#include "rb_native.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gbn_index.h"
#include "gbn_index_sorted.h"

/* A manifest stays open between the batches Ruby asks for. Closing it is one close of a file that was
 * only read, so the garbage collector may do that where nobody has; but it is in no hurry, and the
 * descriptors may be few. */

struct cursor {
    gbn_index *index;
    gbn_index_sorted *sorted; /* one of the two, once it is open */
};

static void
close_cursor(struct cursor *cursor)
{
    gbn_index_close(cursor->index);
    gbn_index_sorted_close(cursor->sorted);
    cursor->index = NULL;
    cursor->sorted = NULL;
}

static void
free_cursor(void *pointer)
{
    close_cursor(pointer);
    xfree(pointer);
}

static size_t
cursor_size(const void *pointer)
{
    const struct cursor *cursor = pointer;

    return sizeof *cursor + (cursor->index == NULL ? 0 : 2 * (size_t)GBN_MANIFEST_RECORD_MAX);
}

static const rb_data_type_t cursor_type = {
    .wrap_struct_name = "gbn_index cursor",
    .function = {.dfree = free_cursor, .dsize = cursor_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static VALUE
cursor_allocate(VALUE klass)
{
    struct cursor *cursor;

    return TypedData_Make_Struct(klass, struct cursor, &cursor_type, cursor);
}

static VALUE
bytes_or_nil(const char *bytes)
{
    return bytes == NULL ? Qnil : rb_str_new_cstr(bytes);
}

static VALUE
digest_to_hex(const uint8_t *digest)
{
    char hex[2 * GBN_SHA256_SIZE + 1];

    gbn_bytes_hex(hex, digest, GBN_SHA256_SIZE);
    return rb_usascii_str_new(hex, 2 * GBN_SHA256_SIZE);
}

static VALUE
device_to_array(const gbn_manifest_entry *entry)
{
    if (!S_ISCHR(entry->mode) && !S_ISBLK(entry->mode))
        return Qnil;
    return rb_ary_new_from_args(2, UINT2NUM(major(entry->rdev)), UINT2NUM(minor(entry->rdev)));
}

/* In the order of Manifest::Entry's members. */
static VALUE
entry_to_array(const gbn_manifest_entry *entry)
{
    const VALUE values[] = {
        rb_str_new_cstr(entry->path),  rb_usascii_str_new_cstr(gbn_manifest_type_text(entry)),
        UINT2NUM(entry->mode & 07777), LL2NUM(entry->mtime_ns),
        ULL2NUM(entry->size),          entry->has_sha256 ? digest_to_hex(entry->sha256) : Qnil,
        ULL2NUM(entry->uid),           ULL2NUM(entry->gid),
        bytes_or_nil(entry->owner),    bytes_or_nil(entry->group),
        bytes_or_nil(entry->link),     device_to_array(entry),
    };

    return rb_ary_new_from_values(sizeof values / sizeof values[0], values);
}

/* Each in the order of the members of Manifest's struct of that kind. */
static VALUE
record_to_array(const gbn_manifest_record *record)
{
    switch (record->kind) {
    case GBN_RECORD_HEADER:
        return rb_ary_new_from_args(
            5, rb_str_new_cstr(record->header.backup_id), rb_str_new_cstr(record->header.product),
            rb_usascii_str_new_cstr(record->header.codec), ULL2NUM(record->header.generation),
            bytes_or_nil(record->header.previous));
    case GBN_RECORD_BLOCK:
        return rb_ary_new_from_args(
            7, ULL2NUM(record->block.number), ULL2NUM(record->block.raw_offset),
            ULL2NUM(record->block.raw_size), ULL2NUM(record->block.stored_offset),
            ULL2NUM(record->block.stored_size), UINT2NUM(record->block.raw_crc32),
            UINT2NUM(record->block.stored_crc32));
    case GBN_RECORD_ENTRY:
        return entry_to_array(&record->entry);
    case GBN_RECORD_NOTE:
        return rb_ary_new_from_args(
            3, rb_usascii_str_new_cstr(gbn_manifest_note_text(record->note.kind)),
            rb_str_new_cstr(record->note.path), rb_str_new_cstr(record->note.reason));
    case GBN_RECORD_TRAILER:
        return rb_ary_new_from_args(
            10, ULL2NUM(record->trailer.blocks), ULL2NUM(record->trailer.entries),
            ULL2NUM(record->trailer.notes), ULL2NUM(record->trailer.raw_size),
            ULL2NUM(record->trailer.stored_size), UINT2NUM(record->trailer.raw_crc32),
            digest_to_hex(record->trailer.sha256), ULL2NUM(record->trailer.reused_blocks),
            ULL2NUM(record->trailer.reused_raw), ULL2NUM(record->trailer.reused_stored));
    }
    return Qnil;
}

/* Cursor#_open(path, folder): lib/gitlab/backup/native/manifest.rb documents. */
static VALUE
cursor_open(VALUE self, VALUE path, VALUE folder)
{
    struct cursor *cursor = rb_check_typeddata(self, &cursor_type);
    const char *name = StringValueCStr(path);
    const char *sorting = gbn_rb_string_or_null(&folder);
    gbn_status rc;
    gbn_error err;

    rb_check_frozen(self);
    if (cursor->index != NULL || cursor->sorted != NULL)
        rb_raise(rb_eArgError, "it is open already");
    rc = sorting == NULL ? gbn_index_open(name, &cursor->index, &err)
                         : gbn_index_sorted_open(name, sorting, &cursor->sorted, &err);
    RB_GC_GUARD(path);
    RB_GC_GUARD(folder);
    if (rc < 0)
        gbn_rb_raise(&err);
    return self;
}

static gbn_status
find(struct cursor *cursor, const gbn_index_filter *filter, size_t *budget,
     const gbn_manifest_record **record, gbn_error *err)
{
    return cursor->index != NULL
               ? gbn_index_find(cursor->index, filter, budget, record, err)
               : gbn_index_sorted_find(cursor->sorted, filter, budget, record, err);
}

/* Cursor#_next(kinds, paths, budget) -> an array of records, which may be empty; nil at the end. */
static VALUE
cursor_next(VALUE self, VALUE kinds, VALUE paths, VALUE budget)
{
    VALUE guard;
    struct cursor *cursor = rb_check_typeddata(self, &cursor_type);
    const char *const *strings = gbn_rb_strings(paths, &guard);
    const gbn_index_filter filter = {
        .kinds = NUM2UINT(kinds),
        .paths = strings,
        .path_count = strings == NULL ? 0 : (size_t)RARRAY_LEN(paths),
    };
    VALUE records = rb_ary_new();
    const gbn_manifest_record *record;
    size_t left = NUM2SIZET(budget);
    gbn_status rc = GBN_OK;
    gbn_error err;

    if (cursor->index == NULL && cursor->sorted == NULL)
        rb_raise(rb_eArgError, "it is not open");
    while (rc == GBN_OK && (rc = find(cursor, &filter, &left, &record, &err)) == GBN_OK)
        rb_ary_push(records, record_to_array(record));
    RB_GC_GUARD(guard);
    if (rc < 0)
        gbn_rb_raise(&err);
    return rc == GBN_END && RARRAY_LEN(records) == 0 ? Qnil : records;
}

/* Cursor#_close: what it has given stays; it may be called again. */
static VALUE
cursor_close(VALUE self)
{
    close_cursor(rb_check_typeddata(self, &cursor_type));
    return Qnil;
}

void
gbn_rb_init_manifest(void)
{
    VALUE manifest = rb_define_class_under(gbn_rb_module, "Manifest", rb_cObject);
    VALUE cursor = rb_define_class_under(manifest, "Cursor", rb_cObject);

    rb_define_alloc_func(cursor, cursor_allocate);
    rb_define_private_method(cursor, "_open", cursor_open, 2);
    rb_define_private_method(cursor, "_next", cursor_next, 3);
    rb_define_private_method(cursor, "_close", cursor_close, 0);
    rb_undef_method(cursor, "initialize_copy");
    rb_undef_method(cursor, "clone");
    rb_undef_method(cursor, "dup");
}

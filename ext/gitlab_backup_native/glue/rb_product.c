#include "rb_native.h"

/* A result outlives the call that fills it only as long as Ruby needs to read it, but an exception
 * may leave it at any point: so the garbage collector owns it. */

static void
free_result(void *pointer)
{
    gbn_product_result_free(pointer);
    xfree(pointer);
}

static size_t
result_size(const void *pointer)
{
    const gbn_product_result *result = pointer;

    return sizeof *result + result->note_count * sizeof result->notes[0];
}

static const rb_data_type_t result_type = {
    .wrap_struct_name = "gbn_product_result",
    .function = {.dfree = free_result, .dsize = result_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

VALUE
gbn_rb_result_new(gbn_product_result **result)
{
    return TypedData_Make_Struct(0, gbn_product_result, &result_type, *result);
}

static VALUE
notes_to_array(const gbn_product_result *result)
{
    VALUE notes = rb_ary_new_capa((long)result->note_count);

    for (size_t i = 0; i < result->note_count; i++) {
        const gbn_product_note *note = &result->notes[i];

        rb_ary_push(notes, rb_ary_new_from_args(
                               3, rb_utf8_str_new_cstr(gbn_manifest_note_text(note->kind)),
                               rb_str_new_cstr(note->path), rb_utf8_str_new_cstr(note->reason)));
    }
    return notes;
}

static VALUE
note_counts_to_hash(const gbn_product_result *result)
{
    VALUE counts = rb_hash_new();

    for (int i = 0; i < GBN_NOTE_KINDS; i++) {
        if (result->note_counts[i] > 0)
            rb_hash_aset(counts, rb_utf8_str_new_cstr(gbn_manifest_note_text(i)),
                         ULL2NUM(result->note_counts[i]));
    }
    return counts;
}

VALUE
gbn_rb_result_to_array(VALUE object)
{
    const gbn_product_result *result = rb_check_typeddata(object, &result_type);
    char sha256[2 * GBN_SHA256_SIZE + 1];
    VALUE values;

    gbn_bytes_hex(sha256, result->sha256, sizeof result->sha256);
    values = rb_ary_new_from_args(
        16, ULL2NUM(result->files), ULL2NUM(result->directories), ULL2NUM(result->entries),
        ULL2NUM(result->raw), ULL2NUM(result->stored), rb_usascii_str_new_cstr(sha256),
        notes_to_array(result), note_counts_to_hash(result),
        rb_str_new((const char *)result->tail.data, (long)result->tail.length),
        ULL2NUM(result->generation), ULL2NUM(result->reused_blocks), ULL2NUM(result->reused_raw),
        ULL2NUM(result->reused_stored), ULL2NUM(result->damaged_blocks),
        result->previous_trouble == NULL ? Qnil : rb_utf8_str_new_cstr(result->previous_trouble),
        DBL2NUM((double)result->handover_ns / 1e9));
    RB_GC_GUARD(object);
    return values;
}

static const char *
string_at(VALUE array, long index)
{
    VALUE string = rb_ary_entry(array, index);

    return StringValueCStr(string);
}

gbn_product_options
gbn_rb_product_options(VALUE array)
{
    VALUE codec = rb_ary_entry(array, 4);
    VALUE into = rb_ary_entry(array, 6);
    VALUE rate = rb_ary_entry(array, 8);
    gbn_product_options options = {
        .target = string_at(array, 0),
        .append = !NIL_P(into),
        .fd = NIL_P(into) ? -1 : NUM2INT(into),
        .manifest = string_at(array, 1),
        .backup_id = string_at(array, 2),
        .name = string_at(array, 3),
        .workers = NUM2UINT(rb_ary_entry(array, 5)),
        .rsyncable = RTEST(rb_ary_entry(array, 7)),
        .bytes_per_second = NIL_P(rate) ? 0 : NUM2ULL(rate),
    };

    if (!NIL_P(codec)) {
        options.codec = gbn_gzip_codec_find(string_at(array, 4));
        if (options.codec == NULL)
            rb_raise(rb_eArgError, "this build has no codec %" PRIsVALUE, codec);
    }
    return options;
}

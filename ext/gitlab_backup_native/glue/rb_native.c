#include "rb_native.h"

#include <ruby/encoding.h>

VALUE gbn_rb_module;

static VALUE
error_class(gbn_status status)
{
    const char *name = "Error";

    if (status == GBN_ERR_CANCELLED)
        name = "Cancelled";
    else if (status == GBN_ERR_FORMAT)
        name = "FormatError";
    else if (status == GBN_ERR_SERVER)
        name = "DatabaseError";
    return rb_const_get(gbn_rb_module, rb_intern(name));
}

/* "open /path: Permission denied": the core's words, then the system's. */
void
gbn_rb_raise(const gbn_error *err)
{
    VALUE message = rb_enc_str_new_cstr(err->message, rb_utf8_encoding());
    VALUE keywords = rb_hash_new();
    VALUE arguments[2];
    char text[256];

    if (err->errnum != 0)
        rb_str_catf(message, ": %s", gbn_errno_text(err->errnum, text, sizeof text));
    if (err->status == GBN_ERR_NOMEM)
        rb_str_cat_cstr(message, ": out of memory");
    rb_hash_aset(keywords, ID2SYM(rb_intern("status")),
                 ID2SYM(rb_intern(gbn_status_text(err->status))));
    if (err->errnum != 0)
        rb_hash_aset(keywords, ID2SYM(rb_intern("errno")), INT2NUM(err->errnum));
    arguments[0] = message;
    arguments[1] = keywords;
    rb_exc_raise(
        rb_class_new_instance_kw(2, arguments, error_class(err->status), RB_PASS_KEYWORDS));
}

const char *
gbn_rb_string_or_null(VALUE *string)
{
    return NIL_P(*string) ? NULL : StringValueCStr(*string);
}

/* Every element as a String without a NUL, and the room their copies need. */
static VALUE
convert_strings(VALUE array, size_t *size)
{
    long count = RARRAY_LEN(array);
    VALUE strings = rb_ary_new_capa(count);

    *size = 0;
    for (long i = 0; i < count; i++) {
        VALUE string = rb_ary_entry(array, i);

        StringValueCStr(string);
        rb_ary_push(strings, string);
        *size += (size_t)RSTRING_LEN(string) + 1;
    }
    return strings;
}

const char *const *
gbn_rb_strings(VALUE array, VALUE *guard)
{
    const char **strings;
    char *copy;
    size_t size;
    long count;

    *guard = Qnil;
    if (NIL_P(array))
        return NULL;
    Check_Type(array, T_ARRAY);
    array = convert_strings(array, &size);
    count = RARRAY_LEN(array);
    *guard = rb_str_buf_new((count + 1) * (long)sizeof strings[0] + (long)size);
    strings = (const char **)(void *)RSTRING_PTR(*guard);
    copy = (char *)&strings[count + 1];
    for (long i = 0; i < count; i++) {
        VALUE string = rb_ary_entry(array, i);

        strings[i] = memcpy(copy, RSTRING_PTR(string), (size_t)RSTRING_LEN(string));
        copy += RSTRING_LEN(string);
        *copy++ = '\0';
    }
    strings[count] = NULL;
    RB_GC_GUARD(array);
    return strings;
}

gbn_place
gbn_rb_place(VALUE *source)
{
    VALUE path = *source;
    VALUE name = Qnil;

    if (!RB_TYPE_P(*source, T_ARRAY))
        return (gbn_place){.path = StringValueCStr(path)};
    path = rb_ary_entry(*source, 0);
    name = rb_ary_entry(*source, 3);
    return (gbn_place){
        .path = StringValueCStr(path),
        .name = NIL_P(name) ? NULL : StringValueCStr(name),
        .section = true,
        .offset = NUM2ULL(rb_ary_entry(*source, 1)),
        .length = NUM2ULL(rb_ary_entry(*source, 2)),
    };
}

/* The only symbol the extension exports. */
RUBY_FUNC_EXPORTED void
Init_gitlab_backup_native(void)
{
    VALUE gitlab = rb_define_module("Gitlab");
    VALUE backup = rb_define_module_under(gitlab, "Backup");

    gbn_rb_module = rb_define_module_under(backup, "Native");
    rb_gc_register_mark_object(gbn_rb_module);
    gbn_rb_init_archive();
    gbn_rb_init_child();
    gbn_rb_init_codec();
    gbn_rb_init_digests();
    gbn_rb_init_dump();
    gbn_rb_init_durable();
    gbn_rb_init_inflate();
    gbn_rb_init_load();
    gbn_rb_init_manifest();
    gbn_rb_init_members();
    gbn_rb_init_pack();
    gbn_rb_init_priority();
    gbn_rb_init_relocation();
    gbn_rb_init_stream();
    gbn_rb_init_tar_header();
    gbn_rb_init_unpack();
}

#include "rb_native.h"

#include "gbn_relocate.h"

/* Relocation._append(path, fd) -> [size, sha256 in hexadecimal] */
static VALUE
relocation_append(VALUE self, VALUE path, VALUE fd)
{
    VALUE buffer = rb_str_new(NULL, sizeof(gbn_relocate_result));
    gbn_relocate_result *result = (gbn_relocate_result *)(void *)RSTRING_PTR(buffer);
    char sha256[2 * GBN_SHA256_SIZE + 1];
    gbn_error err;
    gbn_job *job;
    uint64_t size;

    (void)self;
    if (gbn_relocate_start(StringValueCStr(path), NUM2INT(fd), result, &job, &err) < 0)
        gbn_rb_raise(&err);
    gbn_rb_run(job);
    gbn_bytes_hex(sha256, result->sha256, sizeof result->sha256);
    size = result->size;
    RB_GC_GUARD(buffer);
    return rb_ary_new_from_args(2, ULL2NUM(size), rb_usascii_str_new_cstr(sha256));
}

void
gbn_rb_init_relocation(void)
{
    VALUE relocation = rb_define_module_under(gbn_rb_module, "Relocation");

    rb_define_private_method(rb_singleton_class(relocation), "_append", relocation_append, 2);
}

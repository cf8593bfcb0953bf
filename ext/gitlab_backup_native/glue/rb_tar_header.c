#include "rb_native.h"

#include "gbn_tar.h"

/* TarHeader._bytes(name, mode, size, mtime, [uid, gid, owner, group]) -> the header, a multiple of 512 bytes */
static VALUE
tar_header_bytes(VALUE self, VALUE name, VALUE mode, VALUE size, VALUE mtime, VALUE whose)
{
    VALUE owner = rb_ary_entry(whose, 2), group = rb_ary_entry(whose, 3);
    const gbn_tar_member member = {
        .path = StringValueCStr(name),
        .mode = NUM2MODET(mode),
        .size = NUM2ULL(size),
        .mtime = NUM2LL(mtime),
        .uid = NUM2ULL(rb_ary_entry(whose, 0)),
        .gid = NUM2ULL(rb_ary_entry(whose, 1)),
        .owner = StringValueCStr(owner),
        .group = StringValueCStr(group),
    };
    gbn_bytes bytes = GBN_BYTES_INIT;
    VALUE string = Qnil;
    gbn_tar *tar;
    gbn_error err;
    gbn_status rc = gbn_tar_new(&tar, &err);

    (void)self;
    if (rc == GBN_OK)
        rc = gbn_tar_header(tar, &member, &bytes, &err);
    if (rc == GBN_OK)
        string = rb_str_new((const char *)bytes.data, (long)bytes.length);
    gbn_tar_free(tar);
    gbn_bytes_free(&bytes);
    if (rc < 0)
        gbn_rb_raise(&err);
    return string;
}

void
gbn_rb_init_tar_header(void)
{
    VALUE header = rb_define_module_under(gbn_rb_module, "TarHeader");

    rb_define_private_method(rb_singleton_class(header), "_bytes", tar_header_bytes, 5);
}

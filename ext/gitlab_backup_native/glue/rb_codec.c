#include "rb_native.h"

#include "gbn_gzip.h"

/* Codec._names -> the codecs of this build, best first. */
static VALUE
codec_names(VALUE self)
{
    VALUE names = rb_ary_new();
    const gbn_gzip_codec *codec;

    (void)self;
    for (size_t i = 0; (codec = gbn_gzip_codec_at(i)) != NULL; i++)
        rb_ary_push(names, rb_usascii_str_new_cstr(gbn_gzip_codec_name(codec)));
    return names;
}

void
gbn_rb_init_codec(void)
{
    VALUE codec = rb_define_module_under(gbn_rb_module, "Codec");

    rb_define_private_method(rb_singleton_class(codec), "_names", codec_names, 0);
}

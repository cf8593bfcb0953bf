#include "rb_native.h"

#include "gbn_pack.h"

/* Pack._sound(pack, index, id_size, entries) -> true or false. */
static VALUE
pack_sound(VALUE self, VALUE pack, VALUE index, VALUE id_size, VALUE entries)
{
    gbn_error err;
    gbn_job *job;
    bool sound;
    const gbn_pack_options options = {
        .pack = StringValueCStr(pack),
        .index = StringValueCStr(index),
        .id_size = NUM2SIZET(id_size),
        .entries = NUM2UINT(entries),
    };

    (void)self;
    if (gbn_pack_start(&options, &sound, &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(pack); /* by now the job has its own copies */
    RB_GC_GUARD(index);
    gbn_rb_run(job);
    return sound ? Qtrue : Qfalse;
}

void
gbn_rb_init_pack(void)
{
    VALUE pack = rb_define_module_under(gbn_rb_module, "Pack");

    rb_define_private_method(rb_singleton_class(pack), "_sound", pack_sound, 4);
}

#include "rb_native.h"

#include "gbn_sync.h"

/* Durable._sync_file_system(descriptor) -> true if all is on the disk, false if not, or unknown */
static VALUE
durable_sync_file_system(VALUE self, VALUE descriptor)
{
    gbn_error err;
    gbn_job *job;
    bool done;

    (void)self;
    if (gbn_sync_start(NUM2INT(descriptor), &done, &job, &err) < 0)
        gbn_rb_raise(&err);
    gbn_rb_run(job);
    return done ? Qtrue : Qfalse;
}

void
gbn_rb_init_durable(void)
{
    VALUE durable = rb_define_module_under(gbn_rb_module, "Durable");

    rb_define_private_method(rb_singleton_class(durable), "_sync_file_system",
                             durable_sync_file_system, 1);
}

#include "rb_native.h"

#include "gbn_inflate.h"

/* Inflate#_run, private: lib/gitlab/backup/native/inflate.rb documents. */
static VALUE
inflate_run(VALUE self, VALUE source, VALUE manifest, VALUE fd, VALUE workers, VALUE from, VALUE to)
{
    gbn_error err;
    gbn_job *job;
    uint64_t raw; /* gbn_rb_run ends the job before it raises, so this outlives it */
    const gbn_inflate_options options = {
        .source = gbn_rb_place(&source),
        .manifest = gbn_rb_string_or_null(&manifest),
        .fd = NIL_P(fd) ? -1 : NUM2INT(fd),
        .workers = NUM2UINT(workers),
        .from = NUM2ULL(from),
        .to = NUM2ULL(to),
    };

    (void)self;
    if (gbn_inflate_start(&options, &raw, &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(source); /* by now the job has its own copies */
    RB_GC_GUARD(manifest);
    gbn_rb_run(job);
    return ULL2NUM(raw);
}

void
gbn_rb_init_inflate(void)
{
    VALUE inflate = rb_define_class_under(gbn_rb_module, "Inflate", rb_cObject);

    rb_define_private_method(inflate, "_run", inflate_run, 6);
}

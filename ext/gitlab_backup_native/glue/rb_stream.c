#include "rb_native.h"

#include "gbn_stream.h"

/* Stream#_run, private: lib/gitlab/backup/native/stream.rb checks the values and documents. */
static VALUE
stream_run(VALUE self, VALUE fd, VALUE product)
{
    gbn_product_result *result;
    VALUE object = gbn_rb_result_new(&result);
    gbn_error err;
    gbn_job *job;
    const gbn_stream_options options = {
        .fd = NUM2INT(fd),
        .product = gbn_rb_product_options(product),
    };

    (void)self;
    if (gbn_stream_start(&options, result, &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(product); /* by now the job has its own copies */
    gbn_rb_run(job);
    return gbn_rb_result_to_array(object);
}

void
gbn_rb_init_stream(void)
{
    VALUE stream = rb_define_class_under(gbn_rb_module, "Stream", rb_cObject);

    rb_define_private_method(stream, "_run", stream_run, 2);
}

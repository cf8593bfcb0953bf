#include "rb_native.h"

#include "gbn_priority.h"

/* IoPriority#_apply(class, level) -> nil */
static VALUE
priority_apply(VALUE self, VALUE io_class, VALUE level)
{
    gbn_error err;

    (void)self;
    if (gbn_priority_set_io(NUM2INT(io_class), NUM2INT(level), &err) < 0)
        gbn_rb_raise(&err);
    return Qnil;
}

void
gbn_rb_init_priority(void)
{
    VALUE priority = rb_define_class_under(gbn_rb_module, "IoPriority", rb_cObject);

    rb_define_private_method(priority, "_apply", priority_apply, 2);
}

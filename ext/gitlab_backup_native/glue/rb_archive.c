#include "rb_native.h"

#include "gbn_archive.h"

static const gbn_place nowhere = {.path = NULL};

/* Archive#_run, private: lib/gitlab/backup/native/archive.rb checks the values and documents. */
static VALUE
archive_run(VALUE self, VALUE root, VALUE exclude, VALUE members, VALUE previous, VALUE dedup,
            VALUE product)
{
    VALUE manifest = NIL_P(previous) ? Qnil : rb_ary_entry(previous, 0);
    VALUE place = NIL_P(previous) ? Qnil : rb_ary_entry(previous, 1);
    VALUE exclude_guard;
    VALUE members_guard;
    const gbn_place earlier = NIL_P(previous) ? nowhere : gbn_rb_place(&place);
    gbn_product_result *result;
    VALUE object = gbn_rb_result_new(&result);
    gbn_error err;
    gbn_job *job;
    const gbn_archive_options options = {
        .root = gbn_rb_string_or_null(&root),
        .exclude = gbn_rb_strings(exclude, &exclude_guard),
        .exclude_count = (size_t)RARRAY_LEN(exclude),
        .members = gbn_rb_strings(members, &members_guard),
        .member_count = NIL_P(members) ? 0 : (size_t)RARRAY_LEN(members),
        .previous_manifest = gbn_rb_string_or_null(&manifest),
        .previous = earlier,
        .dedup = RTEST(dedup),
        .product = gbn_rb_product_options(product),
    };

    (void)self;
    if (gbn_archive_start(&options, result, &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(exclude_guard); /* by now the job has its own copies */
    RB_GC_GUARD(members_guard);
    RB_GC_GUARD(previous);
    RB_GC_GUARD(product);
    gbn_rb_run(job);
    return gbn_rb_result_to_array(object);
}

void
gbn_rb_init_archive(void)
{
    VALUE archive = rb_define_class_under(gbn_rb_module, "Archive", rb_cObject);

    rb_define_private_method(archive, "_run", archive_run, 6);
}

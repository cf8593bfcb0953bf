#include "rb_native.h"

#include "gbn_digest.h"

/* Digests._run(paths, workers, sync, drop) -> the raw digests in one string, 32 bytes each. */
static VALUE
digests_run(VALUE self, VALUE paths, VALUE workers, VALUE sync, VALUE drop)
{
    VALUE guard;
    gbn_error err;
    gbn_job *job;
    const gbn_digest_options options = {
        .paths = gbn_rb_strings(paths, &guard),
        .count = (size_t)RARRAY_LEN(paths),
        .workers = NUM2UINT(workers),
        .sync = RTEST(sync),
        .drop = RTEST(drop),
    };
    VALUE digests = rb_str_new(NULL, RARRAY_LEN(paths) * GBN_SHA256_SIZE);

    (void)self;
    if (gbn_digest_start(&options, (uint8_t(*)[GBN_SHA256_SIZE])(void *)RSTRING_PTR(digests), &job,
                         &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(guard);
    gbn_rb_run(job);
    RB_GC_GUARD(digests);
    return digests;
}

void
gbn_rb_init_digests(void)
{
    VALUE digests = rb_define_module_under(gbn_rb_module, "Digests");

    rb_define_private_method(rb_singleton_class(digests), "_run", digests_run, 4);
}

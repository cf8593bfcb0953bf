#include "rb_native.h"

#include "gbn_connect.h"
#include "rb_load_result.h"

/* A Load is its connection, which outlives the call that makes it: connecting and loading are
 * two calls, as only the first one runs as another user. */
struct load {
    gbn_pg *pg;
    int busy;
};

static void
free_load(void *pointer)
{
    struct load *load = pointer;

    gbn_pg_close(load->pg);
    xfree(load);
}

static size_t
load_size(const void *pointer)
{
    (void)pointer;
    return sizeof(struct load);
}

/* Freeing says goodbye to the server, so it is not done immediately. */
static const rb_data_type_t load_type = {
    .wrap_struct_name = "gbn_load",
    .function = {.dfree = free_load, .dsize = load_size},
    .flags = RUBY_TYPED_WB_PROTECTED,
};

static VALUE
allocate_load(VALUE class)
{
    struct load *load;

    return TypedData_Make_Struct(class, struct load, &load_type, load);
}

/* Load._check(fd), private: as #_run, but without a server. */
static VALUE
load_check(VALUE class, VALUE fd)
{
    (void)class;
    return gbn_rb_load_run(&(gbn_load_options){.fd = NUM2INT(fd)});
}

/* Load._contents(fd), private: as ._check, and tells which statements there are. */
static VALUE
load_contents(VALUE class, VALUE fd)
{
    (void)class;
    return gbn_rb_load_contents((gbn_load_options){.fd = NUM2INT(fd)});
}

static struct load *
idle_load(VALUE self)
{
    struct load *load = rb_check_typeddata(self, &load_type);

    if (load->busy)
        rb_raise(rb_eRuntimeError, "the connection is in use");
    return load;
}

static VALUE
end_use(VALUE self)
{
    struct load *load = rb_check_typeddata(self, &load_type);

    load->busy = 0;
    return Qnil;
}

static VALUE
run_job(VALUE job)
{
    gbn_rb_run((gbn_job *)job);
    return Qnil;
}

/* Load#_connect(keywords, values), private: lib/gitlab/backup/native/load.rb documents. */
static VALUE
load_connect(VALUE self, VALUE keywords, VALUE values)
{
    struct load *load = idle_load(self);
    VALUE keywords_guard;
    VALUE values_guard;
    const char *const *names = gbn_rb_strings(keywords, &keywords_guard);
    const char *const *texts = gbn_rb_strings(values, &values_guard);
    gbn_error err;
    gbn_job *job;

    if (load->pg != NULL)
        rb_raise(rb_eRuntimeError, "it is connected already");
    if (gbn_connect_start(names, texts, NULL, &load->pg, &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(keywords_guard); /* by now the job has its own copies */
    RB_GC_GUARD(values_guard);
    load->busy = 1;
    rb_ensure(run_job, (VALUE)job, end_use, self);
    RB_GC_GUARD(self);
    return self;
}

static VALUE
run_connected(VALUE argument)
{
    const VALUE *arguments = (const VALUE *)argument;
    const struct load *load = rb_check_typeddata(arguments[0], &load_type);
    VALUE text = arguments[1];
    gbn_load_options options = {.fd = -1, .pg = load->pg, .line = NUM2ULL(arguments[2])};

    if (FIXNUM_P(text)) {
        options.fd = FIX2INT(text);
        return gbn_rb_load_run(&options);
    }
    options.text = RSTRING_PTR(text);
    options.length = (size_t)RSTRING_LEN(text);
    return gbn_rb_load_run(&options);
}

/* Load#_run(fd or frozen string, line or 0), private: lib/gitlab/backup/native/load.rb documents. */
static VALUE
load_run(VALUE self, VALUE text, VALUE line)
{
    struct load *load = idle_load(self);
    VALUE arguments[3] = {self, text, line};
    VALUE result;

    if (load->pg == NULL)
        rb_raise(rb_eRuntimeError, "it is not connected");
    load->busy = 1;
    result = rb_ensure(run_connected, (VALUE)arguments, end_use, self);
    RB_GC_GUARD(text);
    return result;
}

static VALUE
run_options(VALUE options)
{
    return gbn_rb_load_run((const gbn_load_options *)options);
}

/* Load#_run_product([place, manifest or nil, from, to, first, last, line]), private: lib/gitlab/backup/native/load.rb
 * documents. */
static VALUE
load_run_product(VALUE self, VALUE arguments)
{
    struct load *load = idle_load(self);
    VALUE values[7];
    gbn_inflate_options product = {.workers = 1};
    gbn_load_options options = {.fd = -1, .pg = load->pg, .product = &product};
    VALUE result;

    if (load->pg == NULL)
        rb_raise(rb_eRuntimeError, "it is not connected");
    for (int i = 0; i < 7; i++)
        values[i] = rb_ary_entry(arguments, i);
    product.source = gbn_rb_place(&values[0]);
    product.manifest = gbn_rb_string_or_null(&values[1]);
    product.from = NUM2ULL(values[2]);
    product.to = NUM2ULL(values[3]);
    options.first = StringValueCStr(values[4]);
    options.last = StringValueCStr(values[5]);
    options.line = NUM2ULL(values[6]);
    load->busy = 1;
    result = rb_ensure(run_options, (VALUE)&options, end_use, self);
    RB_GC_GUARD(arguments);
    return result;
}

/* Load#_close, private. */
static VALUE
load_close(VALUE self)
{
    struct load *load = idle_load(self);

    gbn_pg_close(load->pg);
    load->pg = NULL;
    return Qnil;
}

void
gbn_rb_init_load(void)
{
    VALUE load = rb_define_class_under(gbn_rb_module, "Load", rb_cObject);

    rb_define_alloc_func(load, allocate_load);
    rb_undef_method(load, "initialize_copy");
    rb_define_private_method(rb_singleton_class(load), "_check", load_check, 1);
    rb_define_private_method(rb_singleton_class(load), "_contents", load_contents, 1);
    rb_define_private_method(load, "_connect", load_connect, 2);
    rb_define_private_method(load, "_run", load_run, 2);
    rb_define_private_method(load, "_run_product", load_run_product, 1);
    rb_define_private_method(load, "_close", load_close, 0);
}

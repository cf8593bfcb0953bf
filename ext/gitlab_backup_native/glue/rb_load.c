#include "rb_native.h"

#include "gbn_connect.h"
#include "gbn_load.h"

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

static void
free_result(void *pointer)
{
    gbn_load_result_free(pointer);
    xfree(pointer);
}

static size_t
result_size(const void *pointer)
{
    const gbn_load_result *result = pointer;

    return sizeof *result + result->failure_count * sizeof result->failures[0];
}

static const rb_data_type_t result_type = {
    .wrap_struct_name = "gbn_load_result",
    .function = {.dfree = free_result, .dsize = result_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static void
free_contents(void *pointer)
{
    gbn_load_contents_free(pointer);
    xfree(pointer);
}

static size_t
contents_size(const void *pointer)
{
    const gbn_load_contents *contents = pointer;

    return sizeof *contents + contents->capacity * sizeof contents->statements[0] +
           contents->texts.capacity;
}

static const rb_data_type_t contents_type = {
    .wrap_struct_name = "gbn_load_contents",
    .function = {.dfree = free_contents, .dsize = contents_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static VALUE
allocate_load(VALUE class)
{
    struct load *load;

    return TypedData_Make_Struct(class, struct load, &load_type, load);
}

static VALUE
failures_to_array(const gbn_load_result *result)
{
    VALUE failures = rb_ary_new_capa((long)result->failure_count);

    for (size_t i = 0; i < result->failure_count; i++) {
        const gbn_load_failure *failure = &result->failures[i];

        rb_ary_push(failures, rb_ary_new_from_args(4, rb_utf8_str_new_cstr(failure->sqlstate),
                                                   rb_utf8_str_new_cstr(failure->message),
                                                   rb_utf8_str_new_cstr(failure->statement),
                                                   ULL2NUM(failure->line)));
    }
    return failures;
}

static VALUE
kinds_to_array(const gbn_load_result *result)
{
    VALUE kinds = rb_ary_new_capa((long)result->kind_count);

    for (size_t i = 0; i < result->kind_count; i++) {
        const gbn_load_kind *kind = &result->kinds[i];

        rb_ary_push(kinds,
                    rb_ary_new_from_args(3, rb_utf8_str_new_cstr(kind->sqlstate),
                                         rb_utf8_str_new_cstr(kind->verb), ULL2NUM(kind->count)));
    }
    return kinds;
}

/* nil when there are too many statements. */
static VALUE
contents_to_array(const gbn_load_contents *contents)
{
    VALUE statements = rb_ary_new_capa((long)contents->count);

    for (size_t i = 0; i < contents->count; i++) {
        const gbn_load_statement *one = &contents->statements[i];
        const char *text = (const char *)contents->texts.data + one->text;

        rb_ary_push(statements,
                    rb_ary_new_from_args(6, ID2SYM(rb_intern(one->is_copy ? "copy" : "sql")),
                                         ULL2NUM(one->from), ULL2NUM(one->to - one->from),
                                         ULL2NUM(one->line), ULL2NUM(one->rows),
                                         rb_str_new(text, (long)one->text_length)));
    }
    return contents->is_cut ? Qnil : statements;
}

/* Does what the options say, and tells how that went. */
static VALUE
run_text(const gbn_load_options *options)
{
    gbn_load_result *result;
    VALUE object = TypedData_Make_Struct(0, gbn_load_result, &result_type, result);
    gbn_error err;
    gbn_job *job;
    VALUE values;

    if (gbn_load_start(options, result, &job, &err) < 0)
        gbn_rb_raise(&err);
    gbn_rb_run(job);
    values = rb_ary_new_from_args(4, ULL2NUM(result->bytes), ULL2NUM(result->statements),
                                  failures_to_array(result), kinds_to_array(result));
    RB_GC_GUARD(object);
    return values;
}

/* Load._check(fd), private: as #_run, but without a server. */
static VALUE
load_check(VALUE class, VALUE fd)
{
    (void)class;
    return run_text(&(gbn_load_options){.fd = NUM2INT(fd)});
}

/* Load._contents(fd), private: as ._check, and tells which statements there are. */
static VALUE
load_contents(VALUE class, VALUE fd)
{
    gbn_load_contents *contents;
    VALUE object = TypedData_Make_Struct(0, gbn_load_contents, &contents_type, contents);
    VALUE result = run_text(&(gbn_load_options){.fd = NUM2INT(fd), .contents = contents});

    (void)class;
    rb_ary_push(result, contents_to_array(contents));
    RB_GC_GUARD(object);
    return result;
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
        return run_text(&options);
    }
    options.text = RSTRING_PTR(text);
    options.length = (size_t)RSTRING_LEN(text);
    return run_text(&options);
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
    rb_define_private_method(load, "_close", load_close, 0);
}

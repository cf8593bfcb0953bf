#include "rb_load_result.h"

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

VALUE
gbn_rb_load_run(const gbn_load_options *options)
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

VALUE
gbn_rb_load_contents(gbn_load_options options)
{
    gbn_load_contents *contents;
    VALUE object = TypedData_Make_Struct(0, gbn_load_contents, &contents_type, contents);
    VALUE result;

    options.contents = contents;
    result = gbn_rb_load_run(&options);
    rb_ary_push(result, contents_to_array(contents));
    RB_GC_GUARD(object);
    return result;
}

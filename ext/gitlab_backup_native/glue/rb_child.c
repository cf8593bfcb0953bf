#include "rb_native.h"

#include "gbn_child.h"

/* Groups as numbers in a string that the garbage collector owns. */
static const gid_t *
group_list(VALUE groups, VALUE *guard)
{
    long count = RARRAY_LEN(groups);
    gid_t *list;

    *guard = rb_str_buf_new((count + 1) * (long)sizeof list[0]);
    list = (gid_t *)(void *)RSTRING_PTR(*guard);
    for (long i = 0; i < count; i++)
        list[i] = NUM2GIDT(rb_ary_entry(groups, i));
    return list;
}

/* `account` is nil or [uid, gid, [groups]]. */
static void
set_account(gbn_child_options *options, VALUE account, VALUE *guard)
{
    VALUE groups;

    *guard = Qnil;
    if (NIL_P(account))
        return;
    groups = rb_ary_entry(account, 2);
    Check_Type(groups, T_ARRAY);
    options->change_user = 1;
    options->uid = NUM2UIDT(rb_ary_entry(account, 0));
    options->gid = NUM2GIDT(rb_ary_entry(account, 1));
    options->groups = group_list(groups, guard);
    options->group_count = (size_t)RARRAY_LEN(groups);
}

struct start {
    const gbn_child_options *options;
    gbn_status status;
    gbn_error err;
    pid_t pid;
    bool done;
};

static void * /* no Ruby API in here */
start_unlocked(void *context)
{
    struct start *start = context;

    start->status = gbn_child_start(start->options, &start->pid, &start->err);
    start->done = true;
    return NULL;
}

/* Child._start, private: lib/gitlab/backup/native/child.rb checks the values and documents. */
static VALUE
child_start(VALUE self, VALUE argv, VALUE environment, VALUE directory, VALUE descriptors,
            VALUE account)
{
    VALUE argv_guard;
    VALUE environment_guard;
    VALUE groups_guard;
    gbn_child_options options = {
        .argv = gbn_rb_strings(argv, &argv_guard),
        .environment = gbn_rb_strings(environment, &environment_guard),
        .directory = gbn_rb_string_or_null(&directory),
    };
    struct start start = {.options = &options};

    (void)self;
    for (int i = 0; i < 3; i++)
        options.descriptors[i] = NUM2INT(rb_ary_entry(descriptors, i));
    set_account(&options, account, &groups_guard);
    gbn_rb_unlocked(start_unlocked, &start, &start.done); /* until the program is loaded */
    RB_GC_GUARD(argv_guard);
    RB_GC_GUARD(environment_guard);
    RB_GC_GUARD(groups_guard);
    RB_GC_GUARD(directory);
    if (start.status < 0)
        gbn_rb_raise(&start.err);
    return PIDT2NUM(start.pid);
}

/* Child._follow(parent, signal) -> whether the parent lives */
static VALUE
child_follow(VALUE self, VALUE parent, VALUE signal)
{
    gbn_error err;
    gbn_status status = gbn_child_follow(NUM2PIDT(parent), NUM2INT(signal), &err);

    (void)self;
    if (status < 0)
        gbn_rb_raise(&err);
    return status == GBN_OK ? Qtrue : Qfalse;
}

void
gbn_rb_init_child(void)
{
    VALUE child = rb_define_class_under(gbn_rb_module, "Child", rb_cObject);

    rb_define_private_method(rb_singleton_class(child), "_start", child_start, 5);
    rb_define_private_method(rb_singleton_class(child), "_follow", child_follow, 2);
}

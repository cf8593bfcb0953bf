#include "rb_native.h"

#include "gbn_connect.h"
#include "gbn_dump.h"

/* A Dump is its connections, the keeper first: they outlive the calls that make and use them. */
enum { CONNECTIONS = 129, TEXTS = 6, NUMBERS = 3 };

struct dump {
    gbn_pg *connections[CONNECTIONS];
    size_t count;
    gbn_dump_tally *tallies; /* of the tables that are or were dumped */
    size_t tally_count;
    int busy;
};

static void
close_all(struct dump *dump)
{
    while (dump->count > 0)
        gbn_pg_close(dump->connections[--dump->count]);
}

static void
free_dump(void *pointer)
{
    struct dump *dump = pointer;

    close_all(dump);
    xfree(dump->tallies);
    xfree(dump);
}

static size_t
dump_size(const void *pointer)
{
    (void)pointer;
    return sizeof(struct dump);
}

/* Freeing says goodbye to the server, so it is not done immediately. */
static const rb_data_type_t dump_type = {
    .wrap_struct_name = "gbn_dump",
    .function = {.dfree = free_dump, .dsize = dump_size},
    .flags = RUBY_TYPED_WB_PROTECTED,
};

static VALUE
allocate_dump(VALUE class)
{
    struct dump *dump;

    return TypedData_Make_Struct(class, struct dump, &dump_type, dump);
}

static struct dump *
idle_dump(VALUE self)
{
    struct dump *dump = rb_check_typeddata(self, &dump_type);

    if (dump->busy)
        rb_raise(rb_eRuntimeError, "the connections are in use");
    return dump;
}

static VALUE
run_job(VALUE job)
{
    gbn_rb_run((gbn_job *)job);
    return Qnil;
}

static VALUE
end_use(VALUE self)
{
    struct dump *dump = rb_check_typeddata(self, &dump_type);

    dump->busy = 0;
    return Qnil;
}

static VALUE
end_connecting(VALUE self)
{
    struct dump *dump = rb_check_typeddata(self, &dump_type);

    dump->count += dump->connections[dump->count] != NULL;
    return end_use(self);
}

/* Dump#_connect(keywords, values, statements), private: lib/gitlab/backup/native/dump.rb documents. */
static VALUE
dump_connect(VALUE self, VALUE keywords, VALUE values, VALUE statements)
{
    struct dump *dump = idle_dump(self);
    VALUE guards[3];
    const char *const *names = gbn_rb_strings(keywords, &guards[0]);
    const char *const *texts = gbn_rb_strings(values, &guards[1]);
    const char *const *sql = gbn_rb_strings(statements, &guards[2]);
    gbn_error err;
    gbn_job *job;

    if (dump->count == CONNECTIONS)
        rb_raise(rb_eArgError, "more than %d connections", CONNECTIONS - 1);
    if (gbn_connect_start(names, texts, sql, &dump->connections[dump->count], &job, &err) < 0)
        gbn_rb_raise(&err);
    RB_GC_GUARD(guards[0]); /* by now the job has its own copies */
    RB_GC_GUARD(guards[1]);
    RB_GC_GUARD(guards[2]);
    dump->busy = 1;
    rb_ensure(run_job, (VALUE)job, end_connecting, self);
    RB_GC_GUARD(self);
    return self;
}

static const char *
text_or_null(const char *text)
{
    return *text == '\0' ? NULL : text;
}

/* Fills `tables` from TEXTS strings and NUMBERS numbers for each. */
static void
fill_tables(gbn_dump_table *tables, long count, const char *const *texts, VALUE numbers)
{
    for (long i = 0; i < count; i++) {
        const char *const *text = &texts[i * TEXTS];

        tables[i] = (gbn_dump_table){
            .name = text[0],
            .before = text_or_null(text[1]),
            .after = text_or_null(text[2]),
            .copy = text_or_null(text[3]),
            .select = text_or_null(text[4]),
            .lock = text_or_null(text[5]),
            .blocks = NUM2UINT(rb_ary_entry(numbers, i * NUMBERS)),
            .step = NUM2UINT(rb_ary_entry(numbers, i * NUMBERS + 1)),
            .wide = RTEST(rb_ary_entry(numbers, i * NUMBERS + 2)),
        };
    }
}

static void
clear_tallies(struct dump *dump, size_t count)
{
    REALLOC_N(dump->tallies, gbn_dump_tally, count + 1);
    dump->tally_count = count;
    for (size_t i = 0; i < count; i++) {
        atomic_init(&dump->tallies[i].rows, 0);
        atomic_init(&dump->tallies[i].bytes, 0);
    }
}

/* Dump#_tallies, private. */
static VALUE
dump_tallies(VALUE self)
{
    struct dump *dump = rb_check_typeddata(self, &dump_type);
    VALUE tallies = rb_ary_new_capa((long)dump->tally_count);

    for (size_t i = 0; i < dump->tally_count; i++) {
        gbn_dump_tally *tally = &dump->tallies[i];

        rb_ary_push(tallies, rb_assoc_new(ULL2NUM(atomic_load(&tally->rows)),
                                          ULL2NUM(atomic_load(&tally->bytes))));
    }
    return tallies;
}

/* Dump#_run(texts, numbers, fd), private. */
static VALUE
dump_run(VALUE self, VALUE texts, VALUE numbers, VALUE fd)
{
    struct dump *dump = idle_dump(self);
    long count = RARRAY_LEN(texts) / TEXTS;
    VALUE guard;
    const char *const *strings = gbn_rb_strings(texts, &guard);
    VALUE buffer = rb_str_buf_new(count * (long)sizeof(gbn_dump_table));
    gbn_dump_table *tables = (gbn_dump_table *)(void *)RSTRING_PTR(buffer);
    gbn_dump_options options = {
        .keeper = dump->connections[0],
        .connections = &dump->connections[1],
        .connection_count = dump->count - 1,
        .tables = tables,
        .table_count = (size_t)count,
        .fd = NUM2INT(fd),
    };
    gbn_error err;
    gbn_job *job;

    if (dump->count < 2)
        rb_raise(rb_eRuntimeError, "a keeper and another connection are needed");
    fill_tables(tables, count, strings, numbers);
    clear_tallies(dump, options.table_count);
    options.tallies = dump->tallies;
    if (gbn_dump_start(&options, &job, &err) < 0)
        gbn_rb_raise(&err);
    dump->busy = 1;
    rb_ensure(run_job, (VALUE)job, end_use, self);
    RB_GC_GUARD(guard);
    RB_GC_GUARD(buffer);
    RB_GC_GUARD(self);
    return self;
}

/* Dump#_close, private. */
static VALUE
dump_close(VALUE self)
{
    close_all(idle_dump(self));
    return Qnil;
}

void
gbn_rb_init_dump(void)
{
    VALUE dump = rb_define_class_under(gbn_rb_module, "Dump", rb_cObject);

    rb_define_alloc_func(dump, allocate_dump);
    rb_undef_method(dump, "initialize_copy");
    rb_define_private_method(dump, "_connect", dump_connect, 3);
    rb_define_private_method(dump, "_run", dump_run, 3);
    rb_define_private_method(dump, "_close", dump_close, 0);
    rb_define_private_method(dump, "_tallies", dump_tallies, 0);
}

#include "rb_native.h"

#include "gbn_scan.h"
#include "gbn_unpack.h"

/* As with products: whoever is interrupted, the garbage collector owns the result. */

static void
free_result(void *pointer)
{
    gbn_unpack_result_free(pointer);
    xfree(pointer);
}

static size_t
result_size(const void *pointer)
{
    const gbn_unpack_result *result = pointer;

    return sizeof *result + result->finding_count * sizeof result->findings[0];
}

static const rb_data_type_t result_type = {
    .wrap_struct_name = "gbn_unpack_result",
    .function = {.dfree = free_result, .dsize = result_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY | RUBY_TYPED_WB_PROTECTED,
};

static VALUE
finding_to_array(const gbn_finding *finding)
{
    const bool placed = finding->length > 0;

    return rb_ary_new_from_args(5, rb_utf8_str_new_cstr(gbn_finding_text(finding->kind)),
                                finding->path == NULL ? Qnil : rb_str_new_cstr(finding->path),
                                rb_utf8_str_new_cstr(finding->reason),
                                placed ? ULL2NUM(finding->offset) : Qnil,
                                placed ? ULL2NUM(finding->length) : Qnil);
}

static VALUE
counts_to_hash(const gbn_unpack_result *result)
{
    VALUE counts = rb_hash_new();

    for (int i = 0; i < GBN_FINDING_KINDS; i++) {
        if (result->counts[i] > 0)
            rb_hash_aset(counts, rb_utf8_str_new_cstr(gbn_finding_text(i)),
                         ULL2NUM(result->counts[i]));
    }
    return counts;
}

/* In the order of Unpacked's members. */
static VALUE
result_to_array(VALUE object)
{
    const gbn_unpack_result *result = rb_check_typeddata(object, &result_type);
    VALUE findings = rb_ary_new_capa((long)result->finding_count);
    char sha256[2 * GBN_SHA256_SIZE + 1];
    VALUE values;

    gbn_bytes_hex(sha256, result->sha256, sizeof result->sha256);
    for (size_t i = 0; i < result->finding_count; i++)
        rb_ary_push(findings, finding_to_array(&result->findings[i]));
    values = rb_ary_new_from_args(
        9, ULL2NUM(result->files), ULL2NUM(result->directories), ULL2NUM(result->entries),
        ULL2NUM(result->raw), ULL2NUM(result->stored),
        result->hashed ? rb_usascii_str_new_cstr(sha256) : Qnil,
        rb_str_new((const char *)result->tail.data, (long)result->tail.length), findings,
        counts_to_hash(result));
    RB_GC_GUARD(object);
    return values;
}

static VALUE
run_unpack(const gbn_unpack_options *options)
{
    gbn_unpack_result *result;
    VALUE object = TypedData_Make_Struct(0, gbn_unpack_result, &result_type, result);
    gbn_error err;
    gbn_job *job;

    if (gbn_unpack_start(options, result, &job, &err) < 0)
        gbn_rb_raise(&err);
    gbn_rb_run(job);
    return result_to_array(object);
}

/* Extraction#_run, private: lib/gitlab/backup/native/extraction.rb checks the values and documents. */
static VALUE
extraction_run(VALUE self, VALUE source, VALUE manifest, VALUE target, VALUE owners, VALUE paths,
               VALUE salvage, VALUE space, VALUE workers)
{
    VALUE guard;
    const char *const *strings = gbn_rb_strings(paths, &guard);
    const gbn_unpack_options options = {
        .source = gbn_rb_place(&source),
        .manifest = gbn_rb_string_or_null(&manifest),
        .target = StringValueCStr(target),
        .archive = true,
        .owners = RTEST(owners),
        .paths = strings,
        .salvage = RTEST(salvage),
        .path_count = strings == NULL ? 0 : (size_t)RARRAY_LEN(paths),
        .space = NUM2ULL(space),
        .workers = NUM2UINT(workers),
    };
    VALUE values = run_unpack(&options);

    (void)self;
    RB_GC_GUARD(guard);
    return values;
}

/* Verification#_run, private: lib/gitlab/backup/native/verification.rb. */
static VALUE
verification_run(VALUE self, VALUE source, VALUE manifest, VALUE archive, VALUE workers)
{
    const gbn_unpack_options options = {
        .source = gbn_rb_place(&source),
        .manifest = gbn_rb_string_or_null(&manifest),
        .archive = RTEST(archive),
        .workers = NUM2UINT(workers),
    };

    (void)self;
    return run_unpack(&options);
}

/* Scan#_run, private: lib/gitlab/backup/native/scan.rb. */
static VALUE
scan_run(VALUE self, VALUE source, VALUE manifest, VALUE backup_id, VALUE product)
{
    const gbn_scan_options options = {
        .source = gbn_rb_place(&source),
        .manifest = StringValueCStr(manifest),
        .backup_id = StringValueCStr(backup_id),
        .product = StringValueCStr(product),
    };
    gbn_error err;
    gbn_job *job;

    if (gbn_scan_start(&options, &job, &err) < 0)
        gbn_rb_raise(&err);
    gbn_rb_run(job);
    return self;
}

void
gbn_rb_init_unpack(void)
{
    VALUE scan = rb_define_class_under(gbn_rb_module, "Scan", rb_cObject);
    VALUE extraction = rb_define_class_under(gbn_rb_module, "Extraction", rb_cObject);
    VALUE verification = rb_define_class_under(gbn_rb_module, "Verification", rb_cObject);

    rb_define_private_method(scan, "_run", scan_run, 4);
    rb_define_private_method(extraction, "_run", extraction_run, 8);
    rb_define_private_method(verification, "_run", verification_run, 4);
}

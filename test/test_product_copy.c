#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_index.h"
#include "gbn_product_copy.h"
#include "output.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

enum { MEMBERS = 30, MOST = 8, KIB = 1024 };

static gbn_error err;
static gbn_product_result result;
static gbn_product_options options;
static gbn_bytes expected; /* raw bytes, as they went in */
static gbn_bytes earlier;  /* stored bytes of the product "p0" */
static gbn_manifest_block blocks[64];
static size_t block_count;

static void
begin(void)
{
    scratch_enter();
    process_remember();
}

static void
end(void)
{
    gbn_product_result_free(&result);
    gbn_bytes_free(&expected);
    gbn_bytes_free(&earlier);
    process_expect_same();
    scratch_leave();
}

TestSuite(product_copy, .init = begin, .fini = end, .timeout = 60);

/* ---- what goes in ---- */

static void
put_member(gbn_product *product, size_t size)
{
    uint8_t *data = malloc(size);
    uint64_t block, offset;

    sample_fill(SAMPLE_MIXED, data, size, size);
    gbn_bytes_append(&expected, data, size, NULL);
    cr_assert(eq(int, gbn_product_begin_member(product, size, &block, &offset, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_append(product, data, size, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_end_member(product, &err), GBN_OK));
    cr_assert(eq(u64, gbn_product_length(product), expected.length));
    free(data);
}

static gbn_status
put_members(void *context, gbn_product *product, gbn_error *error)
{
    (void)context;
    (void)error;
    for (size_t i = 0; i < MEMBERS; i++)
        put_member(product, (i * 7919 % 50 + 20) * KIB);
    return GBN_OK;
}

static gbn_status
run(gbn_product_source *source)
{
    gbn_job_counters counters = {0};
    gbn_product *product;
    gbn_cancel cancel;
    gbn_status rc;

    output_remove(&result);
    gbn_cancel_init(&cancel);
    gbn_bytes_clear(&expected);
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    rc = gbn_product_run(product, source, NULL, &cancel, &counters, &result, &err);
    gbn_product_free(product);
    return rc;
}

/* gzip makes of "p" what went in. */
static void
expect_raw(void)
{
    gbn_bytes raw = GBN_BYTES_INIT;

    output_expect_result(&result, options.codec != NULL);
    if (options.codec == NULL)
        scratch_read("p", &raw);
    else
        output_inflate(&raw);
    cr_assert(eq(sz, raw.length, expected.length));
    cr_assert(eq(int, memcmp(raw.data, expected.data, raw.length), 0));
    gbn_bytes_free(&raw);
}

static void
read_blocks(const char *manifest)
{
    const gbn_manifest_record *record;
    gbn_index *index;
    gbn_status rc;

    block_count = 0;
    cr_assert(eq(int, gbn_index_open(manifest, &index, &err), GBN_OK));
    while ((rc = gbn_index_next(index, &record, &err)) == GBN_OK) {
        if (record->kind == GBN_RECORD_BLOCK)
            blocks[block_count++] = record->block;
    }
    gbn_index_close(index);
    cr_assert(eq(int, rc, GBN_END), "%s", err.message);
}

static gbn_bytes before; /* raw bytes of the earlier product */

static void
make_earlier(const char *codec)
{
    options = output_options(codec, 2);
    cr_assert(eq(int, run(put_members), GBN_OK), "%s", err.message);
    expect_raw();
    cr_assert(all(eq(int, rename("p", "p0"), 0), eq(int, rename("m", "m0"), 0)));
    read_blocks("m0");
    cr_assert(gt(sz, block_count, MOST));
    gbn_bytes_clear(&earlier);
    scratch_read("p0", &earlier);
    gbn_bytes_clear(&before);
    gbn_bytes_append(&before, expected.data, expected.length, NULL);
}

static void
copy(gbn_product *product, const gbn_manifest_block *block)
{
    uint8_t *room;

    cr_assert(eq(int, gbn_product_copy_room(product, &room, &err), GBN_OK));
    memcpy(room, earlier.data + block->stored_offset, block->stored_size);
    cr_assert(eq(int, gbn_product_copy(product, block, &err), GBN_OK));
    gbn_bytes_append(&expected, before.data + block->raw_offset, block->raw_size, NULL);
    cr_assert(eq(u64, gbn_product_length(product), expected.length));
}

/* ---- copied blocks ---- */

static gbn_status
copy_all(void *context, gbn_product *product, gbn_error *error)
{
    (void)context;
    (void)error;
    for (size_t i = 0; i < block_count; i++) {
        cr_assert(eq(u64, gbn_product_blocks(product), i));
        copy(product, &blocks[i]);
    }
    return GBN_OK;
}

Test(product_copy, all_blocks_of_an_earlier_product_make_its_bytes)
{
    static const char *const codecs[] = {"zlib", "isal", "none"};

    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && gbn_gzip_codec_find("isal") == NULL)
            continue;
        make_earlier(codecs[i]);
        for (options.workers = 1; options.workers < 9; options.workers += 3) {
            cr_assert(eq(int, run(copy_all), GBN_OK), "%s", err.message);
            expect_raw();
            cr_assert(output_same("p", "p0"), "%s", codecs[i]);
        }
    }
    gbn_bytes_free(&before);
}

/* In another order, between members of its own, one of them twice. */
static gbn_status
copy_some(void *context, gbn_product *product, gbn_error *error)
{
    (void)context;
    (void)error;
    for (size_t i = block_count; i-- > 0;) {
        if (i % 3 == 0)
            put_member(product, 1000 + i);
        copy(product, &blocks[i]);
        if (i % 4 == 0)
            put_member(product, 3 * 1024 * KIB + i);
    }
    copy(product, &blocks[2]);
    return GBN_OK;
}

Test(product_copy, blocks_and_members_mix)
{
    static const char *const codecs[] = {"zlib", "isal", "none"};

    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && gbn_gzip_codec_find("isal") == NULL)
            continue;
        make_earlier(codecs[i]);
        cr_assert(eq(int, run(copy_some), GBN_OK), "%s", err.message);
        expect_raw();
        read_blocks("m");
    }
    gbn_bytes_free(&before);
}

static gbn_status
drop_every_second(void *context, gbn_product *product, gbn_error *error)
{
    uint8_t *room;

    (void)context;
    (void)error;
    for (size_t i = 0; i < block_count; i++) {
        if (i % 2 == 0) {
            copy(product, &blocks[i]);
            continue;
        }
        cr_assert(eq(int, gbn_product_copy_room(product, &room, &err), GBN_OK));
        memset(room, 'x', blocks[i].stored_size);
        gbn_product_copy_drop(product);
        if (i % 4 == 1)
            put_member(product, 70 * KIB);
    }
    return GBN_OK;
}

Test(product_copy, room_that_is_given_back_leaves_no_trace)
{
    make_earlier("zlib");
    cr_assert(eq(int, run(drop_every_second), GBN_OK), "%s", err.message);
    expect_raw();
    gbn_bytes_free(&before);
}

/* ---- blocks made anew ---- */

static gbn_status
regroup(void *context, gbn_product *product, gbn_error *error)
{
    static const size_t groups[][4] = {{40, 40, 40, 40}, {10},     {90},           {64, 63},
                                       {30, 30},         {30, 30}, {100, 100, 100}};

    (void)context;
    (void)error;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        cr_assert(eq(int, gbn_product_regroup(product, &err), GBN_OK));
        for (size_t j = 0; j < 4 && groups[i][j] > 0; j++)
            put_member(product, groups[i][j] * KIB);
    }
    gbn_product_regrouped(product);
    cr_assert(eq(int, gbn_product_cut(product, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_cut(product, &err), GBN_OK)); /* there is nothing in it */
    for (size_t i = 0; i < 5; i++)
        put_member(product, 60 * KIB);
    return GBN_OK;
}

/* Groups stay together up to 192 KiB, those of less than 64 KiB go with the next one. */
Test(product_copy, members_made_anew_stay_with_those_they_were_with)
{
    static const uint64_t sizes[] = {160, 100, 127, 60 + 60, 200, 100, 180, 120};

    options = output_options("zlib", 2);
    cr_assert(eq(int, run(regroup), GBN_OK), "%s", err.message);
    expect_raw();
    read_blocks("m");
    for (size_t i = 0; i < block_count; i++)
        cr_assert(eq(u64, blocks[i].raw_size / KIB, sizes[i]), "%zu", i);
    cr_assert(eq(sz, block_count, sizeof sizes / sizeof sizes[0]));
}

/* ---- its descent ---- */

Test(product_copy, where_it_comes_from_is_in_its_manifest)
{
    const gbn_manifest_record *record;
    gbn_job_counters counters = {0};
    gbn_product *product;
    gbn_cancel cancel;
    gbn_index *index;

    gbn_cancel_init(&cancel);
    options = output_options("zlib", 1);
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_succeed(product, 3, "the one before", &err), GBN_OK));
    cr_assert(eq(int,
                 gbn_product_run(product, put_members, NULL, &cancel, &counters, &result, &err),
                 GBN_OK));
    gbn_product_free(product);
    cr_assert(eq(int, gbn_index_open("m", &index, &err), GBN_OK));
    cr_assert(eq(int, gbn_index_next(index, &record, &err), GBN_OK));
    cr_assert(all(eq(u64, record->header.generation, 3),
                  eq(str, (char *)record->header.previous, "the one before")));
    gbn_index_close(index);
}

/* ---- its end ---- */

static gbn_status
fail_amid(void *context, gbn_product *product, gbn_error *error)
{
    uint8_t *room;

    (void)context;
    copy(product, &blocks[0]);
    cr_assert(eq(int, gbn_product_copy_room(product, &room, &err), GBN_OK));
    return gbn_fail(error, GBN_ERR_FORMAT, 0, "fail while room is lent");
}

static gbn_status
go_on_after_abort(void *context, gbn_product *product, gbn_error *error)
{
    uint8_t *room;
    gbn_status rc = GBN_OK;

    (void)context;
    copy(product, &blocks[0]);
    gbn_product_abort(product);
    for (int i = 0; rc == GBN_OK && i < 1000; i++) {
        rc = gbn_product_copy_room(product, &room, error);
        if (rc == GBN_OK)
            rc = gbn_product_copy(product, &blocks[0], error);
    }
    cr_assert(eq(int, rc, GBN_ERR_CANCELLED));
    return rc;
}

Test(product_copy, one_that_fails_or_is_called_off_leaves_nothing)
{
    make_earlier("zlib");
    cr_assert(eq(int, run(fail_amid), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "fail while room is lent"));
    cr_assert(output_is_absent());
    cr_assert(eq(int, run(go_on_after_abort), GBN_ERR_CANCELLED));
    cr_assert(output_is_absent());
    gbn_bytes_free(&before);
}

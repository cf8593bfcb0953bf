#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_pace.h"
#include "gbn_product.h"
#include "output.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

enum { MIB = 1024 * 1024 };

static gbn_error err;
static gbn_cancel cancel;
static gbn_job_counters counters;
static gbn_product_result result;

static void
begin(void)
{
    scratch_enter();
    gbn_cancel_init(&cancel);
    process_remember();
}

static void
end(void)
{
    gbn_product_result_free(&result);
    process_expect_same();
    scratch_leave();
}

TestSuite(product, .init = begin, .fini = end, .timeout = 120);

/* What goes in, in pieces of a size that fits no block. */
static struct feed {
    const uint8_t *data;
    size_t length, piece;
    bool in_place; /* by room and filled, not by append */
    int fails_at;  /* after so many pieces; 0 never */
} feed;

static gbn_status
fill_room(gbn_product *product, const uint8_t *data, size_t length, gbn_error *error)
{
    uint8_t *room;
    size_t size;

    while (length > 0) {
        gbn_status rc = gbn_product_room(product, &room, &size, error);

        if (rc < 0)
            return rc;
        cr_assert(gt(sz, size, 0));
        size = size < length ? size : length;
        memcpy(room, data, size);
        gbn_product_filled(product, size);
        data += size;
        length -= size;
    }
    return GBN_OK;
}

static gbn_status
source(void *context, gbn_product *product, gbn_error *error)
{
    gbn_status rc = GBN_OK;
    int pieces = 0;

    cr_assert(eq(ptr, context, &feed));
    for (size_t at = 0; rc == GBN_OK && at < feed.length; at += feed.piece) {
        size_t size = feed.length - at < feed.piece ? feed.length - at : feed.piece;

        if (feed.fails_at > 0 && pieces++ == feed.fails_at)
            return gbn_fail(error, GBN_ERR_FORMAT, 0, "fail at piece %d", feed.fails_at);
        rc = feed.in_place ? fill_room(product, feed.data + at, size, error)
                           : gbn_product_append(product, feed.data + at, size, error);
        cr_assert(rc < 0 || gbn_product_length(product) == at + size);
    }
    return rc;
}

static gbn_status
run(const char *codec, unsigned workers)
{
    const gbn_product_options options = output_options(codec, workers);
    gbn_product *product;
    gbn_status rc = gbn_product_new(&options, &product, &err);

    if (rc == GBN_OK)
        rc = gbn_product_run(product, source, &feed, &cancel, &counters, &result, &err);
    gbn_product_free(product);
    return rc;
}

static uint8_t *
sample(size_t length)
{
    uint8_t *data = malloc(length + 1);

    sample_fill(SAMPLE_MIXED, data, length, length);
    return data;
}

static void
expect_tail(void)
{
    size_t length = feed.length < GBN_BYTES_TAIL ? feed.length : GBN_BYTES_TAIL;

    cr_assert(eq(sz, result.tail.length, length));
    cr_assert(eq(int, memcmp(result.tail.data, feed.data + feed.length - length, length), 0));
}

static void
expect_round(const char *codec, unsigned workers)
{
    gbn_bytes raw = GBN_BYTES_INIT;

    counters = (gbn_job_counters){0};
    cr_assert(eq(int, run(codec, workers), GBN_OK), "%s", err.message);
    output_expect_result(&result, strcmp(codec, "none") != 0);
    expect_tail();
    if (strcmp(codec, "none") == 0)
        scratch_read("p", &raw);
    else
        output_inflate(&raw);
    cr_assert(eq(sz, raw.length, feed.length));
    cr_assert(eq(int, memcmp(raw.data, feed.data, feed.length), 0));
    cr_assert(all(eq(u64, counters.raw, feed.length), le(u64, counters.stored, result.stored)));
    gbn_bytes_free(&raw);
    output_remove(&result);
}

static void
expect_rounds(const char *codec)
{
    static const size_t lengths[] = {0, 1, 1000, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 7};
    static const size_t pieces[] = {1 << 30, 65536, 1000003};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            uint8_t *data = sample(lengths[i]);

            feed = (struct feed){data, lengths[i], pieces[j], (i + j) % 2 == 0, 0};
            expect_round(codec, 1 + (unsigned)j * 2);
            free(data);
        }
    }
}

Test(product, isal_whatever_goes_in_comes_out_of_gzip)
{
    if (gbn_gzip_codec_find("isal") == NULL)
        cr_skip("built without ISA-L");
    expect_rounds("isal");
}

Test(product, zlib_whatever_goes_in_comes_out_of_gzip)
{
    expect_rounds("zlib");
}

Test(product, uncompressed_it_is_what_went_in)
{
    expect_rounds("none");
}

Test(product, one_worker_and_eight_make_the_same_bytes)
{
    uint8_t *data = sample(20 * MIB);

    feed = (struct feed){data, 20 * MIB, 70001, false, 0};
    cr_assert(eq(int, run(gbn_gzip_codec_name(gbn_gzip_codec_at(0)), 1), GBN_OK));
    cr_assert(all(eq(int, rename("p", "p1"), 0), eq(int, rename("m", "m1"), 0)));
    for (int i = 0; i < 4; i++) {
        cr_assert(eq(int, run(gbn_gzip_codec_name(gbn_gzip_codec_at(0)), 8), GBN_OK));
        cr_assert(output_same("p", "p1") && output_same("m", "m1"));
        output_remove(&result);
    }
    free(data);
}

Test(product, a_source_that_fails_leaves_nothing)
{
    uint8_t *data = sample(8 * MIB);

    for (int at = 1; at < 8; at++) {
        feed = (struct feed){data, 8 * MIB, MIB, false, at};
        cr_assert(eq(int, run("zlib", 3), GBN_ERR_FORMAT));
        cr_assert(output_is_absent());
    }
    free(data);
}

static gbn_status
run_and_name_the_file(void)
{
    const gbn_status rc = run("zlib", 2);

    cr_assert(rc == GBN_OK || err.message[6] == 'p' || err.message[6] == 'm', "%s", err.message);
    return rc;
}

/* Writes are few and large: the first the header's, then each block and its record. */
Test(product, a_disk_that_fails_at_any_write_leaves_nothing)
{
    uint8_t *data = sample(4 * MIB);

    feed = (struct feed){data, 4 * MIB, MIB, false, 0};
    output_expect_full_disk(run_and_name_the_file, 20, &err);
    free(data);
}

Test(product, a_sync_that_fails_leaves_nothing)
{
    feed = (struct feed){NULL, 0, 1, false, 0};
    for (int after = 0; after < 6; after++) {
        faults.fsync_errno = EIO;
        faults.fsync_after = after;
        if (run("zlib", 1) == GBN_OK)
            break;
        faults.fsync_errno = 0;
        cr_assert(output_is_absent(), "sync %d", after);
    }
}

Test(product, a_name_that_is_taken_is_refused_before_anything_is_read)
{
    feed = (struct feed){NULL, 0, 1, false, 0};
    scratch_write("m", "old", 3);
    cr_assert(eq(int, run("zlib", 1), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EEXIST));
    cr_assert(eq(sz, scratch_count(), 1));
    cr_assert(eq(int, rename("m", "p"), 0));
    cr_assert(eq(int, run("zlib", 1), GBN_ERR_SYSTEM));
    cr_assert(eq(sz, scratch_count(), 1));
}

static gbn_status
take_manifests_name(void *context, gbn_product *product, gbn_error *error)
{
    (void)context;
    scratch_write("m", "other", 5);
    return gbn_product_append(product, "x", 1, error);
}

Test(product, without_its_manifest_a_product_is_not_published)
{
    const gbn_product_options options = output_options("zlib", 1);
    gbn_product *product;

    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(
        int, gbn_product_run(product, take_manifests_name, NULL, &cancel, &counters, &result, &err),
        GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, EEXIST));
    gbn_product_free(product);
    cr_assert(eq(sz, scratch_count(), 1));
}

Test(product, one_that_was_called_off_is_not_published)
{
    feed = (struct feed){(const uint8_t *)"x", 1, 1, false, 0};
    gbn_cancel_raise(&cancel);
    cr_assert(eq(int, run("zlib", 2), GBN_ERR_CANCELLED));
    cr_assert(output_is_absent());
}

Test(product, an_abort_ends_it)
{
    const gbn_product_options options = output_options("zlib", 2);
    gbn_product *product;
    uint8_t *data = sample(30 * MIB);

    feed = (struct feed){data, 30 * MIB, MIB, false, 0};
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    gbn_product_abort(product);
    cr_assert(eq(int, gbn_product_run(product, source, &feed, &cancel, &counters, &result, &err),
                 GBN_ERR_CANCELLED));
    gbn_product_free(product);
    cr_assert(output_is_absent());
    free(data);
}

/* A lower bound alone: how much longer it takes is the machine's. */
Test(product, its_bytes_keep_the_pace)
{
    gbn_product_options options = output_options("zlib", 2);
    uint64_t from = gbn_pace_now(NULL);
    gbn_product *product;
    uint8_t *data = sample(3 * MIB + 1);

    options.bytes_per_second = 10 * MIB;
    feed = (struct feed){data, 3 * MIB + 1, 1000, false, 0};
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_run(product, source, &feed, &cancel, &counters, &result, &err),
                 GBN_OK));
    gbn_product_free(product);
    cr_assert(ge(u64, gbn_pace_now(NULL) - from, 300 * 1000 * 1000));
    output_expect_result(&result, true);
    free(data);
}

static void *
abort_product(void *product)
{
    gbn_product_abort(product);
    return NULL;
}

static void *
cancel_product(void *product)
{
    (void)product;
    gbn_cancel_raise(&cancel);
    return NULL;
}

/* At a byte a second it would need weeks. */
static void
expect_end(void *(*stop)(void *))
{
    gbn_product_options options = output_options("zlib", 2);
    gbn_product *product;
    pthread_t thread;
    uint8_t *data = sample(2 * MIB);

    options.bytes_per_second = 1;
    feed = (struct feed){data, 2 * MIB, MIB, false, 0};
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(int, pthread_create(&thread, NULL, stop, product), 0));
    cr_assert(eq(int, gbn_product_run(product, source, &feed, &cancel, &counters, &result, &err),
                 GBN_ERR_CANCELLED));
    pthread_join(thread, NULL);
    gbn_product_free(product);
    cr_assert(output_is_absent());
    free(data);
}

Test(product, one_that_waits_for_its_pace_can_be_called_off)
{
    expect_end(cancel_product);
}

Test(product, one_that_waits_for_its_pace_can_be_aborted)
{
    expect_end(abort_product);
}

/* Members: sizes with framing, and where each must begin. */
static struct member {
    uint64_t size, block, offset;
} * members;
static size_t member_count;

static gbn_status
put_members(void *context, gbn_product *product, gbn_error *error)
{
    (void)context;
    for (size_t i = 0; i < member_count; i++) {
        struct member *member = &members[i];

        cr_assert(eq(
            int,
            gbn_product_begin_member(product, member->size, &member->block, &member->offset, error),
            GBN_OK));
        cr_assert(eq(int, gbn_product_append_zeros(product, member->size, error), GBN_OK));
        cr_assert(eq(int, gbn_product_end_member(product, error), GBN_OK));
    }
    return GBN_OK;
}

static void
place(struct member *list, size_t count)
{
    const gbn_product_options options = output_options("zlib", 2);
    gbn_product *product;

    members = list;
    member_count = count;
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(int,
                 gbn_product_run(product, put_members, NULL, &cancel, &counters, &result, &err),
                 GBN_OK));
    gbn_product_free(product);
    output_expect_result(&result, true);
}

static void
expect_place(const struct member *member, uint64_t block, uint64_t offset)
{
    cr_assert(all(eq(u64, member->block, block), eq(u64, member->offset, offset)));
}

Test(product, a_member_that_fits_a_block_is_never_cut)
{
    struct member list[] = {{512, 9, 9}, {MIB - 512, 9, 9}, {1024, 9, 9}, {MIB, 9, 9}, {1, 9, 9}};

    place(list, 5);
    expect_place(&list[0], 0, 0);
    expect_place(&list[1], 0, 512);
    expect_place(&list[2], 1, 0);
    expect_place(&list[3], 2, 0);
    expect_place(&list[4], 3, 0);
}

Test(product, small_members_share_blocks_of_a_batch)
{
    enum { BATCH = GBN_PRODUCT_BATCH };
    struct member list[] = {{BATCH - 1, 9, 9}, {5, 9, 9}, {BATCH, 9, 9}, {1, 9, 9}, {1, 9, 9}};

    place(list, 5);
    expect_place(&list[0], 0, 0);
    expect_place(&list[1], 0, BATCH - 1);
    expect_place(&list[2], 1, 0);
    expect_place(&list[3], 2, 0);
    expect_place(&list[4], 2, 1);
}

Test(product, a_larger_member_begins_and_ends_with_blocks_of_its_own)
{
    struct member list[] = {{100, 9, 9}, {2 * MIB + 1, 9, 9}, {100, 9, 9}, {MIB + 1, 9, 9}};

    place(list, 4);
    expect_place(&list[0], 0, 0);
    expect_place(&list[1], 1, 0);
    expect_place(&list[2], 4, 0);
    expect_place(&list[3], 5, 0);
}

Test(product, members_of_whole_blocks_leave_no_empty_one_behind)
{
    struct member list[] = {{2 * MIB, 9, 9}, {2 * MIB, 9, 9}, {MIB, 9, 9}, {0, 9, 9}};

    place(list, 4);
    expect_place(&list[1], 2, 0);
    expect_place(&list[2], 4, 0);
    expect_place(&list[3], 5, 0);
}

enum { NOTES = 200000, NOTE = 1000 };

static gbn_status
put_notes(void *context, gbn_product *product, gbn_error *error)
{
    char note[NOTE];
    gbn_bytes *records;
    gbn_status rc = GBN_OK;

    (void)context;
    for (int i = 0; rc == GBN_OK && i < NOTES; i++) {
        memset(note, 'a' + i % 26, sizeof note);
        rc = gbn_product_records(product, &records, error);
        if (rc == GBN_OK)
            rc = gbn_bytes_append(records, note, sizeof note, error);
        if (rc == GBN_OK && i == NOTES / 2)
            rc = gbn_product_append(product, "x", 1, error);
    }
    return rc;
}

/* Of a folder that nobody may read, say: no byte goes in, and a record for each name. */
Test(product, records_without_end_need_no_memory_without_end)
{
    const gbn_product_options options = output_options("zlib", 2);
    gbn_bytes manifest = GBN_BYTES_INIT;
    gbn_product *product;
    struct rusage usage;
    long before;

    getrusage(RUSAGE_SELF, &usage);
    before = usage.ru_maxrss;
    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_OK));
    cr_assert(eq(int, gbn_product_run(product, put_notes, NULL, &cancel, &counters, &result, &err),
                 GBN_OK));
    gbn_product_free(product);
    getrusage(RUSAGE_SELF, &usage);
    cr_assert(lt(long, usage.ru_maxrss - before, 40 * 1024));
    output_expect_result(&result, true);
    cr_assert(eq(u64, result.raw, 1));
    scratch_read("m", &manifest);
    cr_assert(ge(sz, manifest.length, (size_t)NOTES * NOTE));
    cr_assert(lt(sz, manifest.length, (size_t)NOTES * NOTE + 1000));
    gbn_bytes_free(&manifest);
}

Test(product, memory_that_is_not_there_leaves_nothing)
{
    gbn_product_options options = output_options("zlib", UINT32_MAX / 8);
    gbn_product *product;

    cr_assert(eq(int, gbn_product_new(&options, &product, &err), GBN_ERR_NOMEM));
    cr_assert(eq(ptr, product, NULL));
    cr_assert(output_is_absent());
    gbn_product_free(NULL);
}

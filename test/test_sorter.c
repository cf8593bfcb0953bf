#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_sorter.h"
#include "gbn_spool.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

static gbn_sorter *sorter;
static gbn_error err;
static size_t descriptors;
static uint8_t sample[GBN_SPOOL_RECORD_MAX], buffer[GBN_SPOOL_RECORD_MAX];

static int
compare(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, sizeof(uint32_t));
}

static void
begin(void)
{
    scratch_enter();
    sample_fill(SAMPLE_MIXED, sample, sizeof sample, 1);
    descriptors = process_descriptors();
    cr_assert(eq(int, gbn_sorter_new(".", compare, &sorter, &err), GBN_OK));
}

static void
end(void)
{
    gbn_sorter_free(sorter);
    cr_assert(eq(sz, process_descriptors(), descriptors));
    cr_assert(eq(sz, scratch_count(), 0));
    scratch_leave();
}

TestSuite(sorter, .init = begin, .fini = end, .timeout = 120);

/* A record is its key, by bytes, and what follows from that: a length and bytes. */
static size_t
fill(uint32_t key, size_t longest)
{
    const size_t length = sizeof key + key % (longest - sizeof key + 1);
    const uint8_t bytes[] = {(uint8_t)(key >> 24), (uint8_t)(key >> 16), (uint8_t)(key >> 8),
                             (uint8_t)key};

    memcpy(buffer, sample, length);
    memcpy(buffer, bytes, sizeof bytes);
    if (length > 8)
        memcpy(buffer + length - 4, bytes, sizeof bytes);
    return length;
}

/* The same numbers each time, some of them twice. */
static uint32_t *
random_keys(size_t count)
{
    uint32_t *keys = malloc(count * sizeof keys[0]);

    sample_fill(SAMPLE_RANDOM, (uint8_t *)keys, count * sizeof keys[0], count);
    for (size_t i = 9; i < count; i += 10)
        keys[i] = keys[i / 2];
    return keys;
}

static void
add(const uint32_t *keys, size_t count, size_t longest)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length = fill(keys[i], longest);

        cr_assert(eq(int, gbn_sorter_add(sorter, buffer, length, &err), GBN_OK), "%s", err.message);
    }
}

static int
compare_keys(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a;
    const uint32_t second = *(const uint32_t *)b;

    return first < second ? -1 : first > second;
}

/* What comes is what qsort(3) makes of the keys. */
static void
expect(uint32_t *keys, size_t count, size_t longest)
{
    const uint8_t *record;
    size_t length;

    qsort(keys, count, sizeof keys[0], compare_keys);
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(int, gbn_sorter_next(sorter, &record, &length, &err), GBN_OK), "%zu", i);
        cr_assert(eq(sz, length, fill(keys[i], longest)), "%zu", i);
        cr_assert(eq(int, memcmp(record, buffer, length), 0), "%zu", i);
    }
    cr_assert(eq(int, gbn_sorter_next(sorter, &record, &length, &err), GBN_END));
    cr_assert(eq(int, gbn_sorter_next(sorter, &record, &length, &err), GBN_END));
}

static void
try(size_t count, size_t longest)
{
    uint32_t *keys = random_keys(count);

    add(keys, count, longest);
    expect(keys, count, longest);
    free(keys);
}

Test(sorter, an_empty_one_ends_at_once)
{
    try(0, 10);
}

Test(sorter, one_record_comes_back)
{
    try(1, 10);
}

Test(sorter, a_few_records_touch_no_disk)
{
    try(5000, 100);
    cr_assert(eq(sz, process_descriptors(), descriptors));
}

Test(sorter, a_hundred_megabytes_lie_in_files_without_names)
{
    uint32_t *keys = random_keys(160000);

    add(keys, 160000, 1400);
    cr_assert(gt(sz, process_descriptors(), descriptors));
    cr_assert(lt(sz, process_descriptors(), descriptors + 16)); /* merged on the way */
    cr_assert(eq(sz, scratch_count(), 0));
    expect(keys, 160000, 1400);
    free(keys);
}

/* 8 times 8 runs of 4 MiB, and some more. */
Test(sorter, runs_that_were_merged_are_merged_again)
{
    try(700, 1024 * 1024);
}

/* The last of them is what makes the buffer a run: nothing is left to sort when the reading begins. */
Test(sorter, every_number_of_records_around_a_full_buffer_comes_back)
{
    for (size_t count = 3; count < 12; count++) {
        for (size_t i = 0; i < count; i++) {
            memset(buffer, (int)(count - i), sizeof buffer);
            cr_assert(eq(int, gbn_sorter_add(sorter, buffer, sizeof buffer, &err), GBN_OK));
        }
        for (size_t i = 0; i < count; i++) {
            const uint8_t *record;
            size_t length;

            cr_assert(eq(int, gbn_sorter_next(sorter, &record, &length, &err), GBN_OK));
            memset(buffer, (int)i + 1, sizeof buffer);
            cr_assert(
                all(eq(sz, length, sizeof buffer), eq(int, memcmp(record, buffer, length), 0)));
        }
        gbn_sorter_free(sorter);
        cr_assert(eq(int, gbn_sorter_new(".", compare, &sorter, &err), GBN_OK));
    }
}

Test(sorter, records_in_order_and_in_reverse_come_in_order)
{
    enum { COUNT = 30000 };
    uint32_t *keys = malloc(COUNT * sizeof keys[0]);

    for (uint32_t i = 0; i < COUNT; i++)
        keys[i] = i;
    add(keys, COUNT, 900);
    expect(keys, COUNT, 900);
    gbn_sorter_free(sorter);
    cr_assert(eq(int, gbn_sorter_new(".", compare, &sorter, &err), GBN_OK));
    for (uint32_t i = 0; i < COUNT; i++)
        keys[i] = COUNT - i;
    add(keys, COUNT, 900);
    expect(keys, COUNT, 900);
    free(keys);
}

Test(sorter, it_can_be_given_up_at_any_time)
{
    const uint8_t *record;
    uint32_t *keys = random_keys(20000);
    size_t length;

    add(keys, 20000, 2000);
    gbn_sorter_free(sorter);
    cr_assert(eq(int, gbn_sorter_new(".", compare, &sorter, &err), GBN_OK));
    add(keys, 20000, 2000);
    for (int i = 0; i < 100; i++)
        cr_assert(eq(int, gbn_sorter_next(sorter, &record, &length, &err), GBN_OK));
    free(keys);
}

Test(sorter, a_folder_that_cannot_be_written_to_is_named)
{
    uint32_t *keys = random_keys(100);
    gbn_status rc = GBN_OK;

    gbn_sorter_free(sorter);
    cr_assert(eq(int, gbn_sorter_new("missing", compare, &sorter, &err), GBN_OK));
    for (size_t i = 0; rc == GBN_OK && i < 100; i++)
        rc = gbn_sorter_add(sorter, buffer, fill(keys[i], GBN_SPOOL_RECORD_MAX), &err);
    cr_assert(all(eq(int, rc, GBN_ERR_SYSTEM), eq(int, err.errnum, ENOENT)));
    cr_assert(eq(str, err.message, "keep notes in missing"));
    free(keys);
}

Test(sorter, nothing_is_freed_without_harm)
{
    gbn_sorter_free(NULL);
}

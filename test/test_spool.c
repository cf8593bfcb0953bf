#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_spool.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

static gbn_spool *spool;
static gbn_error err;
static size_t descriptors;
static const uint8_t *record;
static size_t length;

static void
begin(void)
{
    scratch_enter();
    descriptors = process_descriptors();
    cr_assert(eq(int, gbn_spool_new(".", &spool, &err), GBN_OK));
}

static void
end(void)
{
    gbn_spool_free(spool);
    cr_assert(eq(sz, process_descriptors(), descriptors));
    scratch_leave();
}

TestSuite(spool, .init = begin, .fini = end, .timeout = 60);

/* Bytes of the `index`th record: its own, and of one of these lengths. */
static const uint8_t *
sample(size_t index, size_t *size)
{
    static const size_t sizes[] = {1, 7, 300, 4096, 70000, 1};
    static uint8_t data[70000];

    *size = sizes[index % (sizeof sizes / sizeof sizes[0])];
    sample_fill(SAMPLE_RANDOM, data, *size, index);
    return data;
}

static void
append(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const uint8_t *data = sample(i, &size);

        cr_assert(eq(int, gbn_spool_append(spool, data, size, &err), GBN_OK), "%s", err.message);
    }
}

static void
expect_sample(size_t index)
{
    size_t size;
    const uint8_t *data = sample(index, &size);

    cr_assert(eq(sz, length, size), "record %zu", index);
    cr_assert(eq(int, memcmp(record, data, size), 0), "record %zu", index);
}

static void
expect_all(size_t count)
{
    gbn_spool_rewind(spool);
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(int, gbn_spool_next(spool, &record, &length, &err), GBN_OK));
        expect_sample(i);
    }
    cr_assert(eq(int, gbn_spool_next(spool, &record, &length, &err), GBN_END));
    gbn_spool_wind(spool);
    for (size_t i = count; i-- > 0;) {
        cr_assert(eq(int, gbn_spool_previous(spool, &record, &length, &err), GBN_OK));
        expect_sample(i);
    }
    cr_assert(eq(int, gbn_spool_previous(spool, &record, &length, &err), GBN_END));
}

Test(spool, an_empty_one_ends_at_once_from_both_sides)
{
    expect_all(0);
}

Test(spool, a_few_records_come_back_in_both_directions_and_touch_no_disk)
{
    append(20);
    cr_assert(eq(sz, process_descriptors(), descriptors));
    expect_all(20);
}

Test(spool, many_records_lie_in_a_file_without_a_name)
{
    append(500);
    cr_assert(eq(sz, process_descriptors(), descriptors + 1));
    cr_assert(eq(sz, scratch_count(), 0));
    expect_all(500);
    expect_all(500); /* as often as one likes */
}

Test(spool, records_of_every_number_around_the_overflow_come_back)
{
    for (size_t count = 78; count < 92; count++) { /* 74 KB every six: 85 are a MiB */
        append(count);
        expect_all(count);
        gbn_spool_free(spool);
        cr_assert(eq(int, gbn_spool_new(".", &spool, &err), GBN_OK));
    }
}

Test(spool, the_longest_record_fits_and_a_longer_one_is_refused)
{
    uint8_t *data = malloc(GBN_SPOOL_RECORD_MAX + 1);

    sample_fill(SAMPLE_RANDOM, data, GBN_SPOOL_RECORD_MAX + 1, 1);
    cr_assert(eq(int, gbn_spool_append(spool, "a", 1, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_append(spool, data, GBN_SPOOL_RECORD_MAX, &err), GBN_OK));
    cr_assert(eq(int, gbn_spool_append(spool, "b", 1, &err), GBN_OK));
    cr_assert(
        eq(int, gbn_spool_append(spool, data, GBN_SPOOL_RECORD_MAX + 1, &err), GBN_ERR_LIMIT));
    cr_assert(eq(int, gbn_spool_append(spool, data, 0, &err), GBN_ERR_LIMIT));
    gbn_spool_wind(spool);
    cr_assert(eq(int, gbn_spool_previous(spool, &record, &length, &err), GBN_OK));
    cr_assert(all(eq(sz, length, 1), eq(chr, (char)record[0], 'b')));
    cr_assert(eq(int, gbn_spool_previous(spool, &record, &length, &err), GBN_OK));
    cr_assert(all(eq(sz, length, (size_t)GBN_SPOOL_RECORD_MAX),
                  eq(int, memcmp(record, data, length), 0)));
    free(data);
}

Test(spool, a_folder_that_cannot_be_written_to_is_named)
{
    gbn_spool_free(spool);
    cr_assert(eq(int, gbn_spool_new("missing", &spool, &err), GBN_OK));
    for (size_t i = 0; i < 1000; i++) {
        size_t size;
        const uint8_t *data = sample(4, &size);

        if (gbn_spool_append(spool, data, size, &err) != GBN_OK)
            break;
        cr_assert(lt(sz, i, 999));
    }
    cr_assert(all(eq(int, err.status, GBN_ERR_SYSTEM), eq(int, err.errnum, ENOENT)));
    cr_assert(eq(str, err.message, "keep notes in missing"));
}

Test(spool, nothing_is_freed_without_harm)
{
    gbn_spool_free(NULL);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_boundary.h"

enum { LENGTH = 16 * 1024 * 1024, PLACES = 1024 };

static uint8_t *text;

static void
begin(void)
{
    uint64_t random = 1;

    text = malloc(LENGTH);
    cr_assert(ne(ptr, text, NULL));
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        text[i] = (uint8_t)(random >> 56);
    }
}

static void
end(void)
{
    free(text);
}

TestSuite(boundary, .init = begin, .fini = end);

/* Ends of pieces, when the text comes `step` bytes at a time. */
static size_t
find_all(const uint8_t *data, size_t length, size_t step, size_t places[PLACES])
{
    gbn_boundary boundary;
    size_t count = 0, done = 0;

    gbn_boundary_init(&boundary);
    while (done < length) {
        size_t piece = step < length - done ? step : length - done;
        size_t found = gbn_boundary_find(&boundary, data + done, piece);

        cr_assert(ge(sz, found, 1));
        if (found > piece) {
            done += piece;
            continue;
        }
        done += found;
        cr_assert(lt(sz, count, PLACES));
        places[count++] = done;
    }
    return count;
}

Test(boundary, there_are_about_as_many_as_promised)
{
    size_t places[PLACES];
    size_t count = find_all(text, LENGTH, LENGTH, places);

    cr_assert(gt(sz, count, LENGTH / GBN_BOUNDARY_MEAN / 2));
    cr_assert(lt(sz, count, LENGTH / GBN_BOUNDARY_MEAN * 2));
}

Test(boundary, places_do_not_depend_on_the_pieces_the_text_comes_in)
{
    size_t places[PLACES], others[PLACES];
    size_t count = find_all(text, LENGTH, LENGTH, places);

    for (size_t step = 1; step < 100000; step = step * 3 + 1) {
        cr_assert(eq(sz, find_all(text, LENGTH, step, others), count));
        cr_assert(eq(int, memcmp(places, others, count * sizeof places[0]), 0));
    }
}

Test(boundary, the_same_places_are_found_again_behind_a_change)
{
    size_t places[PLACES], others[PLACES];
    size_t count = find_all(text, LENGTH, LENGTH, places);
    size_t other_count = find_all(text + 12345, LENGTH - 12345, LENGTH, others);

    cr_assert(ge(sz, other_count + 1, count));
    for (size_t i = 1; i <= count - 1; i++)
        cr_assert(eq(sz, others[other_count - i] + 12345, places[count - i]));
}

Test(boundary, a_run_of_one_byte_has_none)
{
    size_t places[PLACES];

    for (int byte = 0; byte < 256; byte += 51) {
        memset(text, byte, LENGTH);
        cr_assert(le(sz, find_all(text, LENGTH, LENGTH, places), 1));
    }
}

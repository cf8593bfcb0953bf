#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "gbn_arena.h"

static gbn_arena arena;

static void
end(void)
{
    gbn_arena_free(&arena);
}

TestSuite(arena, .fini = end);

static void
make(size_t size)
{
    cr_assert(eq(int, gbn_arena_init(&arena, size), GBN_OK));
}

Test(arena, grants_are_aligned_and_apart)
{
    uint64_t end_of[4];
    uint8_t *grant[4];

    make(4096);
    for (int i = 0; i < 4; i++) {
        grant[i] = gbn_arena_grant(&arena, 100, &end_of[i]);
        cr_assert_not_null(grant[i]);
        cr_assert(eq(sz, (size_t)(grant[i] - arena.base) % 64, 0));
        memset(grant[i], i, 100);
    }
    for (int i = 0; i < 4; i++)
        cr_assert(all(eq(u8, grant[i][0], i), eq(u8, grant[i][99], i)));
}

Test(arena, no_two_grants_end_at_one_place_not_even_empty_ones)
{
    uint64_t first, second;

    make(4096);
    gbn_arena_grant(&arena, 0, &first);
    gbn_arena_grant(&arena, 0, &second);
    cr_assert(ne(u64, first, second));
}

Test(arena, a_full_one_grants_nothing_until_the_oldest_is_freed)
{
    uint64_t first, second, third;
    uint8_t *oldest;

    make(4096);
    oldest = gbn_arena_grant(&arena, 2000, &first);
    cr_assert_not_null(gbn_arena_grant(&arena, 2000, &second));
    cr_assert(eq(ptr, gbn_arena_grant(&arena, 1000, &third), NULL));
    cr_assert(gt(sz, gbn_arena_free_to(&arena, first), 2000));
    cr_assert(eq(ptr, gbn_arena_grant(&arena, 1000, &third), oldest));
}

Test(arena, an_empty_one_grants_all_of_it_wherever_the_last_grant_ended)
{
    uint64_t at;

    make(4096);
    for (size_t i = 0; i < 200; i++) {
        cr_assert_not_null(gbn_arena_grant(&arena, i * 17 % 3000, &at));
        gbn_arena_free_to(&arena, at);
        cr_assert_not_null(gbn_arena_grant(&arena, 4000, &at));
        gbn_arena_free_to(&arena, at);
    }
}

Test(arena, more_than_its_size_is_never_granted)
{
    uint64_t at;

    make(4096);
    cr_assert(eq(ptr, gbn_arena_grant(&arena, 4096, &at), NULL)); /* its end would be its begin */
    cr_assert(eq(ptr, gbn_arena_grant(&arena, 5000, &at), NULL));
    cr_assert_not_null(gbn_arena_grant(&arena, 4000, &at));
}

/* A model beside it: every live grant is filled with its number and looked at when it is freed. */
Test(arena, no_grant_ever_overlaps_another_or_crosses_the_end)
{
    struct grant {
        uint8_t *data;
        size_t length;
        uint64_t end;
    } grants[1024];
    size_t first = 0, last = 0, freed = 0, refused = 0, damaged = 0;

    make(64 * 1024);
    srand(1);
    for (int step = 0; step < 200000; step++) {
        struct grant *grant = &grants[last % 1024];
        const size_t length = (size_t)rand() % (step % 3 == 0 ? 20000 : 500);

        if (last - first < 1024 && rand() % 2 == 0) {
            grant->data = gbn_arena_grant(&arena, length, &grant->end);
            refused += grant->data == NULL;
            if (grant->data == NULL)
                continue;
            cr_assert(le(sz, (size_t)(grant->data - arena.base) + length, arena.size));
            memset(grant->data, (int)(last & 0xff), length);
            grant->length = length;
            last++;
        } else if (first < last) {
            grant = &grants[first % 1024];
            for (size_t i = 0; i < grant->length; i++)
                damaged += grant->data[i] != (uint8_t)first;
            freed += gbn_arena_free_to(&arena, grant->end);
            first++;
        }
    }
    cr_assert(eq(sz, damaged, 0));
    cr_assert(gt(sz, refused, 100));
    cr_assert(gt(sz, freed, 100 * arena.size));
}

Test(arena, memory_that_is_not_there_is_a_failure)
{
    cr_assert(eq(int, gbn_arena_init(&arena, SIZE_MAX / 2), GBN_ERR_NOMEM));
}

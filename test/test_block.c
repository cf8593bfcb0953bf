#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>
#include <string.h>

#include "gbn_block.h"

static gbn_error err;

static gbn_block_set *
new_set(size_t count, size_t raw_size, size_t out_size, size_t attachment_size)
{
    gbn_block_set *set;

    cr_assert(
        eq(int, gbn_block_set_new(count, raw_size, out_size, attachment_size, &set, &err), GBN_OK));
    return set;
}

Test(block, every_byte_of_every_buffer_is_there_and_nobody_elses)
{
    gbn_block_set *set = new_set(5, 1000, 2000, 24);

    cr_assert(eq(sz, gbn_block_set_count(set), 5));
    for (size_t i = 0; i < 5; i++) {
        memset(gbn_block_set_at(set, i)->raw, (int)i, 1000);
        memset(gbn_block_set_at(set, i)->out, (int)i + 10, 2000);
        memset(gbn_block_set_at(set, i)->attachment, (int)i + 20, 24);
    }
    for (size_t i = 0; i < 5; i++) {
        const gbn_block *block = gbn_block_set_at(set, i);
        const uint8_t *attachment = block->attachment;

        cr_assert(all(eq(u8, block->raw[0], i), eq(u8, block->raw[999], i)));
        cr_assert(all(eq(u8, block->out[0], i + 10), eq(u8, block->out[1999], i + 10)));
        cr_assert(all(eq(u8, attachment[0], i + 20), eq(u8, attachment[23], i + 20)));
    }
    gbn_block_set_free(set);
}

Test(block, attachments_are_zero_at_first_and_aligned)
{
    gbn_block_set *set = new_set(3, 1, 1, sizeof(void *));

    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(ptr, *(void **)gbn_block_set_at(set, i)->attachment, NULL));
    gbn_block_set_free(set);
}

Test(block, sizes_of_zero_are_fine)
{
    gbn_block_set_free(new_set(2, 0, 0, 0));
    gbn_block_set_free(new_set(0, 10, 10, 10));
    gbn_block_set_free(NULL);
}

Test(block, too_much_memory_is_a_failure_that_leaves_nothing)
{
    gbn_block_set *set;

    cr_assert(eq(int, gbn_block_set_new(4, SIZE_MAX / 2, 1, 1, &set, &err), GBN_ERR_NOMEM));
    cr_assert(eq(ptr, set, NULL));
    cr_assert(eq(int, gbn_block_set_new(4, 1, SIZE_MAX / 2, 1, &set, &err), GBN_ERR_NOMEM));
    cr_assert(eq(ptr, set, NULL));
    cr_assert(eq(int, gbn_block_set_new(4, 1, 1, SIZE_MAX / 2, &set, &err), GBN_ERR_NOMEM));
    cr_assert(eq(ptr, set, NULL));
}

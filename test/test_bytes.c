#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "gbn_bytes.h"

Test(bytes, appending_byte_by_byte_keeps_every_byte)
{
    gbn_bytes bytes = GBN_BYTES_INIT;
    size_t i;

    for (i = 0; i < 100000; i++) {
        uint8_t byte = (uint8_t)(i % 251);
        cr_assert(eq(int, gbn_bytes_append(&bytes, &byte, 1, NULL), GBN_OK));
    }
    cr_assert(eq(sz, bytes.length, 100000));
    for (i = 0; i < bytes.length; i++)
        cr_assert(eq(u8, bytes.data[i], (uint8_t)(i % 251)));
    gbn_bytes_free(&bytes);
}

Test(bytes, nothing_can_be_appended)
{
    gbn_bytes bytes = GBN_BYTES_INIT;

    cr_assert(eq(int, gbn_bytes_append(&bytes, NULL, 0, NULL), GBN_OK));
    cr_assert(eq(int, gbn_bytes_append_zeros(&bytes, 0, NULL), GBN_OK));
    cr_assert(eq(sz, bytes.length, 0));
    gbn_bytes_free(&bytes);
}

Test(bytes, zeros_are_appended_over_whatever_lay_there)
{
    gbn_bytes bytes = GBN_BYTES_INIT;
    size_t i;

    gbn_bytes_append(&bytes, "abcdefgh", 8, NULL);
    gbn_bytes_clear(&bytes);
    gbn_bytes_append(&bytes, "x", 1, NULL);
    gbn_bytes_append_zeros(&bytes, 7, NULL);
    cr_assert(eq(u8, bytes.data[0], 'x'));
    for (i = 1; i < 8; i++)
        cr_expect(eq(u8, bytes.data[i], 0));
    gbn_bytes_free(&bytes);
}

Test(bytes, clearing_keeps_the_memory_for_the_next_use)
{
    gbn_bytes bytes = GBN_BYTES_INIT;
    uint8_t *data;

    gbn_bytes_append_zeros(&bytes, 5000, NULL);
    data = bytes.data;
    gbn_bytes_clear(&bytes);
    gbn_bytes_append_zeros(&bytes, 5000, NULL);
    cr_assert(eq(ptr, bytes.data, data));
    gbn_bytes_free(&bytes);
}

Test(bytes, freed_bytes_are_empty_and_usable)
{
    gbn_bytes bytes = GBN_BYTES_INIT;

    gbn_bytes_append(&bytes, "a", 1, NULL);
    gbn_bytes_free(&bytes);
    gbn_bytes_free(&bytes);
    cr_assert(eq(sz, bytes.length, 0));
    cr_assert(eq(int, gbn_bytes_append(&bytes, "b", 1, NULL), GBN_OK));
    cr_assert(eq(u8, bytes.data[0], 'b'));
    gbn_bytes_free(&bytes);
}

Test(bytes, a_length_that_would_wrap_is_refused_and_nothing_changes)
{
    gbn_bytes bytes = GBN_BYTES_INIT;
    gbn_error err;

    gbn_bytes_append(&bytes, "abc", 3, NULL);
    cr_assert(eq(int, gbn_bytes_reserve(&bytes, SIZE_MAX - 2, &err), GBN_ERR_NOMEM));
    cr_assert(eq(int, err.status, GBN_ERR_NOMEM));
    cr_assert(eq(int, gbn_bytes_append_zeros(&bytes, SIZE_MAX, &err), GBN_ERR_NOMEM));
    cr_assert(eq(sz, bytes.length, 3));
    cr_assert(eq(int, memcmp(bytes.data, "abc", 3), 0));
    gbn_bytes_free(&bytes);
}

Test(bytes, numbers_are_written_least_significant_byte_first)
{
    const uint8_t want16[] = {0x02, 0x01}, want32[] = {0xdd, 0xcc, 0xbb, 0xaa};
    uint8_t out[4];

    gbn_bytes_put_le16(out, 0x0102);
    cr_assert(eq(int, memcmp(out, want16, 2), 0));
    gbn_bytes_put_le32(out, 0xaabbccdd);
    cr_assert(eq(int, memcmp(out, want32, 4), 0));
}

Test(bytes, a_tail_is_the_end_of_all_pieces)
{
    gbn_bytes_tail tail = {.length = 0};
    uint8_t all[1000];
    size_t done = 0;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)(i * 7 + i / 256);
    gbn_bytes_tail_put(&tail, NULL, 0);
    cr_assert(eq(sz, tail.length, 0));
    for (size_t piece = 1; done + piece <= sizeof all; piece = piece * 3 % 401) {
        gbn_bytes_tail_put(&tail, all + done, piece);
        done += piece;
        cr_assert(eq(sz, tail.length, done < GBN_BYTES_TAIL ? done : GBN_BYTES_TAIL));
        cr_assert(eq(int, memcmp(tail.data, all + done - tail.length, tail.length), 0));
    }
    cr_assert(gt(sz, done, GBN_BYTES_TAIL));
}

Test(bytes, hexadecimal_is_lower_case_and_ends_with_a_nul)
{
    const uint8_t data[] = {0x00, 0x0f, 0xa5, 0xff};
    char out[9];

    gbn_bytes_hex(out, data, sizeof data);
    cr_assert(eq(str, out, "000fa5ff"));
    gbn_bytes_hex(out, data, 0);
    cr_assert(eq(str, out, ""));
}

Test(bytes, arithmetic_says_so_when_it_would_wrap_and_leaves_the_result_alone)
{
    size_t result = 7;

    cr_assert(not(gbn_bytes_add(SIZE_MAX, 1, &result)));
    cr_assert(not(gbn_bytes_multiply(SIZE_MAX / 2 + 1, 2, &result)));
    cr_assert(eq(sz, result, 7));
    cr_assert(gbn_bytes_add(SIZE_MAX - 1, 1, &result));
    cr_assert(eq(sz, result, SIZE_MAX));
    cr_assert(gbn_bytes_multiply(SIZE_MAX / 2, 2, &result));
    cr_assert(eq(sz, result, SIZE_MAX - 1));
    cr_assert(gbn_bytes_multiply(0, SIZE_MAX, &result));
    cr_assert(eq(sz, result, 0));
}

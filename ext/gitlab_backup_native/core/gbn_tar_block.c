/* Offsets and forms of numbers: GNU tar's manual, "Basic Tar Format". */
#include "gbn_tar_block.h"

#include <string.h>

enum {
    SIZE_OFFSET = 124,
    SIZE_SIZE = GBN_TAR_SIZE_BITS / 8,
    SUM_OFFSET = 148,
    SUM_SIZE = 8,
    TYPE_OFFSET = 156,
    MARK_OFFSET = 257,
};

static const uint64_t LARGEST = UINT64_C(1) << 62;

/* GNU's base 256, or octal between spaces. */
static bool
read_number(const uint8_t *field, size_t length, uint64_t *number)
{
    const bool binary = (field[0] & 0x80) != 0;
    size_t i = 0;

    *number = binary ? field[i++] & 0x7F : 0;
    while (!binary && i < length && field[i] == ' ')
        i++;
    for (; i < length && (binary || (field[i] >= '0' && field[i] <= '7')); i++) {
        if (*number >= LARGEST >> 8)
            return false;
        *number = binary ? *number << 8 | field[i] : *number << 3 | (uint64_t)(field[i] - '0');
    }
    return i == length || field[i] == ' ' || field[i] == '\0';
}

/* Some have added signed bytes. */
bool
gbn_tar_block_is_sound(const uint8_t block[GBN_TAR_BLOCK])
{
    uint64_t written;
    int64_t plain = 0, with_signs = 0;

    if (!read_number(block + SUM_OFFSET, SUM_SIZE, &written))
        return false;
    for (int i = 0; i < GBN_TAR_BLOCK; i++) {
        const uint8_t byte = i >= SUM_OFFSET && i < SUM_OFFSET + SUM_SIZE ? ' ' : block[i];

        plain += byte;
        with_signs += (int8_t)byte;
    }
    return (int64_t)written == plain || (int64_t)written == with_signs;
}

bool
gbn_tar_block_is_marked(const uint8_t block[GBN_TAR_BLOCK])
{
    return memcmp(block + MARK_OFFSET,
                  "ustar\0"
                  "00",
                  8) == 0 ||
           memcmp(block + MARK_OFFSET, "ustar  ", 8) == 0;
}

bool
gbn_tar_block_is_header(const uint8_t block[GBN_TAR_BLOCK])
{
    return gbn_tar_block_is_marked(block) && gbn_tar_block_is_sound(block);
}

bool
gbn_tar_block_is_zero(const uint8_t block[GBN_TAR_BLOCK])
{
    return block[0] == 0 && memcmp(block, block + 1, GBN_TAR_BLOCK - 1) == 0;
}

bool
gbn_tar_block_is_extension(const uint8_t block[GBN_TAR_BLOCK])
{
    static const char gnu[] = "././@LongLink", pax[] = "PaxHeader";

    return (block[TYPE_OFFSET] != '\0' && strchr("LKx", block[TYPE_OFFSET]) != NULL) ||
           memcmp(block, gnu, sizeof gnu) == 0 ||
           memmem(block, GBN_TAR_NAME_SIZE, pax, sizeof pax - 1) != NULL;
}

bool
gbn_tar_block_is_clipped(const uint8_t block[GBN_TAR_BLOCK])
{
    return memchr(block, '\0', GBN_TAR_NAME_SIZE) == NULL;
}

bool
gbn_tar_block_extent(const uint8_t block[GBN_TAR_BLOCK], uint64_t *extent)
{
    uint64_t size;

    if (!read_number(block + SIZE_OFFSET, SIZE_SIZE, &size) || size > LARGEST)
        return false;
    *extent = GBN_TAR_BLOCK + size + gbn_tar_padding(size);
    return true;
}

void
gbn_tar_block_flip_size(uint8_t block[GBN_TAR_BLOCK], unsigned bit)
{
    block[SIZE_OFFSET + bit / 8] ^= (uint8_t)(1U << bit % 8);
}

void
gbn_tar_block_name(const uint8_t block[GBN_TAR_BLOCK], char name[GBN_TAR_NAME_SIZE + 1])
{
    memcpy(name, block, GBN_TAR_NAME_SIZE);
    name[GBN_TAR_NAME_SIZE] = '\0';
}

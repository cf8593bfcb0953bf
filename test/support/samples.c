#include "samples.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* xorshift64* (Marsaglia 2003, Vigna 2016) */
static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static void
fill_random(uint8_t *data, size_t length, uint64_t *state)
{
    size_t i;

    for (i = 0; i < length; i++)
        data[i] = (uint8_t)(next_random(state) >> 56);
}

static void
fill_text(uint8_t *data, size_t length, uint64_t *state)
{
    static const char words[][9] = {"commit ", "merge ",  "issue\n",  "the ",
                                    "4711\t",  "upload ", "{\"id\":", "of "};
    const char *word = "";
    size_t i;

    for (i = 0; i < length; i++) {
        if (*word == '\0')
            word = words[next_random(state) >> 61];
        data[i] = (uint8_t)*word++;
    }
}

static void
fill_mixed(uint8_t *data, size_t length, uint64_t *state)
{
    size_t piece;
    int text;

    for (text = 1; length > 0; text = !text, data += piece, length -= piece) {
        piece = 3000 + (size_t)(next_random(state) % 37000);
        if (piece > length)
            piece = length;
        if (text)
            fill_text(data, piece, state);
        else
            fill_random(data, piece, state);
    }
}

void
sample_fill(sample_kind kind, uint8_t *data, size_t length, uint64_t seed)
{
    uint64_t state = seed + 88172645463325252u;

    if (kind == SAMPLE_TEXT)
        fill_text(data, length, &state);
    else if (kind == SAMPLE_RANDOM)
        fill_random(data, length, &state);
    else if (kind == SAMPLE_MIXED)
        fill_mixed(data, length, &state);
    else
        memset(data, 0, length);
}

/* Whole pages for `size` bytes between two that cannot be touched. */
static uint8_t *
map_guarded(size_t size, size_t *room)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages;

    *room = (size + page - 1) / page * page;
    pages = mmap(NULL, *room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(pages, MAP_FAILED);
    if (*room > 0)
        cr_assert_eq(mprotect(pages + page, *room, PROT_READ | PROT_WRITE), 0);
    return pages + page;
}

uint8_t *
guarded_before_end(size_t size)
{
    size_t room;
    uint8_t *data = map_guarded(size, &room);

    return data + room - size;
}

uint8_t *
guarded_from_start(size_t size)
{
    size_t room;

    return map_guarded(size, &room);
}

gbn_manifest_entry
sample_entry(void)
{
    gbn_manifest_entry entry = {.path = "a/\xff",
                                .mode = S_IFREG | 04751,
                                .mtime_ns = 1700000000123456789,
                                .ctime_ns = -5,
                                .size = UINT64_C(9000000000),
                                .has_sha256 = true,
                                .uid = 4294967294,
                                .gid = 998,
                                .owner = "git",
                                .group = "\xff",
                                .block = 7,
                                .block_offset = 1048575,
                                .device = 66306,
                                .inode = UINT64_MAX,
                                .settled = true};

    memset(entry.sha256, 0xab, sizeof entry.sha256);
    return entry;
}

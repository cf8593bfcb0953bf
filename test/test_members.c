#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gbn_members.h"
#include "process.h"
#include "scratch.h"

static gbn_error err;

TestSuite(members, .init = scratch_enter, .fini = scratch_leave, .timeout = 60);

/* The status that ends the list; `*count` members came before. */
static gbn_status
list(size_t *count)
{
    gbn_members *members;
    gbn_tar_member member;
    gbn_members_place place;
    uint64_t last = 0;
    gbn_status rc;

    *count = 0;
    cr_assert(eq(int, gbn_members_open("t", &members, &err), GBN_OK), "%s", err.message);
    while ((rc = gbn_members_next(members, &member, &place, &err)) == GBN_OK) {
        cr_assert(gt(u64, place.offset, last));
        last = place.offset;
        ++*count;
        if (place.missing > 0) {
            rc = GBN_ERR_FORMAT;
            break;
        }
    }
    gbn_members_close(members);
    return rc;
}

static gbn_status
skip(gbn_members *members, gbn_members_gap *gap)
{
    gbn_status rc;

    do
        rc = gbn_members_skip(members, gap, &err);
    while (rc == GBN_AGAIN);
    return rc;
}

/*
 * All that is found in "t", by the first letters of the names: "a!b?" has damage behind `a`, and ends
 * within `b`. `*gap` is the first.
 */
static const char *
tour(gbn_members_gap *gap)
{
    static char words[4096];
    gbn_members *members;
    gbn_tar_member member;
    gbn_members_place place;
    gbn_members_gap found;
    size_t length = 0;
    gbn_status rc;

    *gap = (gbn_members_gap){0};
    cr_assert(eq(int, gbn_members_open("t", &members, &err), GBN_OK), "%s", err.message);
    do {
        while ((rc = gbn_members_next(members, &member, &place, &err)) == GBN_OK) {
            words[length++] = member.path[0];
            if (place.missing > 0)
                words[length++] = '?';
        }
        cr_assert(rc == GBN_END || rc == GBN_ERR_FORMAT, "%s", err.message);
        rc = skip(members, &found);
        if (rc == GBN_OK && gap->length == 0)
            *gap = found;
        if (rc == GBN_OK)
            words[length++] = '!';
        cr_assert(length < sizeof words - 3);
    } while (rc == GBN_OK);
    cr_assert(eq(int, rc, GBN_END), "%s", err.message);
    gbn_members_close(members);
    words[length] = '\0';
    return words;
}

/* Where `text` is in "t": a header, by its name. */
static uint64_t
find(const char *text)
{
    gbn_bytes tar = GBN_BYTES_INIT;
    const uint8_t *found;
    uint64_t offset;

    scratch_read("t", &tar);
    found = memmem(tar.data, tar.length, text, strlen(text) + 1);
    cr_assert(found != NULL, "%s", text);
    offset = (uint64_t)(found - tar.data);
    gbn_bytes_free(&tar);
    return offset;
}

static void
write_at(uint64_t offset, const void *data, size_t length)
{
    int fd = open("t", O_WRONLY | O_CLOEXEC);

    cr_assert(fd >= 0 && pwrite(fd, data, length, (off_t)offset) == (ssize_t)length);
    close(fd);
}

static void
pack(void)
{
    scratch_write("a", "content", 7);
    scratch_write("b", "", 0);
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "yes | head -c 70000 > c"), 0));
    cr_assert(eq(int, RUN(NULL, "tar", "-cf", "t", "a", "b", "c", "a"), 0));
}

Test(members, all_are_found_and_the_end)
{
    size_t count;

    pack();
    cr_assert(eq(int, list(&count), GBN_END));
    cr_assert(eq(sz, count, 4));
}

Test(members, every_cut_is_seen)
{
    gbn_bytes tar = GBN_BYTES_INIT;
    size_t count;

    pack();
    scratch_read("t", &tar);
    for (size_t length = 0; length < 73216 + 512; length += 509) {
        cr_assert(eq(int, truncate("t", 0), 0));
        scratch_write("t", tar.data, length);
        cr_assert(eq(int, list(&count), GBN_ERR_FORMAT), "%zu bytes of %zu", length, tar.length);
    }
    gbn_bytes_free(&tar);
}

Test(members, no_flipped_byte_of_a_header_does_harm)
{
    gbn_bytes tar = GBN_BYTES_INIT;
    const size_t descriptors = process_descriptors();
    size_t count;

    pack();
    scratch_read("t", &tar);
    for (size_t i = 0; i < 3 * 512; i++) {
        gbn_status rc;

        tar.data[i] ^= 0x55;
        scratch_write("t", tar.data, tar.length);
        rc = list(&count);
        cr_assert(rc == GBN_END || rc == GBN_ERR_FORMAT);
        cr_assert(rc == GBN_ERR_FORMAT || (i >= 512 && i < 1024), "byte %zu", i); /* a's content */
        tar.data[i] ^= 0x55;
    }
    cr_assert(eq(sz, process_descriptors(), descriptors));
    gbn_bytes_free(&tar);
}

Test(members, a_damaged_header_costs_its_member_alone)
{
    static const char *const expected[] = {"!bca", "a!ca", "ab!a", "abc!"};
    static const uint64_t headers[] = {0, 1024, 1536, 72192};
    gbn_members_gap gap;

    pack();
    for (size_t i = 0; i < 4; i++) {
        for (uint64_t byte = 0; byte < 512; byte++) {
            scratch_flip("t", headers[i] + byte, (unsigned)byte % 8);
            if (byte != 148) { /* a zero of the sum, and now a space */
                cr_assert(eq(str, (char *)tour(&gap), (char *)expected[i]), "byte %zu",
                          (size_t)byte);
                cr_assert(eq(u64, gap.offset, headers[i]));
            }
            scratch_flip("t", headers[i] + byte, (unsigned)byte % 8);
        }
    }
    cr_assert(eq(str, (char *)tour(&gap), "abca"));
}

Test(members, a_damaged_header_tells_its_name)
{
    gbn_members_gap gap;

    pack();
    scratch_flip("t", 1536 + 130, 1);
    tour(&gap);
    cr_assert(eq(str, gap.name, "c"));
    cr_assert(eq(u64, gap.length, 512 + 70144));
}

Test(members, what_lies_before_a_cut_is_found)
{
    static const struct {
        off_t length;
        const char *words;
    } cuts[] = {{0, "!"},        {1, "!"},         {511, "!"},       {512, "a?"},
                {518, "a?"},     {519, "a!"},      {600, "a!"},      {1024, "a!"},
                {1536, "ab!"},   {2048, "abc?"},   {72047, "abc?"},  {72048, "abc!"},
                {72192, "abc!"}, {73216, "abca!"}, {73727, "abca!"}, {73728, "abca"}};
    gbn_members_gap gap;

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        pack();
        cr_assert(eq(int, truncate("t", cuts[i].length), 0));
        cr_assert(eq(str, (char *)tour(&gap), (char *)cuts[i].words), "%d", (int)cuts[i].length);
    }
}

/* Names of 150 bytes, whose short form belongs to whoever reads the second header alone. */
static void
check_long_names(const char *options)
{
    gbn_members_gap gap;
    uint64_t begin, end;

    scratch_write("a", "content", 7);
    scratch_write("z", "content", 7);
    cr_assert(
        eq(int, RUN(NULL, "sh", "-c", "n=$(printf %0150d 0); echo x > b$n; echo y > c$n"), 0));
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "exec tar $0 -cf t a b0* c0* z", options), 0));
    cr_assert(eq(str, (char *)tour(&gap), "abcz"));
    begin = 1024;
    end = find("z");
    for (uint64_t block = begin; block < begin + (end - begin) / 2; block += 512) {
        const char *words;

        scratch_flip("t", block + 129, 0);
        words = tour(&gap);
        /* contents of headers of headers, and of the member, have no sums */
        cr_assert(strcmp(words, "a!cz") == 0 || strcmp(words, "abcz") == 0 ||
                      strcmp(words, "a?cz") == 0,
                  "%s: block %zu: %s", options, (size_t)block, words);
        scratch_flip("t", block + 129, 0);
    }
}

Test(members, a_damaged_long_name_costs_its_member_alone)
{
    check_long_names("--format=gnu");
    check_long_names("--pax-option=delete=atime,delete=ctime,delete=mtime");
}

Test(members, no_flipped_size_leads_past_members)
{
    gbn_members_gap gap;

    pack();
    for (uint64_t bit = 0; bit < 96; bit++) { /* of b's, which is empty, and of a's */
        scratch_flip("t", 1024 + 124 + bit / 8, (unsigned)bit % 8);
        cr_assert(eq(str, (char *)tour(&gap), "a!ca"));
        scratch_flip("t", 1024 + 124 + bit / 8, (unsigned)bit % 8);
        scratch_flip("t", 124 + bit / 8, (unsigned)bit % 8);
        cr_assert(eq(str, (char *)tour(&gap), "!bca"));
        scratch_flip("t", 124 + bit / 8, (unsigned)bit % 8);
    }
}

Test(members, zeros_in_place_of_headers_are_no_end)
{
    static const uint8_t zeros[4096];
    gbn_members_gap gap;

    pack();
    write_at(1024, zeros, 2048);
    cr_assert(eq(str, (char *)tour(&gap), "a!a"));
    cr_assert(eq(u64, gap.offset, 1024));
    cr_assert(eq(u64, gap.length, 72192 - 1024));
}

Test(members, a_tar_inside_is_not_the_archive_s_end)
{
    gbn_members_gap gap;

    scratch_write("a", "content", 7);
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "echo i > i; tar -cf t.in i; tar -cf t a t.in a"), 0));
    scratch_flip("t", 1024, 0); /* where its content ends is still known */
    cr_assert(eq(str, (char *)tour(&gap), "a!a"));
    scratch_flip("t", 1024, 0);
    write_at(1024 + 124, "????", 4);
    cr_assert(eq(str, (char *)tour(&gap), "a!i!a"));
}

Test(members, what_only_looks_like_a_header_is_not_taken_for_one)
{
    gbn_members_gap gap;

    pack();
    cr_assert(eq(
        int, RUN(NULL, "sh", "-c", "head -c 512 t > x; head -c 65000 c >> x; tar -cf t a x b"), 0));
    write_at(1024 + 124, "????", 4);
    cr_assert(eq(str, (char *)tour(&gap), "a!b"));
}

Test(members, no_tar_is_one_damage)
{
    gbn_members_gap gap;

    cr_assert(eq(int, RUN(NULL, "sh", "-c", "yes | head -c 30000000 > t"), 0));
    cr_assert(eq(str, (char *)tour(&gap), "!"));
    cr_assert(eq(u64, gap.length, 30000000));
}

Test(members, a_search_pauses)
{
    gbn_members *members;
    gbn_tar_member member;
    gbn_members_place place;
    gbn_members_gap gap;

    cr_assert(eq(int, RUN(NULL, "truncate", "-s", "20M", "t"), 0));
    write_at(0, "no header", 9);
    cr_assert(eq(int, gbn_members_open("t", &members, &err), GBN_OK));
    cr_assert(eq(int, gbn_members_next(members, &member, &place, &err), GBN_ERR_FORMAT));
    cr_assert(eq(int, gbn_members_skip(members, &gap, &err), GBN_AGAIN));
    cr_assert(eq(int, skip(members, &gap), GBN_OK));
    gbn_members_close(members);
}

Test(members, there_is_an_end_to_damage)
{
    gbn_members *members;
    gbn_tar_member member;
    gbn_members_place place;
    gbn_members_gap gap;
    gbn_status rc;
    int gaps = 0;

    cr_assert(eq(int, RUN(NULL, "sh", "-c", "touch e; yes e | head -n 4000 | tar -cf t -T -"), 0));
    for (uint64_t i = 0; i < 4000; i += 3)
        scratch_flip("t", i * 512 + 130, 0);
    cr_assert(eq(int, gbn_members_open("t", &members, &err), GBN_OK));
    do {
        while ((rc = gbn_members_next(members, &member, &place, &err)) == GBN_OK)
            continue;
        rc = skip(members, &gap);
        gaps += rc == GBN_OK;
    } while (rc == GBN_OK);
    gbn_members_close(members);
    cr_assert(eq(int, rc, GBN_ERR_FORMAT));
    cr_assert(eq(int, gaps, 1000));
}

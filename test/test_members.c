#include <criterion/criterion.h>
#include <criterion/new/assert.h>
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
    uint64_t offset, last = 0;
    gbn_status rc;

    *count = 0;
    cr_assert(eq(int, gbn_members_open("t", &members, &err), GBN_OK), "%s", err.message);
    while ((rc = gbn_members_next(members, &member, &offset, &err)) == GBN_OK) {
        cr_assert(gt(u64, offset, last));
        last = offset;
        ++*count;
    }
    gbn_members_close(members);
    return rc;
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

/* Any bytes as a plain tar in a file, read on behind all damage: never backwards, never past the end. */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gbn_members.h"

/* Behind every damage; true where more is to be read. */
static bool
skip(gbn_members *members, size_t length, uint64_t *least, gbn_error *err)
{
    gbn_members_gap gap;
    gbn_status rc;

    while ((rc = gbn_members_skip(members, &gap, err)) == GBN_AGAIN)
        continue;
    FUZZ_EXPECT(rc == GBN_OK || rc == GBN_END || rc == GBN_ERR_FORMAT);
    if (rc != GBN_OK)
        return false;
    FUZZ_EXPECT(gap.offset >= *least && gap.offset <= length && gap.length <= length - gap.offset);
    fuzz_touch(gap.name);
    *least = gap.offset + gap.length;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    int fd = memfd_create("tar", MFD_CLOEXEC);
    gbn_members *members;
    gbn_tar_member member;
    gbn_members_place place;
    gbn_error err;
    uint64_t least = 0;
    char path[64];

    FUZZ_EXPECT(fd >= 0 && write(fd, data, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FUZZ_EXPECT(gbn_members_open(path, &members, &err) == GBN_OK);
    do {
        gbn_status rc;

        while ((rc = gbn_members_next(members, &member, &place, &err)) == GBN_OK) {
            FUZZ_EXPECT(place.offset >= least && place.offset <= length);
            fuzz_touch(member.path);
            fuzz_touch(member.link);
            least = place.offset;
        }
        FUZZ_EXPECT(rc == GBN_END || rc == GBN_ERR_FORMAT || rc == GBN_ERR_LIMIT);
    } while (skip(members, length, &least, &err));
    gbn_members_close(members);
    close(fd);
    return 0;
}

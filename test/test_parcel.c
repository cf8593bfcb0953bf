#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_parcel.h"

static gbn_error err;

static void
expect_string(const char *found, const char *expected)
{
    cr_assert_eq(found == NULL, expected == NULL);
    if (expected != NULL)
        cr_assert(eq(str, (char *)found, (char *)expected));
}

static void
expect_same(const gbn_parcel *found, const gbn_parcel *expected)
{
    expect_string(found->member.path, expected->member.path);
    expect_string(found->member.owner, expected->member.owner);
    expect_string(found->member.group, expected->member.group);
    expect_string(found->member.link, expected->member.link);
    cr_assert(all(eq(u32, found->member.mode, expected->member.mode),
                  eq(u64, found->member.size, expected->member.size),
                  eq(i64, found->member.mtime, expected->member.mtime),
                  eq(u64, found->member.uid, expected->member.uid),
                  eq(i64, found->mtime_ns, expected->mtime_ns),
                  eq(u64, found->offset, expected->offset)));
}

Test(parcel, each_comes_back_as_it_was_one_behind_the_other)
{
    static char name[70001];
    const gbn_parcel parcels[] = {
        {.member = {.path = "./a", .mode = S_IFREG | 0644, .size = UINT64_MAX, .uid = 7},
         .mtime_ns = INT64_MIN,
         .offset = 12345},
        {.member = {.path = name, .owner = "git", .group = "", .link = "\xff\xfe", .mtime = -1}},
        {.member = {.path = "", .link = "../x", .mode = S_IFLNK | 0777}},
    };
    gbn_bytes bytes = GBN_BYTES_INIT;
    gbn_parcel found;
    size_t at = 0;

    memset(name, 'n', sizeof name - 1);
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(int, gbn_parcel_put(&bytes, &parcels[i], &err), GBN_OK));
    for (size_t i = 0; i < 3; i++) {
        at += gbn_parcel_get(bytes.data + at, &found);
        expect_same(&found, &parcels[i]);
    }
    cr_assert(eq(sz, at, bytes.length));
    gbn_bytes_free(&bytes);
}

Test(parcel, its_strings_are_its_own)
{
    char path[] = "before";
    gbn_bytes bytes = GBN_BYTES_INIT;
    gbn_parcel found;

    cr_assert(
        eq(int, gbn_parcel_put(&bytes, &(gbn_parcel){.member = {.path = path}}, &err), GBN_OK));
    memcpy(path, "after!", 6);
    gbn_parcel_get(bytes.data, &found);
    cr_assert(eq(str, (char *)found.member.path, "before"));
    gbn_bytes_free(&bytes);
}

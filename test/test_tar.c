#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "gbn_bytes.h"
#include "gbn_tar.h"
#include "scratch.h"

static gbn_tar *tar;
static gbn_bytes archive;
static gbn_bytes output;

static void
begin(void)
{
    scratch_enter();
    cr_assert(eq(int, gbn_tar_new(&tar, NULL), GBN_OK));
    archive = output = (gbn_bytes)GBN_BYTES_INIT;
}

static void
end(void)
{
    gbn_tar_free(tar);
    gbn_bytes_free(&archive);
    gbn_bytes_free(&output);
    scratch_leave();
}

TestSuite(tar, .init = begin, .fini = end);

static void
add(const gbn_tar_member *member)
{
    size_t before = archive.length;

    cr_assert(eq(int, gbn_tar_header(tar, member, &archive, NULL), GBN_OK));
    cr_assert(gt(sz, archive.length, before));
    cr_assert(eq(sz, archive.length % GBN_TAR_BLOCK, 0));
}

#define ADD(...) add(&(gbn_tar_member){__VA_ARGS__})

static void
finish(void)
{
    gbn_bytes_append_zeros(&archive, gbn_tar_end(archive.length), NULL);
    scratch_write("x.tar", archive.data, archive.length);
}

static void
expect_listing(const char *want)
{
    finish();
    cr_assert(eq(int, RUN(&output, "tar", "--numeric-owner", "--full-time", "-tvf", "x.tar"), 0));
    cr_assert(eq(str, (char *)output.data, (char *)want));
}

static char *
repeat(const char *head, char letter, size_t length)
{
    char *text = malloc(length + 1);

    memset(text, letter, length);
    memcpy(text, head, strlen(head));
    text[length] = '\0';
    return text;
}

Test(tar, gnu_tar_lists_every_type_as_given)
{
    ADD(.path = "./", .mode = S_IFDIR | 0755, .uid = 1, .gid = 2);
    ADD(.path = "./d", .mode = S_IFDIR | 02750, .mtime = 1700000000);
    ADD(.path = "./f", .mode = S_IFREG | 04711, .mtime = 1700000000);
    ADD(.path = "./s", .mode = S_IFLNK | 0777, .link = "../else where");
    ADD(.path = "./h", .mode = S_IFREG | 0640, .link = "./f", .size = 99);
    ADD(.path = "./p", .mode = S_IFIFO | 0600);
    ADD(.path = "./c", .mode = S_IFCHR | 0666, .rdev = makedev(1, 3));
    ADD(.path = "./b", .mode = S_IFBLK | 0660, .rdev = makedev(259, 70000));
    expect_listing("drwxr-xr-x 1/2               0 1970-01-01 00:00:00 ./\n"
                   "drwxr-s--- 0/0               0 2023-11-14 22:13:20 ./d/\n"
                   "-rws--x--x 0/0               0 2023-11-14 22:13:20 ./f\n"
                   "lrwxrwxrwx 0/0               0 1970-01-01 00:00:00 ./s -> ../else where\n"
                   "hrw-r----- 0/0               0 1970-01-01 00:00:00 ./h link to ./f\n"
                   "prw------- 0/0               0 1970-01-01 00:00:00 ./p\n"
                   "crw-rw-rw- 0/0             1,3 1970-01-01 00:00:00 ./c\n"
                   "brw-rw---- 0/0       259,70000 1970-01-01 00:00:00 ./b\n");
}

Test(tar, a_directory_gets_one_closing_slash)
{
    ADD(.path = ".", .mode = S_IFDIR | 0755);
    ADD(.path = "./a", .mode = S_IFDIR | 0755);
    ADD(.path = "./b/", .mode = S_IFDIR | 0755);
    finish();
    RUN(&output, "tar", "-tf", "x.tar");
    cr_assert(eq(str, (char *)output.data, "./\n./a/\n./b/\n"));
}

Test(tar, content_follows_its_header_and_zeros_follow_the_content)
{
    static const char *const texts[] = {"", "a"};
    char *block = repeat("", 'b', GBN_TAR_BLOCK), *more = repeat("", 'm', GBN_TAR_BLOCK + 1);
    const char *const contents[] = {texts[0], texts[1], block, more};
    const char *const names[] = {"./0", "./1", "./512", "./513"};
    size_t i, length;

    for (i = 0; i < 4; i++) {
        length = strlen(contents[i]);
        ADD(.path = names[i], .mode = S_IFREG | 0644, .size = length);
        gbn_bytes_append(&archive, contents[i], length, NULL);
        gbn_bytes_append_zeros(&archive, gbn_tar_padding(length), NULL);
    }
    finish();
    for (i = 0; i < 4; i++) {
        gbn_bytes_clear(&output);
        cr_assert(eq(int, RUN(&output, "tar", "-xOf", "x.tar", names[i]), 0));
        cr_assert(eq(str, (char *)output.data, (char *)contents[i]));
        gbn_bytes_clear(&output);
        cr_assert(eq(int, RUN(&output, "bsdtar", "-xOf", "x.tar", names[i]), 0));
        cr_assert(eq(str, (char *)output.data, (char *)contents[i]));
    }
    free(block);
    free(more);
}

static void
expect_path(mode_t type, const char *path, const char *want)
{
    static const char *const programs[] = {"tar", "bsdtar"};
    size_t i;

    gbn_bytes_clear(&archive);
    ADD(.path = path, .mode = type | 0700);
    finish();
    for (i = 0; i < 2; i++) {
        gbn_bytes_clear(&output);
        cr_assert(eq(int, RUN(&output, programs[i], "-tf", "x.tar"), 0));
        cr_assert(eq(str, (char *)output.data, (char *)want));
    }
}

Test(tar, a_path_of_any_length_comes_back_whole)
{
    static const size_t lengths[] = {3, 98, 99, 100, 101, 255, 511, 512, 513, 4095, 4096, 20000};
    size_t i;
    char *path, *want;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        path = repeat("./", 'n', lengths[i]);
        want = repeat("./", 'n', lengths[i] + 2);
        strcpy(want + lengths[i], "\n");
        expect_path(S_IFREG, path, want);
        strcpy(want + lengths[i], "/\n");
        expect_path(S_IFDIR, path, want);
        free(path);
        free(want);
    }
}

Test(tar, a_link_target_of_any_length_comes_back_whole)
{
    static const size_t lengths[] = {1, 99, 100, 101, 512, 4095, 9000};
    char *target, *want;
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        gbn_bytes_clear(&archive);
        gbn_bytes_clear(&output);
        target = repeat("", 't', lengths[i]);
        want = repeat("s -> ", 't', lengths[i] + 5);
        ADD(.path = "s", .mode = S_IFLNK | 0777, .link = target);
        finish();
        cr_assert(eq(int, RUN(&output, "tar", "-tvf", "x.tar"), 0));
        cr_assert_not_null(strstr((char *)output.data, want), "%zu", lengths[i]);
        free(target);
        free(want);
    }
}

Test(tar, a_member_may_have_both_a_long_path_and_a_long_target)
{
    char *path = repeat("./", 'p', 300), *target = repeat("", 't', 300);
    char *want = repeat("", ' ', 604);

    memcpy(want, path, 300);
    memcpy(want + 300, " -> ", 4);
    memcpy(want + 304, target, 300);
    ADD(.path = path, .mode = S_IFLNK | 0777, .link = target);
    finish();
    cr_assert(eq(int, RUN(&output, "tar", "-tvf", "x.tar"), 0));
    cr_assert_not_null(strstr((char *)output.data, want));
    free(path);
    free(target);
    free(want);
}

Test(tar, sizes_beyond_eight_gigabytes_are_kept)
{
    static const uint64_t listed[] = {UINT64_C(8589934591), UINT64_C(8589934592),
                                      UINT64_C(21474836480), UINT64_C(1099511627776)};
    char want[32];
    size_t i;

    for (i = 0; i < sizeof listed / sizeof *listed; i++) {
        gbn_bytes_clear(&archive);
        gbn_bytes_clear(&output);
        ADD(.path = "f", .mode = S_IFREG | 0644, .size = listed[i]);
        finish();
        /* tar reports the end of the archive as an error, after it has listed the member */
        RUN(&output, "sh", "-c", "tar -tvf x.tar 2>/dev/null");
        snprintf(want, sizeof want, " %llu ", (unsigned long long)listed[i]);
        cr_assert_not_null(strstr((char *)output.data, want), "%s", want);
    }
}

Test(tar, user_and_group_numbers_of_32_bits_are_kept)
{
    ADD(.path = "./a", .mode = S_IFREG | 0644, .uid = 2097151, .gid = 2097152);
    ADD(.path = "./b", .mode = S_IFREG | 0644, .uid = 4294967294, .gid = 4294967294);
    expect_listing("-rw-r--r-- 2097151/2097152   0 1970-01-01 00:00:00 ./a\n"
                   "-rw-r--r-- 4294967294/4294967294 0 1970-01-01 00:00:00 ./b\n");
}

Test(tar, times_before_1970_and_after_2242_are_kept)
{
    ADD(.path = "./a", .mode = S_IFREG | 0644, .mtime = -1);
    ADD(.path = "./b", .mode = S_IFREG | 0644, .mtime = -5000000000);
    ADD(.path = "./c", .mode = S_IFREG | 0644, .mtime = 8589934591);
    ADD(.path = "./d", .mode = S_IFREG | 0644, .mtime = 8589934592);
    expect_listing("-rw-r--r-- 0/0               0 1969-12-31 23:59:59 ./a\n"
                   "-rw-r--r-- 0/0               0 1811-07-23 15:06:40 ./b\n"
                   "-rw-r--r-- 0/0               0 2242-03-16 12:56:31 ./c\n"
                   "-rw-r--r-- 0/0               0 2242-03-16 12:56:32 ./d\n");
    gbn_bytes_clear(&output);
    cr_assert(eq(int, RUN(&output, "bsdtar", "-tvf", "x.tar"), 0));
    cr_assert_not_null(strstr((char *)output.data, "Dec 31  1969 ./a"));
    cr_assert_not_null(strstr((char *)output.data, "Mar 16  2242 ./d"));
}

Test(tar, names_of_owner_and_group_are_kept)
{
    ADD(.path = "./a", .mode = S_IFREG | 0644, .uid = 998, .gid = 997, .owner = "git",
        .group = "git-data");
    finish();
    RUN(&output, "tar", "-tvf", "x.tar");
    cr_assert(
        eq(str, (char *)output.data, "-rw-r--r-- git/git-data      0 1970-01-01 00:00 ./a\n"));
}

static void
add_foreign_names(void)
{
    char *name = repeat("./\xc3\xa4\xff", '\xfe', 200);

    ADD(.path = "./n\xff\xfe \n'\"\\ \xc3\xa4", .mode = S_IFREG | 0644, .owner = "g\xfct",
        .group = "g\xc3\xbct");
    ADD(.path = name, .mode = S_IFREG | 0644);
    ADD(.path = "./s", .mode = S_IFLNK | 0777, .link = "\xff/\xc3\xa4");
    ADD(.path = "./t", .mode = S_IFLNK | 0777, .link = name);
    ADD(.path = "./h", .mode = S_IFREG | 0644, .link = name);
    free(name);
}

Test(tar, every_locale_gives_the_same_bytes_for_any_name)
{
    static const char *const locales[] = {"C", "C.UTF-8", "POSIX"};
    gbn_bytes first = GBN_BYTES_INIT;
    size_t i;

    add_foreign_names();
    gbn_bytes_append(&first, archive.data, archive.length, NULL);
    for (i = 0; i < sizeof locales / sizeof *locales; i++) {
        cr_assert_not_null(setlocale(LC_ALL, locales[i]));
        gbn_bytes_clear(&archive);
        add_foreign_names();
        cr_assert(eq(sz, archive.length, first.length));
        cr_assert(eq(int, memcmp(archive.data, first.data, first.length), 0));
    }
    gbn_bytes_free(&first);
}

Test(tar, names_that_are_no_text_at_all_are_extracted_as_they_were)
{
    ADD(.path = "./n\xff\xfe \n'\"\\ \xc3\xa4", .mode = S_IFREG | 0644);
    ADD(.path = "./s", .mode = S_IFLNK | 0777, .link = "\xff/\xc3\xa4");
    finish();
    cr_assert(eq(int, RUN(NULL, "tar", "-xf", "x.tar"), 0));
    cr_assert(eq(int, access("n\xff\xfe \n'\"\\ \xc3\xa4", F_OK), 0));
    gbn_bytes_clear(&output);
    RUN(&output, "readlink", "-n", "s");
    cr_assert(eq(str, (char *)output.data, "\xff/\xc3\xa4"));
}

Test(tar, a_socket_is_refused_and_leaves_nothing)
{
    const gbn_tar_member member = {.path = "./socket", .mode = S_IFSOCK | 0600};
    gbn_error err;

    ADD(.path = "./a", .mode = S_IFREG | 0644);
    cr_assert(eq(int, gbn_tar_header(tar, &member, &archive, &err), GBN_ERR_FORMAT));
    cr_assert(eq(sz, archive.length, GBN_TAR_BLOCK));
    cr_assert_not_null(strstr(err.message, "./socket"));
    ADD(.path = "./b", .mode = S_IFREG | 0644);
    finish();
    RUN(&output, "tar", "-tf", "x.tar");
    cr_assert(eq(str, (char *)output.data, "./a\n./b\n"));
}

Test(tar, a_size_that_no_file_has_is_refused)
{
    const gbn_tar_member member = {.path = "./f", .mode = S_IFREG | 0644, .size = UINT64_MAX};

    cr_assert(eq(int, gbn_tar_header(tar, &member, &archive, NULL), GBN_ERR_FORMAT));
    cr_assert(eq(sz, archive.length, 0));
}

Test(tar, only_regular_files_have_content)
{
    ADD(.path = "./d", .mode = S_IFDIR | 0755, .size = 4096);
    ADD(.path = "./s", .mode = S_IFLNK | 0777, .link = "x", .size = 1);
    ADD(.path = "./h", .mode = S_IFREG | 0644, .link = "./d", .size = 100000);
    ADD(.path = "./last", .mode = S_IFREG | 0644);
    finish();
    cr_assert(eq(int, RUN(&output, "tar", "-tf", "x.tar"), 0));
    cr_assert(eq(str, (char *)output.data, "./d/\n./s\n./h\n./last\n"));
}

Test(tar, padding_fills_the_last_block)
{
    cr_assert(eq(sz, gbn_tar_padding(0), 0));
    cr_assert(eq(sz, gbn_tar_padding(1), 511));
    cr_assert(eq(sz, gbn_tar_padding(511), 1));
    cr_assert(eq(sz, gbn_tar_padding(512), 0));
    cr_assert(eq(sz, gbn_tar_padding(UINT64_MAX), 1));
}

Test(tar, an_archive_ends_with_two_zero_blocks_and_a_full_record)
{
    uint64_t length;
    size_t zeros;

    for (length = 0; length <= 3 * GBN_TAR_RECORD; length += GBN_TAR_BLOCK) {
        zeros = gbn_tar_end(length);
        cr_assert(eq(sz, (length + zeros) % GBN_TAR_RECORD, 0));
        cr_assert(ge(sz, zeros, 2 * GBN_TAR_BLOCK));
        cr_assert(lt(sz, zeros, 2 * GBN_TAR_BLOCK + GBN_TAR_RECORD));
    }
}

Test(tar, headers_leave_no_memory_behind)
{
    const gbn_tar_member file = {.path = "./f", .mode = S_IFREG | 0644, .size = 12345};
    const gbn_tar_member socket = {.path = "./s", .mode = S_IFSOCK | 0600};
    size_t before = 0;
    int i;

    for (i = 0; i < 1010; i++) {
        if (i == 10)
            before = mallinfo2().uordblks;
        gbn_bytes_clear(&archive);
        cr_assert(eq(int, gbn_tar_header(tar, &file, &archive, NULL), GBN_OK));
        cr_assert(eq(int, gbn_tar_header(tar, &socket, &archive, NULL), GBN_ERR_FORMAT));
    }
    cr_assert(eq(sz, mallinfo2().uordblks, before));
}

Test(tar, a_header_costs_nothing_for_the_content_that_is_not_there)
{
    const gbn_tar_member member = {.path = "./f", .mode = S_IFREG | 0644, .size = INT64_MAX};

    cr_assert(eq(int, gbn_tar_header(tar, &member, &archive, NULL), GBN_OK));
    cr_assert(eq(sz, archive.length, GBN_TAR_BLOCK));
}

Test(tar, freeing_nothing_is_allowed)
{
    gbn_tar_free(NULL);
}

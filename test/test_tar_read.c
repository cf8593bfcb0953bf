#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_bytes.h"
#include "gbn_tar.h"
#include "gbn_tar_read.h"
#include "scratch.h"
#include "tree.h"

/* The archive under test, given in pieces of `piece` bytes, and then `repeated` again and again. */
static struct stream {
    gbn_bytes bytes;
    size_t at;
    size_t piece;
    gbn_status failure; /* instead of its end */
    const char *repeated;
    uint64_t pulled;
} stream;

static gbn_tar_reader *reader;
static gbn_tar_member member;
static gbn_error err;

static gbn_status
give(void *context, const uint8_t **data, size_t *length, gbn_error *error)
{
    struct stream *from = context;
    size_t rest = from->bytes.length - from->at;

    if (rest == 0 && from->repeated != NULL) {
        *data = (const uint8_t *)from->repeated;
        *length = strlen(from->repeated);
        from->pulled += *length;
        return GBN_OK;
    }
    if (rest == 0)
        return from->failure < 0 ? gbn_fail(error, from->failure, 0, "read the stream") : GBN_END;
    *data = from->bytes.data + from->at;
    *length = rest < from->piece ? rest : from->piece;
    from->at += *length;
    return GBN_OK;
}

static void
begin(void)
{
    scratch_enter();
    stream = (struct stream){.piece = 1 << 20, .failure = GBN_END};
    cr_assert(eq(int, gbn_tar_reader_new(give, &stream, &reader, &err), GBN_OK));
}

static void
end(void)
{
    gbn_tar_reader_free(reader);
    gbn_bytes_free(&stream.bytes);
    scratch_leave();
}

TestSuite(tar_read, .init = begin, .fini = end, .timeout = 60);

static gbn_status
next(void)
{
    return gbn_tar_reader_next(reader, &member, &err);
}

static void
expect_member(const char *path, mode_t type)
{
    cr_assert(eq(int, next(), GBN_OK), "%s", err.message);
    cr_assert(eq(str, (char *)member.path, (char *)path));
    cr_assert(eq(uint, member.mode & S_IFMT, type));
}

static void
expect_failure(gbn_status status, const char *message)
{
    cr_assert(eq(int, next(), status));
    cr_assert(eq(str, err.message, (char *)message));
    cr_assert(eq(int, next(), status)); /* and it stays so */
}

/* All content of the current member, holes as zeros. */
static gbn_status
read_content(gbn_bytes *content)
{
    const uint8_t *data;
    uint64_t offset;
    size_t length;
    gbn_status rc;

    gbn_bytes_clear(content);
    while ((rc = gbn_tar_reader_data(reader, &data, &length, &offset, &err)) == GBN_OK) {
        cr_assert(ge(u64, offset, content->length));
        gbn_bytes_append_zeros(content, offset - content->length, NULL);
        gbn_bytes_append(content, data, length, NULL);
    }
    return rc;
}

static void
expect_content(const char *text)
{
    gbn_bytes content = GBN_BYTES_INIT;

    cr_assert(eq(int, read_content(&content), GBN_END), "%s", err.message);
    gbn_bytes_append(&content, "", 1, NULL);
    cr_assert(eq(str, (char *)content.data, (char *)text));
    gbn_bytes_free(&content);
}

static void
again(size_t piece)
{
    stream.at = 0;
    stream.piece = piece;
    gbn_tar_reader_reset(reader, &stream);
}

static void
load(const char *name)
{
    gbn_bytes_clear(&stream.bytes);
    scratch_read(name, &stream.bytes);
    again(1 << 20);
}

/* What gbn_tar and others would not write: a header by hand. */
static uint8_t *
add_header(const char *name, char type, uint64_t size)
{
    uint8_t *header;
    unsigned sum = 0;

    gbn_bytes_append_zeros(&stream.bytes, GBN_TAR_BLOCK, NULL);
    header = stream.bytes.data + stream.bytes.length - GBN_TAR_BLOCK;
    memcpy(header, name, strlen(name));
    memcpy(header + 100, "0000644\0000000000\0000000000", 23);
    header[124] = 0x80;
    for (int i = 0; i < 8; i++)
        header[135 - i] = (uint8_t)(size >> (8 * i));
    memcpy(header + 136, "00000000000", 11);
    header[156] = (uint8_t)type;
    memcpy(header + 257, "ustar\00000", 8);
    memset(header + 148, ' ', 8);
    for (int i = 0; i < GBN_TAR_BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    return header;
}

static void
add_content(const char *text)
{
    gbn_bytes_append(&stream.bytes, text, strlen(text), NULL);
    gbn_bytes_append_zeros(&stream.bytes, gbn_tar_padding(strlen(text)), NULL);
}

static void
add_file(const char *name, const char *text)
{
    add_header(name, '0', strlen(text));
    add_content(text);
}

/* A pax record of less than a hundred bytes, for the next header. */
static void
add_pax(const char *records)
{
    add_header("pax", 'x', strlen(records));
    add_content(records);
}

static void
add_end(void)
{
    gbn_bytes_append_zeros(&stream.bytes, 2 * (size_t)GBN_TAR_BLOCK, NULL);
}

static void
add_ours(const gbn_tar_member *given, const char *text)
{
    gbn_tar *tar;

    cr_assert(eq(int, gbn_tar_new(&tar, NULL), GBN_OK));
    cr_assert(eq(int, gbn_tar_header(tar, given, &stream.bytes, NULL), GBN_OK));
    gbn_tar_free(tar);
    add_content(text);
}

#define OURS(text, ...) add_ours(&(gbn_tar_member){__VA_ARGS__}, text)

static void
add_sample(void)
{
    OURS("", .path = "./", .mode = S_IFDIR | 0755);
    OURS("abc", .path = "./a\xff\xc3", .mode = S_IFREG | 04640, .size = 3, .mtime = -5, .uid = 7,
         .gid = 1 << 22, .owner = "\xe4", .group = "g");
    OURS("", .path = "./h", .mode = S_IFREG | 0640, .link = "./a\xff\xc3");
    OURS("", .path = "./s", .mode = S_IFLNK | 0777, .link = "../\xff");
    OURS("", .path = "./p", .mode = S_IFIFO | 0600);
    add_end();
}

static void
expect_sample(void)
{
    expect_member("./", S_IFDIR);
    expect_member("./a\xff\xc3", S_IFREG);
    cr_assert(eq(uint, member.mode, S_IFREG | 04640));
    cr_assert(eq(i64, member.mtime, -5));
    cr_assert(eq(i64, gbn_tar_reader_mtime_ns(reader), -5000000000));
    cr_assert(eq(u64, member.uid, 7));
    cr_assert(eq(u64, member.gid, 1 << 22));
    cr_assert(eq(str, (char *)member.owner, "\xe4"));
    cr_assert(eq(str, (char *)member.group, "g"));
    cr_assert(eq(u64, gbn_tar_reader_offset(reader), GBN_TAR_BLOCK));
    cr_assert(eq(u64, gbn_tar_reader_position(reader), 2 * (size_t)GBN_TAR_BLOCK));
    expect_content("abc");
    expect_member("./h", S_IFREG);
    cr_assert(eq(u64, gbn_tar_reader_offset(reader), 3 * (size_t)GBN_TAR_BLOCK));
    cr_assert(eq(str, (char *)member.link, "./a\xff\xc3"));
    expect_content("");
    expect_member("./s", S_IFLNK);
    cr_assert(eq(str, (char *)member.link, "../\xff"));
    expect_member("./p", S_IFIFO);
    cr_assert(eq(int, next(), GBN_END));
    cr_assert(eq(int, next(), GBN_END));
}

Test(tar_read, members_come_back_as_gbn_tar_has_written_them)
{
    static const size_t pieces[] = {1, 511, 512, 513, 1 << 20};

    add_sample();
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        again(pieces[i]);
        expect_sample();
    }
}

Test(tar_read, content_lies_in_the_sources_memory)
{
    const uint8_t *data;
    uint64_t offset;
    size_t length;

    add_file("f", "content");
    add_end();
    expect_member("f", S_IFREG);
    cr_assert(eq(int, gbn_tar_reader_data(reader, &data, &length, &offset, &err), GBN_OK));
    cr_assert(eq(ptr, (void *)data, (void *)(stream.bytes.data + GBN_TAR_BLOCK)));
    cr_assert(eq(sz, length, 7));
    cr_assert(eq(u64, offset, 0));
}

Test(tar_read, content_that_is_not_read_is_skipped)
{
    const uint8_t *data;
    uint64_t offset;
    size_t length;

    add_file("f", "content");
    add_file("g", "");
    add_file("h", "more");
    add_end();
    again(1);
    expect_member("f", S_IFREG);
    gbn_tar_reader_data(reader, &data, &length, &offset, &err);
    expect_member("g", S_IFREG);
    cr_assert(eq(u64, gbn_tar_reader_offset(reader), 2 * (size_t)GBN_TAR_BLOCK));
    expect_member("h", S_IFREG);
    cr_assert(eq(int, next(), GBN_END));
}

/* decomposed, not UTF-8 at all, composed, a letter whose normal form is ASCII */
static const char *const odd_names[] = {"e\xcc\x81", "\xff\xfe", "\xc3\xa4", "\xe2\x84\xaa",
                                        "a\nb"};

static void
make_odd_tree(void)
{
    char path[64];

    tree_directory("d");
    for (size_t i = 0; i < sizeof odd_names / sizeof odd_names[0]; i++) {
        snprintf(path, sizeof path, "d/%s", odd_names[i]);
        tree_symlink(odd_names[i], path);
    }
}

static void
expect_odd_names(const char *locale)
{
    char path[64];

    if (setlocale(LC_ALL, locale) == NULL)
        return; /* not everywhere */
    again(1 << 20);
    expect_member("d/", S_IFDIR);
    for (size_t i = 0; i < sizeof odd_names / sizeof odd_names[0]; i++) {
        snprintf(path, sizeof path, "d/%s", odd_names[i]);
        expect_member(path, S_IFLNK);
        cr_assert(eq(str, (char *)member.link, (char *)odd_names[i]));
    }
    cr_assert(eq(int, next(), GBN_END));
}

Test(tar_read, names_are_bytes_in_every_locale_and_format)
{
    static const char *const formats[] = {"--format=ustar", "--format=gnu", "--format=pax"};
    static const char *const locales[] = {"C", "C.UTF-8", "en_US.UTF-8", "de_DE.ISO-8859-1"};

    make_odd_tree();
    for (size_t i = 0; i < 3; i++) {
        RUN(NULL, "tar", formats[i], "--no-recursion", "-cf", "x.tar", "d/", "d/e\xcc\x81",
            "d/\xff\xfe", "d/\xc3\xa4", "d/\xe2\x84\xaa", "d/a\nb");
        for (size_t j = 0; j < 4; j++) {
            load("x.tar");
            expect_odd_names(locales[j]);
        }
    }
}

static char *
long_name(void)
{
    char *name = malloc(5 * 201 + 1);

    for (int i = 0; i < 5; i++) {
        memset(name + (size_t)i * 201, 'a' + i, 200);
        name[(size_t)i * 201 + 200] = i < 4 ? '/' : '\0';
    }
    return name;
}

Test(tar_read, long_names_and_long_links_are_whole_in_gnu_and_pax)
{
    static const char *const formats[] = {"--format=gnu", "--format=pax"};
    char *name = long_name();

    RUN(NULL, "sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && ln -s \"$1\" \"$1\"", "sh", name);
    for (size_t i = 0; i < 2; i++) {
        RUN(NULL, "tar", formats[i], "-cf", "x.tar", name);
        load("x.tar");
        expect_member(name, S_IFLNK);
        cr_assert(eq(str, (char *)member.link, name));
        cr_assert(eq(u64, gbn_tar_reader_offset(reader), 0));
        cr_assert(eq(int, next(), GBN_END));
    }
    free(name);
}

Test(tar_read, every_format_of_gnu_tar_is_read)
{
    static const char *const formats[] = {"v7", "oldgnu", "ustar", "gnu", "pax"};
    char format[32];

    tree_directory("d");
    tree_text("d/f", "content");
    tree_hard_link("d/f", "d/g");
    for (size_t i = 0; i < 5; i++) {
        snprintf(format, sizeof format, "--format=%s", formats[i]);
        RUN(NULL, "tar", format, "--sort=name", "-cf", "x.tar", "d");
        load("x.tar");
        expect_member("d/", S_IFDIR);
        expect_member("d/f", S_IFREG);
        expect_content("content");
        expect_member("d/g", S_IFREG);
        cr_assert(eq(str, (char *)member.link, "d/f"));
        cr_assert(eq(int, next(), GBN_END));
    }
}

Test(tar_read, pax_times_keep_their_nanoseconds)
{
    tree_text("f", "");
    RUN(NULL, "touch", "-d", "@1700000000.125", "f");
    RUN(NULL, "tar", "--format=pax", "-cf", "x.tar", "f");
    load("x.tar");
    expect_member("f", S_IFREG);
    cr_assert(eq(i64, gbn_tar_reader_mtime_ns(reader), 1700000000125000000));
    cr_assert(eq(i64, member.mtime, 1700000000));
}

/* Ten megabytes with three bytes in the middle and four at the end. */
static void
make_sparse(void)
{
    int fd = open("sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    cr_assert(eq(i64, pwrite(fd, "mid", 3, 5000000), 3));
    cr_assert(eq(i64, pwrite(fd, "tail", 4, 10000000), 4));
    close(fd);
}

Test(tar_read, sparse_members_of_all_kinds_have_their_holes)
{
    static const char *const options[] = {"--format=gnu", "--sparse-version=0.0",
                                          "--sparse-version=0.1", "--sparse-version=1.0"};
    gbn_bytes content = GBN_BYTES_INIT;
    gbn_bytes original = GBN_BYTES_INIT;

    make_sparse();
    scratch_read("sparse", &original);
    for (size_t i = 0; i < 4; i++) {
        RUN(NULL, "tar", i == 0 ? "--format=gnu" : "--format=pax", "-S", options[i], "-cf", "x.tar",
            "sparse");
        load("x.tar");
        cr_assert(lt(sz, stream.bytes.length, 100000));
        expect_member("sparse", S_IFREG);
        cr_assert(eq(u64, member.size, 10000004));
        cr_assert(eq(int, read_content(&content), GBN_END));
        cr_assert(eq(sz, content.length, 10000004));
        cr_assert(eq(int, memcmp(content.data, original.data, content.length), 0));
        cr_assert(eq(int, next(), GBN_END));
    }
    gbn_bytes_free(&content);
    gbn_bytes_free(&original);
}

static void
add_sparse(const char *records, const char *map)
{
    add_pax(records);
    add_header("f", '0', 3 * (size_t)GBN_TAR_BLOCK);
    add_content(map);
    gbn_bytes_append_zeros(&stream.bytes, 2 * (size_t)GBN_TAR_BLOCK, NULL);
    add_end();
    again(1 << 20);
}

#define SPARSE(realsize)                                                                           \
    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=f\n" realsize

Test(tar_read, a_sparse_map_that_leads_backwards_or_past_the_end_is_refused)
{
    static const char *const maps[] = {"2\n5000\n512\n100\n512\n", "1\n99900\n512\n",
                                       "2\n100\n512\n611\n512\n"};
    gbn_bytes content = GBN_BYTES_INIT;

    for (size_t i = 0; i < 3; i++) {
        gbn_bytes_clear(&stream.bytes);
        add_sparse(SPARSE("30 GNU.sparse.realsize=100000\n"), maps[i]);
        expect_member("f", S_IFREG);
        cr_assert(eq(int, read_content(&content), GBN_ERR_FORMAT));
        cr_assert(eq(str, err.message, "read tar member at offset 0 (damaged sparse map)"));
        cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    }
    gbn_bytes_free(&content);
}

Test(tar_read, a_sparse_map_with_nonsense_in_it_is_refused)
{
    static const char *const maps[] = {"1\n-5\n512\n", "9223372036854775807\n0\n512\n", "x\n",
                                       "1\n", "1\n9223372036854775807\n512\n"};

    for (size_t i = 0; i < 5; i++) {
        gbn_bytes_clear(&stream.bytes);
        add_sparse(SPARSE("30 GNU.sparse.realsize=100000\n"), maps[i]);
        cr_assert(eq(int, next(), GBN_ERR_FORMAT), "%s", maps[i]);
    }
}

Test(tar_read, a_claim_of_8_exbibytes_costs_nothing)
{
    const uint8_t *data;
    uint64_t offset;
    size_t length;
    size_t before = mallinfo2().uordblks;

    add_sparse(SPARSE("43 GNU.sparse.realsize=9223372036854775807\n"),
               "1\n9223372036854775000\n512\n");
    expect_member("f", S_IFREG);
    cr_assert(eq(u64, member.size, INT64_MAX));
    cr_assert(eq(int, gbn_tar_reader_data(reader, &data, &length, &offset, &err), GBN_OK));
    cr_assert(eq(u64, offset, 9223372036854775000));
    gbn_bytes_clear(&stream.bytes);
    add_header("f", '0', INT64_MAX - 1);
    add_content("abc");
    again(1 << 20);
    expect_member("f", S_IFREG);
    cr_assert(lt(sz, mallinfo2().uordblks, before + 100000));
    expect_failure(GBN_ERR_FORMAT, "read tar member at offset 0 (truncated or damaged)");
}

Test(tar_read, sizes_past_63_bits_are_refused)
{
    add_header("f", '0', INT64_MAX);
    add_end();
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    gbn_bytes_clear(&stream.bytes);
    add_header("f", '0', UINT64_MAX);
    add_end();
    again(1 << 20);
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
}

Test(tar_read, headers_have_an_end)
{
    add_pax(SPARSE("30 GNU.sparse.realsize=100000\n"));
    add_header("f", '0', UINT64_C(1) << 60);
    gbn_bytes_append(&stream.bytes, "99999999999\n", 12, NULL);
    stream.repeated =
        "1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n";
    expect_failure(GBN_ERR_LIMIT, "read tar headers (more than 4194304 bytes for one member)");
}

Test(tar_read, a_long_name_claims_a_mebibyte_at_most)
{
    add_header("././@LongLink", 'L', UINT64_C(1) << 62);
    stream.repeated = "abcdefgh";
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(lt(u64, stream.pulled, 2 * (size_t)GBN_TAR_HEADERS_MAX));
}

Test(tar_read, an_endless_member_is_skipped_and_read_in_constant_memory)
{
    size_t before;

    add_header("f", '0', 64 << 20);
    stream.repeated = "ustar, ustar, ustar, ustar, ustar, ustar, ustar, ustar, ustar, ustar, ";
    expect_member("f", S_IFREG);
    before = mallinfo2().uordblks;
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(ge(u64, stream.pulled, 64 << 20));
    cr_assert(lt(sz, mallinfo2().uordblks, before + 1000000));
}

Test(tar_read, what_follows_the_end_is_not_read)
{
    add_file("f", "");
    add_end();
    add_file("g", "");
    gbn_bytes_append(&stream.bytes, "garbage", 7, NULL);
    again(GBN_TAR_BLOCK);
    expect_member("f", S_IFREG);
    cr_assert(eq(int, next(), GBN_END));
    cr_assert(eq(sz, stream.at, 3 * (size_t)GBN_TAR_BLOCK));
}

Test(tar_read, an_archive_of_nothing_but_its_end_is_empty)
{
    add_end();
    cr_assert(eq(int, next(), GBN_END));
}

Test(tar_read, an_archive_without_its_end_is_refused)
{
    add_file("f", "");
    expect_member("f", S_IFREG);
    expect_failure(GBN_ERR_FORMAT, "read tar member at offset 512 (the archive's end is missing)");
    gbn_bytes_append_zeros(&stream.bytes, GBN_TAR_BLOCK, NULL);
    again(1 << 20);
    expect_member("f", S_IFREG);
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read tar member at offset 512 (the archive's end is missing)"));
    add_file("g", "");
    add_end();
    again(1 << 20);
    expect_member("f", S_IFREG);
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
}

Test(tar_read, an_archive_cut_anywhere_is_refused)
{
    gbn_bytes content = GBN_BYTES_INIT;
    size_t whole;
    gbn_status rc;

    add_sample();
    whole = stream.bytes.length;
    for (size_t length = 0; length < whole; length += 64) {
        stream.bytes.length = length;
        again(1 << 20);
        while ((rc = next()) == GBN_OK)
            read_content(&content);
        cr_assert(eq(int, rc, GBN_ERR_FORMAT), "%zu bytes", length);
    }
    gbn_bytes_free(&content);
}

Test(tar_read, a_bit_flipped_in_a_header_is_noticed)
{
    add_sample();
    for (size_t bit = 0; bit < 8 * (size_t)GBN_TAR_BLOCK; bit += 7) {
        stream.bytes.data[GBN_TAR_BLOCK + bit / 8] ^= (uint8_t)(1 << bit % 8);
        again(1 << 20);
        expect_member("./", S_IFDIR);
        if (bit / 8 < 148 || bit / 8 >= 156)
            cr_assert(eq(int, next(), GBN_ERR_FORMAT), "bit %zu", bit);
        else
            next(); /* of the sum's own field, some bits have no meaning */
        stream.bytes.data[GBN_TAR_BLOCK + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

Test(tar_read, what_is_no_tar_is_refused)
{
    static const char *const files[] = {"", "text", "PK\003\004zip"};

    for (size_t i = 0; i < 3; i++) {
        gbn_bytes_clear(&stream.bytes);
        add_content(files[i]);
        again(1 << 20);
        cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    }
    cr_assert(eq(str, err.message, "read tar member at offset 0 (Unrecognized archive format)"));
}

Test(tar_read, members_that_say_nothing_useful_are_refused)
{
    add_file("", "");
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read tar member at offset 0 (no name)"));
    gbn_bytes_clear(&stream.bytes);
    add_header("s", '2', 0);
    again(1 << 20);
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read tar member at offset 0 (link to nothing)"));
    gbn_bytes_clear(&stream.bytes);
    add_header("m", 'M', 0);
    again(1 << 20);
    cr_assert(eq(int, next(), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read tar member at offset 0 (unknown type)"));
}

Test(tar_read, a_damaged_pax_record_is_not_ignored)
{
    static const char *const records[] = {"99 path=x\n", "0 path=x\n", "10 path\n", "x\n"};

    for (size_t i = 0; i < 4; i++) {
        gbn_bytes_clear(&stream.bytes);
        add_pax(records[i]);
        add_file("f", "");
        add_end();
        again(1 << 20);
        cr_assert(eq(int, next(), GBN_ERR_FORMAT), "%s", records[i]);
    }
}

Test(tar_read, devices_are_given_as_what_they_are)
{
    add_header("c", '3', 0);
    add_header("b", '4', 0);
    add_end();
    expect_member("c", S_IFCHR);
    expect_member("b", S_IFBLK);
    cr_assert(eq(int, next(), GBN_END));
}

Test(tar_read, names_that_lead_elsewhere_are_given_as_they_are)
{
    add_file("../a", "");
    add_file("/a", "");
    add_end();
    expect_member("../a", S_IFREG);
    expect_member("/a", S_IFREG);
}

Test(tar_read, the_sources_failure_is_passed_on)
{
    add_header("f", '0', 5000);
    stream.failure = GBN_ERR_CANCELLED;
    expect_member("f", S_IFREG);
    cr_assert(eq(int, next(), GBN_ERR_CANCELLED));
    cr_assert(eq(str, err.message, "read the stream"));
    gbn_bytes_clear(&stream.bytes);
    again(1 << 20);
    cr_assert(eq(int, next(), GBN_ERR_CANCELLED));
}

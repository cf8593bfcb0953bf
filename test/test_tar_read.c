#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/stat.h>

#include "gbn_bytes.h"
#include "gbn_tar.h"
#include "gbn_tar_read.h"
#include "scratch.h"
#include "tree.h"

/* The archive under test, given in pieces of `piece` bytes. */
static struct stream {
    gbn_bytes bytes;
    size_t at;
    size_t piece;
    gbn_status failure;
} stream;

static gbn_tar_reader *reader;
static gbn_tar_member member;
static gbn_error err;

static gbn_status
give(void *context, const uint8_t **data, size_t *length, gbn_error *error)
{
    struct stream *from = context;
    size_t rest = from->bytes.length - from->at;

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

/* All content of the current member, holes as zeros. */
static void
read_content(gbn_bytes *content)
{
    const uint8_t *data;
    uint64_t offset;
    size_t length;
    gbn_status rc;

    while ((rc = gbn_tar_reader_data(reader, &data, &length, &offset, &err)) == GBN_OK) {
        cr_assert(ge(u64, offset, content->length));
        gbn_bytes_append_zeros(content, offset - content->length, NULL);
        gbn_bytes_append(content, data, length, NULL);
    }
    cr_assert(eq(int, rc, GBN_END), "%s", err.message);
}

Test(tar_read, members_come_back_as_gbn_tar_has_written_them)
{
    static const size_t pieces[] = {1, 511, 512, 513, 1 << 20};
    gbn_bytes content = GBN_BYTES_INIT;
    gbn_tar *tar;

    cr_assert(eq(int, gbn_tar_new(&tar, NULL), GBN_OK));
    gbn_tar_header(tar, &(gbn_tar_member){.path = "./", .mode = S_IFDIR | 0755}, &stream.bytes,
                   NULL);
    gbn_tar_header(tar,
                   &(gbn_tar_member){.path = "./a\xff\xc3",
                                     .mode = S_IFREG | 04640,
                                     .size = 3,
                                     .mtime = -5,
                                     .uid = 7,
                                     .gid = 8,
                                     .owner = "\xe4",
                                     .group = "g"},
                   &stream.bytes, NULL);
    gbn_bytes_append(&stream.bytes, "abc", 3, NULL);
    gbn_bytes_append_zeros(&stream.bytes, gbn_tar_padding(3), NULL);
    gbn_tar_header(tar,
                   &(gbn_tar_member){.path = "./h", .mode = S_IFREG | 0640, .link = "./a\xff\xc3"},
                   &stream.bytes, NULL);
    gbn_tar_header(tar, &(gbn_tar_member){.path = "./s", .mode = S_IFLNK | 0777, .link = "../\xff"},
                   &stream.bytes, NULL);
    gbn_tar_free(tar);
    gbn_bytes_append_zeros(&stream.bytes, gbn_tar_end(stream.bytes.length), NULL);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        stream.at = 0;
        stream.piece = pieces[i];
        gbn_tar_reader_reset(reader, &stream);
        expect_member("./", S_IFDIR);
        expect_member("./a\xff\xc3", S_IFREG);
        cr_assert(eq(uint, member.mode, S_IFREG | 04640));
        cr_assert(eq(i64, member.mtime, -5));
        cr_assert(eq(str, (char *)member.owner, "\xe4"));
        cr_assert(eq(u64, gbn_tar_reader_offset(reader), 512));
        cr_assert(eq(u64, gbn_tar_reader_position(reader), 1024));
        content.length = 0;
        read_content(&content);
        cr_assert(eq(sz, content.length, 3));
        cr_assert(eq(int, memcmp(content.data, "abc", 3), 0));
        expect_member("./h", S_IFREG);
        cr_assert(eq(str, (char *)member.link, "./a\xff\xc3"));
        expect_member("./s", S_IFLNK);
        cr_assert(eq(str, (char *)member.link, "../\xff"));
        cr_assert(eq(int, next(), GBN_END));
        cr_assert(eq(int, next(), GBN_END));
    }
    gbn_bytes_free(&content);
}

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <msgpack.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gbn_bytes.h"
#include "gbn_manifest.h"
#include "samples.h"

static gbn_bytes bytes;
static msgpack_unpacked unpacked;

static void
begin(void)
{
    bytes = (gbn_bytes)GBN_BYTES_INIT;
    msgpack_unpacked_init(&unpacked);
}

static void
end(void)
{
    msgpack_unpacked_destroy(&unpacked);
    gbn_bytes_free(&bytes);
}

TestSuite(manifest, .init = begin, .fini = end);

/* The fields of the one record in `bytes`, its kind first. */
static const msgpack_object *
record(const char *kind, size_t fields)
{
    size_t offset = 0;
    const msgpack_object *first;

    cr_assert(eq(int,
                 msgpack_unpack_next(&unpacked, (const char *)bytes.data, bytes.length, &offset),
                 MSGPACK_UNPACK_SUCCESS));
    cr_assert(eq(sz, offset, bytes.length));
    cr_assert(eq(int, unpacked.data.type, MSGPACK_OBJECT_ARRAY));
    cr_assert(eq(u32, unpacked.data.via.array.size, (uint32_t)fields));
    first = unpacked.data.via.array.ptr;
    cr_assert(eq(int, first->type, MSGPACK_OBJECT_STR));
    cr_assert(eq(u32, first->via.str.size, (uint32_t)strlen(kind)));
    cr_assert(eq(int, memcmp(first->via.str.ptr, kind, strlen(kind)), 0));
    return first;
}

static void
expect_word(const msgpack_object *field, const char *word)
{
    cr_assert(eq(int, field->type, MSGPACK_OBJECT_STR));
    cr_assert(eq(u32, field->via.str.size, (uint32_t)strlen(word)), "%s", word);
    cr_assert(eq(int, memcmp(field->via.str.ptr, word, strlen(word)), 0), "%s", word);
}

static void
expect_bytes(const msgpack_object *field, const char *want)
{
    cr_assert(eq(int, field->type, MSGPACK_OBJECT_BIN));
    cr_assert(eq(u32, field->via.bin.size, (uint32_t)strlen(want)), "%s", want);
    cr_assert(eq(int, memcmp(field->via.bin.ptr, want, strlen(want)), 0), "%s", want);
}

static void
expect_uint(const msgpack_object *field, uint64_t want)
{
    cr_assert(eq(int, field->type, MSGPACK_OBJECT_POSITIVE_INTEGER));
    cr_assert(eq(u64, field->via.u64, want));
}

static const msgpack_object *
write_entry(const gbn_manifest_entry *entry)
{
    gbn_bytes_clear(&bytes);
    cr_assert(eq(int, gbn_manifest_put_entry(&bytes, entry, NULL), GBN_OK));
    return record("entry", 19);
}

Test(manifest, a_header_names_version_backup_product_and_codec)
{
    const gbn_manifest_header header = {
        .backup_id = "17_\xc3\xa4", .product = "uploads.tar.gz", .codec = "isal"};
    const msgpack_object *field;

    cr_assert(eq(int, gbn_manifest_put_header(&bytes, &header, NULL), GBN_OK));
    field = record("header", 5);
    expect_uint(field + 1, GBN_MANIFEST_VERSION);
    expect_bytes(field + 2, "17_\xc3\xa4");
    expect_bytes(field + 3, "uploads.tar.gz");
    expect_word(field + 4, "isal");
}

Test(manifest, a_block_is_seven_numbers)
{
    const gbn_manifest_block block = {.number = 3,
                                      .raw_offset = UINT64_C(1) << 40,
                                      .raw_size = 1048576,
                                      .stored_offset = 10,
                                      .stored_size = 0,
                                      .raw_crc32 = UINT32_MAX,
                                      .stored_crc32 = 1};
    const msgpack_object *field;

    cr_assert(eq(int, gbn_manifest_put_block(&bytes, &block, NULL), GBN_OK));
    field = record("block", 8);
    expect_uint(field + 1, 3);
    expect_uint(field + 2, UINT64_C(1) << 40);
    expect_uint(field + 3, 1048576);
    expect_uint(field + 4, 10);
    expect_uint(field + 5, 0);
    expect_uint(field + 6, UINT32_MAX);
    expect_uint(field + 7, 1);
}

Test(manifest, an_entry_keeps_every_field)
{
    const gbn_manifest_entry entry = sample_entry();
    const msgpack_object *field = write_entry(&entry);

    expect_bytes(field + 1, "a/\xff");
    expect_word(field + 2, "file");
    expect_uint(field + 3, 04751);
    expect_uint(field + 4, 1700000000123456789);
    expect_uint(field + 5, UINT64_C(9000000000));
    cr_assert(eq(int, field[6].type, MSGPACK_OBJECT_BIN));
    cr_assert(eq(u32, field[6].via.bin.size, 32));
    cr_assert(eq(int, memcmp(field[6].via.bin.ptr, entry.sha256, 32), 0));
    expect_uint(field + 7, 4294967294);
    expect_uint(field + 8, 998);
    expect_bytes(field + 9, "git");
    expect_bytes(field + 10, "\xff");
    cr_assert(eq(int, field[11].type, MSGPACK_OBJECT_NIL));
    cr_assert(eq(int, field[12].type, MSGPACK_OBJECT_NIL));
    expect_uint(field + 13, 7);
    expect_uint(field + 14, 1048575);
    expect_uint(field + 15, 66306);
    expect_uint(field + 16, UINT64_MAX);
    cr_assert(eq(int, field[17].type, MSGPACK_OBJECT_NEGATIVE_INTEGER));
    cr_assert(eq(i64, field[17].via.i64, -5));
    cr_assert(eq(int, field[18].type, MSGPACK_OBJECT_BOOLEAN));
    cr_assert(field[18].via.boolean);
}

Test(manifest, an_entry_says_nil_for_what_it_does_not_have)
{
    const gbn_manifest_entry entry = {.path = "", .mode = S_IFDIR | 0755};
    const msgpack_object *field = write_entry(&entry);
    const int absent[] = {6, 9, 10, 11, 12};
    size_t i;

    expect_bytes(field + 1, "");
    for (i = 0; i < sizeof absent / sizeof *absent; i++)
        cr_assert(eq(int, field[absent[i]].type, MSGPACK_OBJECT_NIL), "%d", absent[i]);
    cr_assert(not(field[18].via.boolean));
}

Test(manifest, each_type_has_its_word)
{
    static const struct {
        mode_t mode;
        const char *word;
    } types[] = {{S_IFREG, "file"}, {S_IFDIR, "directory"}, {S_IFLNK, "symlink"},
                 {S_IFIFO, "fifo"}, {S_IFCHR, "character"}, {S_IFBLK, "block"}};
    gbn_manifest_entry entry = sample_entry();
    size_t i;

    for (i = 0; i < sizeof types / sizeof *types; i++) {
        entry.mode = types[i].mode | 0644;
        expect_word(write_entry(&entry) + 2, types[i].word);
    }
    entry.mode = S_IFREG | 0644;
    entry.hardlink = true;
    expect_word(write_entry(&entry) + 2, "hardlink");
}

Test(manifest, only_files_of_their_own_have_a_size)
{
    gbn_manifest_entry entry = sample_entry();

    entry.hardlink = true;
    expect_uint(write_entry(&entry) + 5, 0);
    entry.hardlink = false;
    entry.mode = S_IFDIR | 0755;
    expect_uint(write_entry(&entry) + 5, 0);
}

Test(manifest, a_link_is_kept_byte_by_byte)
{
    gbn_manifest_entry entry = sample_entry();

    entry.mode = S_IFLNK | 0777;
    entry.link = "../\xff\n";
    expect_bytes(write_entry(&entry) + 11, "../\xff\n");
}

Test(manifest, a_device_is_its_major_and_minor_number)
{
    gbn_manifest_entry entry = sample_entry();
    const msgpack_object *field;

    entry.mode = S_IFBLK | 0600;
    entry.rdev = makedev(259, 70000);
    field = write_entry(&entry);
    cr_assert(eq(int, field[12].type, MSGPACK_OBJECT_ARRAY));
    cr_assert(eq(u32, field[12].via.array.size, 2));
    expect_uint(field[12].via.array.ptr, 259);
    expect_uint(field[12].via.array.ptr + 1, 70000);
}

Test(manifest, a_path_of_any_length_is_kept)
{
    static const size_t lengths[] = {31, 32, 255, 256, 65535, 65536};
    static char path[65537];
    gbn_manifest_entry entry = sample_entry();
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memset(path, 'p', lengths[i]);
        path[lengths[i]] = '\0';
        entry.path = path;
        expect_bytes(write_entry(&entry) + 1, path);
    }
}

Test(manifest, a_note_names_kind_path_and_reason)
{
    static const char *const words[] = {"unreadable", "vanished", "changed", "torn", "skipped"};
    const msgpack_object *field;
    int kind;

    cr_assert(eq(int, GBN_NOTE_KINDS, 5));
    for (kind = 0; kind < GBN_NOTE_KINDS; kind++) {
        gbn_bytes_clear(&bytes);
        cr_assert(eq(int, gbn_manifest_put_note(&bytes, kind, "a/\xff", "why", NULL), GBN_OK));
        field = record("note", 4);
        expect_word(field + 1, words[kind]);
        expect_bytes(field + 2, "a/\xff");
        expect_bytes(field + 3, "why");
    }
}

Test(manifest, a_trailer_counts_and_carries_the_product_s_digest)
{
    gbn_manifest_trailer trailer = {.blocks = 1,
                                    .entries = 2,
                                    .notes = 3,
                                    .raw_size = UINT64_C(1) << 33,
                                    .stored_size = 5,
                                    .raw_crc32 = 6};
    const msgpack_object *field;
    int i;

    memset(trailer.sha256, 0x7f, sizeof trailer.sha256);
    cr_assert(eq(int, gbn_manifest_put_trailer(&bytes, &trailer, NULL), GBN_OK));
    field = record("trailer", 8);
    for (i = 1; i <= 3; i++)
        expect_uint(field + i, (uint64_t)i);
    expect_uint(field + 4, UINT64_C(1) << 33);
    expect_uint(field + 5, 5);
    expect_uint(field + 6, 6);
    cr_assert(eq(u32, field[7].via.bin.size, 32));
    cr_assert(eq(int, memcmp(field[7].via.bin.ptr, trailer.sha256, 32), 0));
}

static void
write_all_kinds(void)
{
    const gbn_manifest_header header = {.backup_id = "id", .product = "p", .codec = "none"};
    const gbn_manifest_block block = {.number = 0};
    const gbn_manifest_entry entry = sample_entry();
    const gbn_manifest_trailer trailer = {.blocks = 1};

    gbn_manifest_put_header(&bytes, &header, NULL);
    gbn_manifest_put_block(&bytes, &block, NULL);
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    gbn_manifest_put_note(&bytes, GBN_NOTE_TORN, "x", "y", NULL);
    gbn_manifest_put_trailer(&bytes, &trailer, NULL);
}

Test(manifest, records_follow_one_another_without_separators)
{
    static const char *const kinds[] = {"header", "block", "entry", "note", "trailer"};
    size_t offset = 0, i;

    write_all_kinds();
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cr_assert(
            eq(int, msgpack_unpack_next(&unpacked, (const char *)bytes.data, bytes.length, &offset),
               MSGPACK_UNPACK_SUCCESS));
        expect_word(unpacked.data.via.array.ptr, kinds[i]);
    }
    cr_assert(eq(sz, offset, bytes.length));
}

Test(manifest, a_record_that_finds_no_room_is_taken_back)
{
    const gbn_manifest_block block = {.number = 0};
    gbn_bytes full = {NULL, SIZE_MAX, 0};
    gbn_error err;

    cr_assert(eq(int, gbn_manifest_put_block(&full, &block, &err), GBN_ERR_NOMEM));
    cr_assert(eq(int, err.status, GBN_ERR_NOMEM));
    cr_assert(eq(sz, full.length, SIZE_MAX));
}

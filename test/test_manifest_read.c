#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "gbn_gzip.h"
#include "gbn_manifest_read.h"
#include "samples.h"

static gbn_manifest_reader *reader;
static gbn_manifest_record record;
static gbn_bytes bytes;
static gbn_error err;
static size_t used;

static void
begin(void)
{
    bytes = (gbn_bytes)GBN_BYTES_INIT;
    cr_assert(eq(int, gbn_manifest_reader_new(&reader, &err), GBN_OK));
}

static void
end(void)
{
    gbn_manifest_reader_free(reader);
    gbn_bytes_free(&bytes);
}

TestSuite(manifest_read, .init = begin, .fini = end, .timeout = 60);

static gbn_status
decode(const void *data, size_t length)
{
    return gbn_manifest_read(reader, data, length, &used, &record, &err);
}

static const gbn_manifest_block sample_block = {.number = 3,
                                                .raw_offset = UINT64_C(1) << 40,
                                                .raw_size = 1048576,
                                                .stored_offset = 10,
                                                .stored_size = 7,
                                                .raw_crc32 = UINT32_MAX,
                                                .stored_crc32 = 1};

/* Append one record of each kind; give where each begins. */
static void
write_all_kinds(size_t offsets[6])
{
    const gbn_manifest_header header = {.backup_id = "id", .product = "p", .codec = "none"};
    const gbn_manifest_entry entry = sample_entry();
    const gbn_manifest_trailer trailer = {.blocks = UINT64_C(1) << 63, .entries = 2, .notes = 3};

    offsets[0] = bytes.length;
    gbn_manifest_put_header(&bytes, &header, NULL);
    offsets[1] = bytes.length;
    gbn_manifest_put_block(&bytes, &sample_block, NULL);
    offsets[2] = bytes.length;
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    offsets[3] = bytes.length;
    gbn_manifest_put_note(&bytes, GBN_NOTE_TORN, "x", "y", NULL);
    offsets[4] = bytes.length;
    gbn_manifest_put_trailer(&bytes, &trailer, NULL);
    offsets[5] = bytes.length;
}

static int
append(void *out, const char *data, size_t length)
{
    return gbn_bytes_append(out, data, length, NULL);
}

static msgpack_packer
packer_of(size_t elements, const char *kind)
{
    msgpack_packer packer;

    gbn_bytes_clear(&bytes);
    msgpack_packer_init(&packer, &bytes, append);
    msgpack_pack_array(&packer, elements);
    msgpack_pack_str_with_body(&packer, kind, strlen(kind));
    return packer;
}

static void
expect_rejected(const char *name)
{
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_ERR_FORMAT), "%s", name);
    cr_assert(strstr(err.message, name) != NULL, "%s: %s", name, err.message);
}

Test(manifest_read, every_record_comes_back_as_it_was_written)
{
    size_t offsets[6];

    write_all_kinds(offsets);
    for (int kind = 0; kind < 5; kind++) {
        cr_assert(eq(int, decode(bytes.data + offsets[kind], bytes.length - offsets[kind]), GBN_OK),
                  "%d: %s", kind, err.message);
        cr_assert(eq(sz, used, offsets[kind + 1] - offsets[kind]));
        cr_assert(eq(int, record.kind, kind));
    }
}

Test(manifest_read, an_entry_keeps_every_field)
{
    gbn_manifest_entry entry = sample_entry();
    const gbn_manifest_entry *read = &record.entry;

    entry.group = "";
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK));
    cr_assert(eq(str, (char *)read->path, (char *)"a/\xff"));
    cr_assert(eq(u32, read->mode, entry.mode));
    cr_assert(eq(i64, read->mtime_ns, entry.mtime_ns));
    cr_assert(eq(i64, read->ctime_ns, entry.ctime_ns));
    cr_assert(eq(u64, read->size, entry.size));
    cr_assert(read->has_sha256 && memcmp(read->sha256, entry.sha256, 32) == 0);
    cr_assert(eq(u64, read->uid, entry.uid));
    cr_assert(eq(u64, read->gid, entry.gid));
    cr_assert(eq(str, (char *)read->owner, (char *)"git"));
    cr_assert(eq(str, (char *)read->group, (char *)""));
    cr_assert(read->link == NULL && !read->hardlink && read->rdev == 0);
    cr_assert(eq(u64, read->block, entry.block));
    cr_assert(eq(u64, read->block_offset, entry.block_offset));
    cr_assert(eq(u64, read->device, entry.device));
    cr_assert(eq(u64, read->inode, entry.inode));
    cr_assert(read->settled);
}

Test(manifest_read, a_block_keeps_every_field)
{
    gbn_manifest_put_block(&bytes, &sample_block, NULL);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK));
    cr_assert(eq(int, memcmp(&record.block, &sample_block, sizeof sample_block), 0));
}

Test(manifest_read, each_type_of_entry_comes_back)
{
    static const mode_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFCHR, S_IFBLK};
    gbn_manifest_entry entry = sample_entry();

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        gbn_bytes_clear(&bytes);
        entry.mode = types[i] | 0640;
        entry.has_sha256 = S_ISREG(types[i]);
        entry.link = S_ISLNK(types[i]) ? "../b" : NULL;
        entry.rdev = makedev(259, 70000);
        gbn_manifest_put_entry(&bytes, &entry, NULL);
        cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK), "%zu: %s", i, err.message);
        cr_assert(eq(u32, record.entry.mode, entry.mode));
        cr_assert(eq(u64, record.entry.rdev, i >= 4 ? entry.rdev : 0));
    }
}

Test(manifest_read, a_hard_link_is_a_file_with_a_link)
{
    gbn_manifest_entry entry = sample_entry();

    entry.hardlink = true;
    entry.has_sha256 = false;
    entry.link = "a/first";
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK));
    cr_assert(record.entry.hardlink && S_ISREG(record.entry.mode));
    cr_assert(eq(str, (char *)record.entry.link, (char *)"a/first"));
}

static void
expect_entry_rejected(const gbn_manifest_entry *entry, const char *name)
{
    gbn_bytes_clear(&bytes);
    gbn_manifest_put_entry(&bytes, entry, NULL);
    expect_rejected(name);
}

Test(manifest_read, an_entry_has_what_its_type_wants_and_nothing_else)
{
    gbn_manifest_entry entry = sample_entry();

    entry.has_sha256 = false;
    expect_entry_rejected(&entry, "sha256");
    entry.link = "to";
    entry.has_sha256 = true;
    expect_entry_rejected(&entry, "link");
    entry.mode = S_IFLNK | 0777;
    expect_entry_rejected(&entry, "sha256");
    entry.has_sha256 = false;
    entry.link = NULL;
    expect_entry_rejected(&entry, "link");
}

Test(manifest_read, a_record_that_is_cut_anywhere_asks_for_more)
{
    size_t offsets[6];

    write_all_kinds(offsets);
    for (int kind = 0; kind < 5; kind++) {
        const size_t length = offsets[kind + 1] - offsets[kind];

        for (size_t cut = 0; cut < length; cut++) {
            uint8_t *copy = guarded_before_end(cut > 0 ? cut : 1);

            memcpy(copy, bytes.data + offsets[kind], cut);
            cr_assert(eq(int, decode(copy, cut), GBN_AGAIN), "%d cut at %zu", kind, cut);
        }
    }
}

Test(manifest_read, a_flipped_bit_is_survived_wherever_it_is)
{
    size_t offsets[6];
    uint8_t *copy;
    gbn_status rc;

    write_all_kinds(offsets);
    for (int kind = 0; kind < 5; kind++) {
        const size_t length = offsets[kind + 1] - offsets[kind];

        copy = guarded_before_end(length);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            memcpy(copy, bytes.data + offsets[kind], length);
            copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ (1U << bit % 8));
            rc = decode(copy, length);
            cr_assert(rc >= 0 || rc == GBN_ERR_FORMAT, "%d bit %zu: %d", kind, bit, rc);
            cr_assert(used <= length);
        }
    }
}

Test(manifest_read, noise_is_survived)
{
    enum { SIZE = 200 };
    uint8_t *noise = guarded_before_end(SIZE);

    for (uint64_t seed = 0; seed < 20000; seed++) {
        sample_fill(SAMPLE_RANDOM, noise, SIZE, seed);
        noise[0] = (uint8_t)(0x90 | (noise[0] & 15)); /* an array: get further */
        decode(noise, SIZE);
    }
}

/* What a claim of 2^32 - 1 elements or bytes would take, 100 GB and 4 GB, cannot be had. */
Test(manifest_read, a_claimed_count_allocates_nothing)
{
    static const struct {
        const char *claim;
        size_t length;
    } claims[] = {
        {"\xdd\xff\xff\xff\xff\xa5"
         "block",
         11}, /* array 32 */
        {"\x92\xa5"
         "block\xdd\xff\xff\xff\xff",
         12}, /* in a record */
        {"\x92\xa5"
         "block\xdf\xff\xff\xff\xff",
         12}, /* map 32 */
        {"\x92\xa5"
         "block\xc6\xff\xff\xff\xff",
         12},                            /* bin 32 */
        {"\x92\xdb\xff\xff\xff\xff", 6}, /* str 32 */
        {"\x92\xa5"
         "block\xc9\xff\xff\xff\xfe\x01",
         13}, /* ext 32 */
    };
    const struct rlimit limit = {256 << 20, 256 << 20};
    uint8_t *long_claim;

    cr_assert(eq(int, setrlimit(RLIMIT_AS, &limit), 0));
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        cr_assert(eq(int, decode(claims[i].claim, claims[i].length), GBN_AGAIN), "%zu", i);
    long_claim = calloc(1, 2 * GBN_MANIFEST_RECORD_MAX);
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        memcpy(long_claim, claims[i].claim, claims[i].length);
        cr_assert(lt(int, decode(long_claim, 2 * GBN_MANIFEST_RECORD_MAX), 0), "%zu", i);
    }
    free(long_claim);
}

Test(manifest_read, a_record_past_the_limit_is_refused)
{
    char *path = malloc(GBN_MANIFEST_RECORD_MAX + 1);
    gbn_manifest_entry entry = sample_entry();

    memset(path, 'p', GBN_MANIFEST_RECORD_MAX);
    path[GBN_MANIFEST_RECORD_MAX] = '\0';
    entry.path = path;
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_ERR_LIMIT));
    cr_assert(eq(int, decode(bytes.data, GBN_MANIFEST_RECORD_MAX - 1), GBN_AGAIN));
    path[GBN_MANIFEST_RECORD_MAX - 1000] = '\0';
    gbn_bytes_clear(&bytes);
    gbn_manifest_put_entry(&bytes, &entry, NULL);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK));
    cr_assert(eq(sz, strlen(record.entry.path), GBN_MANIFEST_RECORD_MAX - 1000));
    free(path);
}

Test(manifest_read, arrays_in_arrays_have_an_end)
{
    uint8_t deep[1000];

    memset(deep, 0x91, sizeof deep);
    cr_assert(eq(int, decode(deep, sizeof deep), GBN_ERR_FORMAT));
}

Test(manifest_read, a_kind_nobody_knows_is_skipped)
{
    msgpack_packer packer = packer_of(2, "from tomorrow");

    msgpack_pack_double(&packer, 1.5);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_SKIPPED));
    cr_assert(eq(sz, used, bytes.length));
}

/* A block with `extra` elements behind, packed by the caller. */
static msgpack_packer
longer_block(size_t extra)
{
    msgpack_packer packer = packer_of(8 + extra, "block");

    for (int i = 0; i < 7; i++)
        msgpack_pack_uint8(&packer, 1);
    return packer;
}

Test(manifest_read, elements_beyond_the_known_ones_are_read_over)
{
    msgpack_packer packer = longer_block(20);

    msgpack_pack_map(&packer, 1);
    msgpack_pack_array(&packer, 2);
    msgpack_pack_uint8(&packer, 1);
    msgpack_pack_uint8(&packer, 2);
    msgpack_pack_array(&packer, 0);
    msgpack_pack_ext_with_body(&packer, "abc", 3, 7);
    for (int i = 0; i < 18; i++)
        msgpack_pack_float(&packer, 0.5F);
    cr_assert(eq(int, decode(bytes.data, bytes.length), GBN_OK));
    cr_assert(eq(sz, used, bytes.length));
}

Test(manifest_read, a_record_that_lacks_elements_is_refused)
{
    static const char *const kinds[] = {"header", "block", "entry", "note", "trailer"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        packer_of(1, kinds[i]);
        expect_rejected(kinds[i]);
    }
}

Test(manifest_read, what_is_no_array_with_a_word_first_is_refused)
{
    static const struct {
        const char *data;
        size_t length;
    } records[] = {{"\x90", 1},
                   {"\x91\x01", 2},
                   {"\x91\xc4\x05"
                    "block",
                    8},
                   {"\x81\x01\x01", 3},
                   {"\xa5"
                    "block",
                    6},
                   {"\x01", 1},
                   {"\xc1", 1},
                   {"\xc0", 1}};

    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        cr_assert(eq(int, decode(records[i].data, records[i].length), GBN_ERR_FORMAT), "%zu", i);
}

Test(manifest_read, a_version_other_than_ours_is_refused)
{
    msgpack_packer packer = packer_of(5, "header");

    msgpack_pack_uint8(&packer, 2);
    msgpack_pack_bin_with_body(&packer, "i", 1);
    msgpack_pack_bin_with_body(&packer, "p", 1);
    msgpack_pack_str_with_body(&packer, "isal", 4);
    expect_rejected("version");
}

Test(manifest_read, a_codec_nobody_knows_is_refused)
{
    const gbn_manifest_header header = {.backup_id = "id", .product = "p", .codec = "zstd"};

    gbn_manifest_put_header(&bytes, &header, NULL);
    expect_rejected("codec");
}

/* A note whose path is packed by `pack_path`, as bin if it is to be right. */
static void
note_of(const char *kind, int (*pack_path)(msgpack_packer *, const void *, size_t),
        const char *path, size_t length)
{
    msgpack_packer packer = packer_of(4, "note");

    msgpack_pack_str_with_body(&packer, kind, strlen(kind));
    pack_path(&packer, path, length);
    msgpack_pack_bin_with_body(&packer, "why", 3);
}

Test(manifest_read, a_nul_in_a_string_is_refused)
{
    note_of("torn", msgpack_pack_bin_with_body, "a\0b", 3);
    expect_rejected("path");
}

Test(manifest_read, str_where_bin_belongs_is_refused)
{
    note_of("torn", msgpack_pack_str_with_body, "a", 1);
    expect_rejected("path");
}

Test(manifest_read, a_note_of_an_unknown_kind_is_refused)
{
    note_of("odd", msgpack_pack_bin_with_body, "a", 1);
    expect_rejected("kind");
}

static void
expect_block_rejected(gbn_manifest_block block, const char *name)
{
    gbn_bytes_clear(&bytes);
    gbn_manifest_put_block(&bytes, &block, NULL);
    expect_rejected(name);
}

Test(manifest_read, a_block_s_numbers_have_limits)
{
    gbn_manifest_block block = sample_block;

    block.raw_offset = UINT64_C(1) << 63;
    expect_block_rejected(block, "raw_offset");
    block = sample_block;
    block.raw_size++;
    expect_block_rejected(block, "raw_size");
    block.raw_size = 0;
    expect_block_rejected(block, "raw_size");
    block = sample_block;
    block.stored_size = gbn_gzip_bound((size_t)block.raw_size) + 1;
    expect_block_rejected(block, "stored_size");
}

Test(manifest_read, a_negative_or_broken_number_is_no_uint)
{
    msgpack_packer packer = packer_of(8, "block");

    msgpack_pack_int8(&packer, -1);
    for (int i = 0; i < 6; i++)
        msgpack_pack_uint8(&packer, 1);
    expect_rejected("number");
    packer = packer_of(8, "block");
    msgpack_pack_double(&packer, 3.0);
    for (int i = 0; i < 6; i++)
        msgpack_pack_uint8(&packer, 1);
    expect_rejected("number");
}

Test(manifest_read, a_trailer_without_a_digest_of_32_bytes_is_refused)
{
    msgpack_packer packer = packer_of(8, "trailer");

    for (int i = 0; i < 6; i++)
        msgpack_pack_uint8(&packer, 1);
    msgpack_pack_bin_with_body(&packer, "short", 5);
    expect_rejected("sha256");
}

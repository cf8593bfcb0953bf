#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_pack.h"
#include "gbn_sha256.h"
#include "output.h"
#include "process.h"
#include "scratch.h"
#include "tree.h"

/* Of an index of `count` objects: where its tables begin, one behind the other. */
#define IDS (8 + 1024)
#define SUMS (IDS + count * options.id_size)
#define OFFSETS (SUMS + count * 4)
#define LARGE (OFFSETS + count * 4)
#define MIB (1024 * 1024)

static const uint64_t count = 7;
static gbn_error err;
static gbn_pack_options options;

static void
begin(void)
{
    scratch_enter();
    tree_directory("files");
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("HOME", "/nonexistent", 1);
    options = (gbn_pack_options){.pack = "p.pack", .index = "p.idx", .id_size = 20, .entries = 100};
    process_remember();
}

static void
end(void)
{
    process_expect_same();
    scratch_leave();
}

TestSuite(pack, .init = begin, .fini = end, .timeout = 60);

static void
shell(const char *line)
{
    cr_assert(eq(int, RUN(NULL, "sh", "-ec", line), 0), "%s", line);
}

/* Have git make p.pack and p.idx of the files in "files"; a repository "r" with these objects stays. */
static void
pack_files(const char *format)
{
    setenv("GIT_DEFAULT_HASH", format, 1);
    shell("rm -rf r p.pack p.idx; git init -q --bare r; git -C r config pack.compression 0\n"
          "find \"$PWD/files\" -type f | sort | git -C r hash-object -w --stdin-paths >ids\n"
          "git -C r pack-objects -q ../p <ids >/dev/null\n"
          "mv p-*.pack p.pack; mv p-*.idx p.idx; rm -f p-*; chmod 644 p.*");
    options.id_size = strcmp(format, "sha1") == 0 ? 20 : 32;
}

/* `count` small objects, one of them a delta of another. */
static void
make_small(const char *format)
{
    char name[20];

    for (unsigned i = 0; i < count - 1; i++) {
        snprintf(name, sizeof name, "files/%u", i);
        tree_file(name, 1 + i * 5);
    }
    shell("seq 1 60 >files/0; seq 1 61 >files/last");
    pack_files(format);
}

static bool
is_sound(void)
{
    gbn_job *job;
    bool sound;

    cr_assert(eq(int, gbn_pack_start(&options, &sound, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_OK), "%s", err.message);
    return sound;
}

/* git's own look at it. */
static bool
git_verifies(void)
{
    return RUN(NULL, "sh", "-c", "git -C r verify-pack ../p.idx 2>/dev/null") == 0;
}

/* Make the hash at the index's end that of what is before: then only its content can be at fault. */
static void
seal(void)
{
    gbn_bytes index = GBN_BYTES_INIT;
    gbn_sha256 *sha;
    size_t length;

    cr_assert(eq(sz, options.id_size, GBN_SHA256_SIZE));
    scratch_read("p.idx", &index);
    length = index.length - GBN_SHA256_SIZE;
    cr_assert(eq(int, gbn_sha256_new(&sha, &err), GBN_OK));
    cr_assert(eq(int, gbn_sha256_update(sha, index.data, length, &err), GBN_OK));
    cr_assert(eq(int, gbn_sha256_final(sha, index.data + length, &err), GBN_OK));
    scratch_write("p.idx", index.data, index.length);
    gbn_sha256_free(sha);
    gbn_bytes_free(&index);
}

static void
expect_flips_found(const char *name, uint64_t offset, uint64_t stop)
{
    cr_assert(lt(u64, offset, stop));
    for (; offset < stop; offset++) {
        scratch_flip(name, offset, offset % 8);
        cr_expect_not(is_sound(), "%s: byte %ju", name, (uintmax_t)offset);
        scratch_flip(name, offset, offset % 8);
    }
    cr_assert(is_sound());
}

/* The same of the index, by what it says and not by its hash. */
static void
expect_sealed_flips_found(uint64_t offset, uint64_t stop)
{
    cr_assert(lt(u64, offset, stop));
    for (; offset < stop; offset++) {
        scratch_flip("p.idx", offset, offset % 8);
        seal();
        cr_expect_not(is_sound(), "byte %ju", (uintmax_t)offset);
        scratch_flip("p.idx", offset, offset % 8);
    }
    seal();
    cr_assert(is_sound());
    cr_assert(git_verifies());
}

static void
expect_cuts_found(const char *name)
{
    gbn_bytes whole = GBN_BYTES_INIT;

    scratch_read(name, &whole);
    for (size_t length = 0; length < whole.length; length++) {
        scratch_write(name, whole.data, length);
        cr_expect_not(is_sound(), "%s: %zu bytes", name, length);
    }
    scratch_write(name, whole.data, whole.length);
    cr_assert(is_sound());
    gbn_bytes_free(&whole);
}

Test(pack, what_git_has_just_packed_is_sound)
{
    static const char *const formats[] = {"sha1", "sha256"};

    for (size_t i = 0; i < 2; i++) {
        make_small(formats[i]);
        cr_assert(git_verifies());
        cr_assert(is_sound());
        cr_assert(eq(u64, scratch_size("p.idx"), LARGE + 2 * options.id_size));
        options.id_size ^= 20 ^ 32;
        cr_assert_not(is_sound());
    }
}

Test(pack, every_flipped_bit_in_the_pack_is_found)
{
    static const char *const formats[] = {"sha1", "sha256"};

    for (size_t i = 0; i < 2; i++) {
        make_small(formats[i]);
        expect_flips_found("p.pack", 0, scratch_size("p.pack"));
        scratch_flip("p.pack", 20, 3);
        cr_assert_not(git_verifies());
    }
}

Test(pack, a_flipped_bit_is_found_wherever_the_pieces_end)
{
    static const uint64_t places[] = {12, MIB, 12 + MIB, 12 + 2 * MIB};

    tree_file("files/1", MIB / 2);
    tree_file("files/2", 3 * MIB);
    tree_file("files/3", 10);
    shell("head -c 1500000 /dev/urandom >files/4");
    pack_files("sha1");
    cr_assert(gt(u64, scratch_size("p.pack"), 4 * MIB));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        expect_flips_found("p.pack", places[i] - (i > 0), places[i] + 2);
    expect_flips_found("p.pack", scratch_size("p.pack") - 22, scratch_size("p.pack") - 20);
}

Test(pack, every_flipped_bit_in_the_index_is_found)
{
    static const char *const formats[] = {"sha1", "sha256"};

    for (size_t i = 0; i < 2; i++) {
        make_small(formats[i]);
        expect_flips_found("p.idx", 0, scratch_size("p.idx"));
    }
}

Test(pack, whichever_part_of_the_index_is_changed_git_sees_it_too)
{
    static const char *const formats[] = {"sha1", "sha256"};

    for (size_t i = 0; i < 2; i++) {
        make_small(formats[i]);
        const uint64_t last = scratch_size("p.idx") - 1, first = last + 1 - 2 * options.id_size;
        const uint64_t places[] = {1,    7,       8,           IDS - 1, IDS,   SUMS - 1,
                                   SUMS, OFFSETS, OFFSETS + 3, first,   LARGE, last};

        for (size_t j = 0; j < sizeof places / sizeof places[0]; j++) {
            scratch_flip("p.idx", places[j], 0);
            cr_expect_not(git_verifies(), "byte %ju", (uintmax_t)places[j]);
            cr_expect_not(is_sound(), "byte %ju", (uintmax_t)places[j]);
            scratch_flip("p.idx", places[j], 0);
        }
        cr_assert(git_verifies());
        cr_assert(is_sound());
    }
}

Test(pack, an_index_whose_hash_is_right_is_not_believed_either)
{
    make_small("sha256");
    expect_sealed_flips_found(0, 8);
    expect_sealed_flips_found(IDS - 4, IDS);
    expect_sealed_flips_found(SUMS, scratch_size("p.idx") - options.id_size);
}

Test(pack, offsets_in_the_table_of_large_ones_are_followed)
{
    make_small("sha256");
    shell("rm p.idx; git -C r index-pack --index-version=2,0x20 -o ../p.idx ../p.pack >/dev/null\n"
          "chmod 644 p.idx");
    cr_assert(git_verifies());
    cr_assert(gt(u64, scratch_size("p.idx"), LARGE + 4 * 8 + 2 * options.id_size));
    expect_sealed_flips_found(OFFSETS, scratch_size("p.idx") - options.id_size);
    expect_flips_found("p.idx", 0, scratch_size("p.idx"));
    expect_cuts_found("p.idx");
}

Test(pack, one_that_was_cut_off_is_not_sound)
{
    make_small("sha1");
    expect_cuts_found("p.pack");
    expect_cuts_found("p.idx");
}

Test(pack, one_with_something_behind_it_is_not_sound)
{
    static const char *const lines[] = {"printf 1 >>p.pack", "printf 1 >>p.idx",
                                        "printf 12345678 >>p.idx", "truncate -s +1T p.idx"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        make_small("sha1");
        cr_assert(is_sound());
        shell(lines[i]);
        cr_assert_not(is_sound(), "%s", lines[i]);
    }
}

Test(pack, a_large_offset_that_no_object_has_is_found)
{
    char line[120];

    make_small("sha256");
    snprintf(line, sizeof line,
             "(head -c %ju p.idx; printf 12345678; tail -c 64 p.idx) >i; mv i p.idx",
             (uintmax_t)LARGE);
    shell(line);
    seal();
    cr_assert_not(is_sound());
}

Test(pack, an_object_twice_and_one_not_at_all_is_found)
{
    gbn_bytes index = GBN_BYTES_INIT;

    make_small("sha256");
    scratch_read("p.idx", &index);
    memcpy(index.data + OFFSETS, index.data + OFFSETS + 4, 4);
    memcpy(index.data + SUMS, index.data + SUMS + 4, 4);
    scratch_write("p.idx", index.data, index.length);
    seal();
    cr_assert_not(is_sound());
    gbn_bytes_free(&index);
}

Test(pack, a_count_beyond_all_bounds_is_not_believed)
{
    static const uint8_t counts[][4] = {{255, 255, 255, 255}, {128, 0, 0, 0}, {16, 0, 0, 0}, {0}};
    gbn_bytes index = GBN_BYTES_INIT;

    make_small("sha256");
    options.entries = UINT32_MAX;
    cr_assert(is_sound());
    scratch_read("p.idx", &index);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memcpy(index.data + IDS - 4, counts[i], 4);
        scratch_write("p.idx", index.data, index.length);
        seal();
        cr_expect_not(is_sound());
    }
    gbn_bytes_free(&index);
}

Test(pack, more_objects_than_are_allowed_are_not_looked_at)
{
    make_small("sha1");
    options.entries = count - 1;
    cr_assert_not(is_sound());
    options.entries = count;
    cr_assert(is_sound());
}

Test(pack, an_index_of_version_1_tells_nothing)
{
    make_small("sha1");
    shell("rm p.idx; git -C r index-pack --index-version=1 -o ../p.idx ../p.pack >/dev/null");
    cr_assert(git_verifies());
    cr_assert_not(is_sound());
}

Test(pack, the_index_of_another_pack_is_not_taken)
{
    make_small("sha1");
    shell("mv p.idx other; printf 2 >>files/1");
    pack_files("sha1");
    cr_assert(is_sound());
    shell("mv other p.idx");
    cr_assert_not(is_sound());
}

Test(pack, without_an_object_it_is_sound)
{
    pack_files("sha1");
    cr_assert(eq(u64, scratch_size("p.pack"), 12 + 20));
    cr_assert(git_verifies());
    cr_assert(is_sound());
    shell("printf 1 >>p.pack");
    cr_assert_not(is_sound());
}

Test(pack, files_that_are_not_there_or_no_files_tell_nothing)
{
    make_small("sha1");
    tree_directory("directory");
    cr_assert(eq(int, mkfifo("fifo", 0600), 0));
    options.pack = "missing";
    cr_assert_not(is_sound());
    options.pack = "directory";
    cr_assert_not(is_sound());
    options.pack = "p.pack";
    options.index = "fifo";
    cr_assert_not(is_sound());
    options.index = "missing";
    cr_assert_not(is_sound());
}

Test(pack, a_file_that_may_not_be_read_tells_nothing)
{
    make_small("sha1");
    process_become_nobody();
    cr_assert(is_sound());
    chmod("p.pack", 0);
    cr_assert_not(is_sound());
}

static const char *cut;

static void
cut_off(void)
{
    cr_assert(eq(int, truncate(cut, 100), 0));
}

Test(pack, one_that_is_cut_off_while_it_is_read_is_not_sound)
{
    static const char *const names[] = {"p.pack", "p.idx"};

    for (size_t i = 0; i < 2; i++) {
        make_small("sha1");
        cut = names[i];
        faults.reading = cut_off;
        cr_assert_not(is_sound());
        faults.reading = NULL;
    }
}

Test(pack, ids_of_another_size_are_an_error)
{
    gbn_job *job;
    bool sound = true;

    options.id_size = 21;
    cr_assert(eq(int, gbn_pack_start(&options, &sound, &job, &err), GBN_ERR_INVALID));
    cr_assert(eq(str, err.message, "ids of 21 bytes"));
    cr_assert_not(sound);
}

Test(pack, finishing_it_at_any_moment_leaves_nothing)
{
    tree_file("files/1", 8 * MIB);
    pack_files("sha1");
    for (long i = 0; i < 60; i++) {
        gbn_job *job;
        bool sound;

        cr_assert(eq(int, gbn_pack_start(&options, &sound, &job, &err), GBN_OK));
        cr_assert(eq(int, output_break_off(job, i * 100 * 1000, &err) == GBN_OK, sound));
    }
}

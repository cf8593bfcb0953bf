#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_inflate.h"
#include "output.h"
#include "process.h"
#include "samples.h"
#include "scratch.h"

enum { MIB = 1024 * 1024, LENGTH = 5 * MIB + 12345 };

static gbn_error err;
static uint64_t raw;
static uint8_t *content;

static void
begin(void)
{
    scratch_enter();
    content = malloc(LENGTH);
    sample_fill(SAMPLE_MIXED, content, LENGTH, 1);
    process_remember();
}

static void
end(void)
{
    free(content);
    process_expect_same();
    scratch_leave();
}

TestSuite(inflate, .init = begin, .fini = end, .timeout = 120);

#define EACH(item, list)                                                                           \
    for (size_t item##_at = 0; item##_at < sizeof(list) / sizeof *(list); item##_at++)

/* "p" and its manifest "m" of the first `length` bytes of the content. */
static void
make_product(size_t length, const char *codec)
{
    scratch_write("raw", content, length);
    output_pack("raw", codec);
}

static gbn_status
start(const gbn_inflate_options *options)
{
    gbn_job *job;
    const gbn_status rc = gbn_inflate_start(options, &raw, &job, &err);

    return rc < 0 ? rc : output_finish(job, &err);
}

static gbn_status
run(const char *manifest, int fd, unsigned workers)
{
    return start(&(gbn_inflate_options){{.path = "p"}, manifest, fd, workers, 0, 0, NULL, NULL});
}

static gbn_status
inflate_to_file(const char *manifest, unsigned workers)
{
    const int fd = open("out", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    const gbn_status rc = run(manifest, fd, workers);

    close(fd);
    return rc;
}

static void
expect_content(const char *manifest, size_t length, unsigned workers)
{
    gbn_bytes out = GBN_BYTES_INIT;

    cr_assert(eq(int, inflate_to_file(manifest, workers), GBN_OK), "%s", err.message);
    cr_assert(eq(u64, raw, length));
    scratch_read("out", &out);
    cr_assert(eq(sz, out.length, length));
    cr_assert(length == 0 || memcmp(out.data, content, length) == 0);
    gbn_bytes_free(&out);
    cr_assert(eq(int, run(manifest, -1, workers), GBN_OK));
    cr_assert(eq(u64, raw, length));
}

static void
expect_damage(const char *manifest, const char *reason)
{
    cr_assert(eq(int, inflate_to_file(manifest, 2), GBN_ERR_FORMAT));
    cr_assert(strstr(err.message, reason) != NULL, "%s", err.message);
    cr_assert(eq(int, run(manifest, -1, 1), GBN_ERR_FORMAT));
}

Test(inflate, products_of_any_size_come_back_with_and_without_their_manifest)
{
    static const size_t lengths[] = {0, 1, MIB - 1, MIB, MIB + 1, LENGTH};
    static const char *const codecs[] = {"isal", "zlib"};
    unsigned workers;

    EACH(codec, codecs)
    EACH(length, lengths)
    {
        if (gbn_gzip_codec_find(codecs[codec_at]) == NULL)
            continue;
        make_product(lengths[length_at], codecs[codec_at]);
        expect_content(NULL, lengths[length_at], 1);
        for (workers = 1; workers <= 4; workers++)
            expect_content("m", lengths[length_at], workers);
    }
}

/* Bytes `from` to `to` of "p", which are then in "out". */
static gbn_status
run_part(const char *manifest, uint64_t from, uint64_t to)
{
    const int fd = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const gbn_status rc =
        start(&(gbn_inflate_options){{.path = "p"}, manifest, fd, 2, from, to, NULL, NULL});

    close(fd);
    return rc;
}

Test(inflate, a_part_is_these_bytes_and_no_others)
{
    const uint64_t parts[][2] = {{0, 1},
                                 {0, LENGTH},
                                 {MIB, 2 * MIB},
                                 {MIB - 1, MIB},
                                 {MIB - 1, MIB + 1},
                                 {3 * MIB - 7, 5 * MIB + 9},
                                 {LENGTH - 1, LENGTH},
                                 {5, 3 * MIB}};
    const char *const manifests[] = {"m", NULL};

    make_product(LENGTH, "zlib");
    EACH(part, parts)
    EACH(manifest, manifests)
    {
        const uint64_t from = parts[part_at][0], to = parts[part_at][1];
        gbn_bytes out = GBN_BYTES_INIT;

        cr_assert(eq(int, run_part(manifests[manifest_at], from, to), GBN_OK), "%s", err.message);
        cr_assert(eq(u64, raw, to - from));
        scratch_read("out", &out);
        cr_assert(eq(u64, out.length, to - from));
        cr_assert(memcmp(out.data, content + from, out.length) == 0);
        gbn_bytes_free(&out);
    }
}

Test(inflate, a_part_that_is_not_there_is_damage)
{
    make_product(MIB, "zlib");
    cr_assert(eq(int, run_part("m", 5, MIB + 1), GBN_ERR_FORMAT));
    cr_assert(eq(str, err.message, "read p: its content ends before byte 1048577"));
    cr_assert(eq(int, run_part(NULL, MIB, MIB + 1), GBN_ERR_FORMAT));
}

Test(inflate, files_of_gzip_with_any_members_are_read)
{
    scratch_write("raw", content, LENGTH);
    cr_assert(eq(int,
                 RUN(NULL, "sh", "-c",
                     "(head -c 100000 raw | gzip -9; : | gzip;"
                     " tail -c +100001 raw | gzip -1; head -c 1000 /dev/zero) > p"),
                 0));
    expect_content(NULL, LENGTH, 1);
}

Test(inflate, a_file_cut_at_any_twentieth_is_damaged)
{
    off_t size, part;

    make_product(LENGTH, "zlib");
    size = scratch_size("p");
    for (part = 19; part >= 0; part--) {
        cr_assert(eq(int, truncate("p", size * part / 20), 0));
        expect_damage(NULL, part > 0 ? "the file ends too early" : "the file is empty");
        expect_damage("m", "it ends at byte");
    }
}

Test(inflate, a_flipped_bit_is_found_wherever_it_is)
{
    off_t size, at;

    make_product(3 * (size_t)MIB, "zlib");
    size = scratch_size("p");
    for (at = 0; at < size; at += at < 12 || at > size - 12 ? 1 : size / 37) {
        scratch_flip("p", at, 4);
        expect_damage("m", "read p: bytes ");
        if (at > 9 || at < 4) /* time, hint and system mean nothing without a manifest */
            expect_damage(NULL, "read p: inflate at byte ");
        scratch_flip("p", at, 4);
    }
    expect_content("m", 3 * (size_t)MIB, 2);
}

Test(inflate, damage_in_a_block_is_named_by_its_bytes)
{
    make_product(2 * (size_t)MIB, "zlib");
    scratch_flip("p", 12, 4);
    expect_damage("m", "read p: bytes 10 to ");
    scratch_flip("p", 12, 4);
    scratch_flip("p", scratch_size("p") - 1, 4);
    expect_damage("m", "not what the manifest implies");
}

Test(inflate, whatever_is_behind_the_end_is_noticed)
{
    const int fd = open("p", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

    close(fd);
    make_product(1000, "zlib");
    cr_assert(eq(int, RUN(NULL, "sh", "-c", "printf x >> p"), 0));
    expect_damage(NULL, "not a gzip header");
    expect_damage("m", "the manifest is of a file of");
}

Test(inflate, a_manifest_that_is_damaged_or_of_another_file_is_refused)
{
    off_t size;

    make_product(LENGTH, "zlib");
    cr_assert(eq(int, rename("m", "other"), 0));
    sample_fill(SAMPLE_TEXT, content, LENGTH, 2);
    make_product(LENGTH, "zlib");
    expect_damage("other", "read p: ");
    size = scratch_size("m");
    cr_assert(eq(int, truncate("m", size - 1), 0));
    expect_damage("m", "m");
    cr_assert(eq(int, truncate("m", 0), 0));
    expect_damage("m", "m");
    make_product(1000, "none");
    expect_damage("m", "not compressed, says the manifest");
    cr_assert(eq(int, run("gone", -1, 1), GBN_ERR_SYSTEM));
}

Test(inflate, only_regular_files_are_read)
{
    cr_assert(eq(int, run(NULL, -1, 1), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOENT));
    mkdir("p", 0700);
    cr_assert(eq(int, run(NULL, -1, 1), GBN_ERR_INVALID));
    rmdir("p");
    mkfifo("p", 0600);
    cr_assert(eq(int, run(NULL, -1, 1), GBN_ERR_INVALID));
}

struct drain {
    int fd;
    size_t length;
    bool same;
};

static void *
drain_slowly(void *argument)
{
    struct drain *drain = argument;
    uint8_t piece[77777];
    ssize_t n;

    drain->same = true;
    while ((n = read(drain->fd, piece, sizeof piece)) > 0) {
        drain->same = drain->same && drain->length + (size_t)n <= LENGTH &&
                      memcmp(piece, content + drain->length, (size_t)n) == 0;
        drain->length += (size_t)n;
    }
    return NULL;
}

static void
expect_drained(int ends[2], const char *manifest)
{
    struct drain drain = {.fd = ends[0]};
    pthread_t thread;

    pthread_create(&thread, NULL, drain_slowly, &drain);
    cr_assert(eq(int, run(manifest, ends[1], 2), GBN_OK), "%s", err.message);
    cr_assert(eq(int, fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0)); /* it stays as it was */
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    cr_assert(eq(sz, drain.length, LENGTH));
    cr_assert(drain.same);
}

Test(inflate, pipes_and_sockets_get_all_of_it)
{
    static const char *const manifests[] = {NULL, "m"};
    int ends[2];

    make_product(LENGTH, "zlib");
    EACH(manifest, manifests)
    {
        cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
        expect_drained(ends, manifests[manifest_at]);
        cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0));
        expect_drained(ends, manifests[manifest_at]);
    }
}

Test(inflate, a_reader_that_went_away_is_a_failure_and_no_signal)
{
    static const char *const manifests[] = {NULL, "m"};
    int ends[2];

    make_product(LENGTH, "zlib");
    signal(SIGPIPE, SIG_DFL);
    EACH(manifest, manifests)
    {
        cr_assert(eq(int, pipe2(ends, O_CLOEXEC), 0));
        close(ends[0]);
        cr_assert(eq(int, run(manifests[manifest_at], ends[1], 2), GBN_ERR_SYSTEM));
        cr_assert(all(eq(int, err.errnum, EPIPE), eq(str, err.message, "write the output")));
        close(ends[1]);
    }
}

Test(inflate, a_reader_that_takes_nothing_is_given_up_within_half_a_second)
{
    static const char *const manifests[] = {NULL, "m"};
    int ends[2], kind;

    make_product(LENGTH, "zlib");
    EACH(manifest, manifests)
    for (kind = 0; kind < 2; kind++) {
        const gbn_inflate_options options = {
            {.path = "p"}, manifests[manifest_at], -1, 2, 0, 0, NULL, NULL};
        gbn_inflate_options full = options;
        gbn_job *job;
        long before;

        cr_assert(eq(int,
                     kind == 0 ? pipe2(ends, O_CLOEXEC)
                               : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0));
        full.fd = ends[1];
        cr_assert(eq(int, gbn_inflate_start(&full, &raw, &job, &err), GBN_OK));
        cr_assert(eq(int, gbn_job_wait(job, 50), GBN_AGAIN));
        before = process_clock_ms();
        cr_assert(eq(int, gbn_job_finish(job, &err), GBN_ERR_CANCELLED));
        cr_assert(lt(long, process_clock_ms() - before, 3000));
        close(ends[0]);
        close(ends[1]);
    }
}

Test(inflate, finishing_it_at_any_moment_leaves_no_thread_and_no_descriptor)
{
    static const char *const manifests[] = {NULL, "m"};
    long i;

    make_product(LENGTH, "zlib");
    EACH(manifest, manifests)
    for (i = 0; i < 30; i++) {
        const gbn_inflate_options options = {
            {.path = "p"}, manifests[manifest_at], -1, 1 + (unsigned)i % 3, 0, 0, NULL, NULL};
        gbn_job *job;

        cr_assert(eq(int, gbn_inflate_start(&options, &raw, &job, &err), GBN_OK));
        output_break_off(job, i * 300 * 1000, &err);
    }
}

Test(inflate, a_full_disk_is_told)
{
    const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    make_product(1000, "zlib");
    cr_assert(eq(int, run("m", fd, 1), GBN_ERR_SYSTEM));
    cr_assert(eq(int, err.errnum, ENOSPC));
    close(fd);
}

Test(inflate, progress_counts_all_bytes_on_both_sides)
{
    static const char *const manifests[] = {NULL, "m"};

    make_product(LENGTH, "zlib");
    EACH(manifest, manifests)
    {
        const gbn_inflate_options options = {
            {.path = "p"}, manifests[manifest_at], -1, 2, 0, 0, NULL, NULL};
        gbn_progress progress;
        gbn_job *job;

        cr_assert(eq(int, gbn_inflate_start(&options, &raw, &job, &err), GBN_OK));
        while (gbn_job_wait(job, 100) == GBN_AGAIN)
            continue;
        progress = gbn_job_progress(job);
        cr_assert(eq(int, gbn_job_finish(job, &err), GBN_OK));
        cr_assert(all(eq(u64, progress.raw, LENGTH), eq(u64, progress.stored, scratch_size("p"))));
    }
}

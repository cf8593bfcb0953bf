/*
 * virtual DATA TREE FOLDER CORES ROUNDS - how an archive would be made on a machine of CORES cores. What a byte of DATA
 * costs is measured and printed; then TREE, whose folders "0", "1", ... are one core's share of the work each,
 * is archived on 1, 2, 4, ... cores (see virtual.h).
 *
 * "queues" stands for runs in which disk and memory keep up with the processor, so that only reading,
 * hashing and deflating take time; "all" for one in which copying and writing do as well. For each it prints the
 * seconds of the best round and the least there could have been, which is what the scarcest thing needs: the cores,
 * the one thread that copies or the one disk.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "gbn_archive.h"
#include "virtual.h"

enum { BLOCK = 1024 * 1024, NAME = 12, MOST_CORES = 1024, PATH = 4096, FAR = 256 * BLOCK };

static void
give_up(const char *what)
{
    fprintf(stderr, "virtual: %s\n", what);
    exit(EXIT_FAILURE);
}

static double
seconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- what a byte costs ---- */

struct sample {
    gbn_gzip_deflater *deflater;
    const gbn_gzip_codec *codec;
    gbn_sha256 *sha;
    uint8_t *raw, *out;
    uint64_t raw_bytes, out_bytes;
    double mark;
};

/* Processor time since the last call. */
static double
lap(struct sample *sample)
{
    const double before = sample->mark;

    sample->mark = seconds(CLOCK_THREAD_CPUTIME_ID);
    return sample->mark - before;
}

static void
measure_block(struct sample *sample, size_t length, struct costs *sums)
{
    gbn_error err;
    size_t out;

    sums->read += lap(sample);
    __real_gbn_sha256_update(sample->sha, sample->raw, length, &err);
    sums->hash += lap(sample);
    __real_gbn_gzip_crc32(sample->codec, 0, sample->raw, length);
    if (__real_gbn_gzip_segment(sample->deflater, sample->raw, length, sample->out, &out, &err) < 0)
        give_up(err.message);
    __real_gbn_gzip_crc32(sample->codec, 0, sample->out, out);
    sums->deflate += lap(sample);
    sample->raw_bytes += length;
    sample->out_bytes += out;
}

/* Between places that are in no cache, as an archive's blocks are. */
static double
measure_copy(void)
{
    uint8_t *from = malloc(FAR), *to = malloc(FAR);
    double began;

    if (from == NULL || to == NULL)
        give_up("no memory");
    memset(from, 1, FAR);
    memset(to, 2, FAR);
    began = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t at = 0; at < FAR; at += BLOCK)
        __real_memcpy(to + at, from + at, BLOCK);
    began = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    free(from);
    free(to);
    return began * 1e9 / FAR;
}

/* Until it is on the disk. */
static double
measure_write(const char *folder, const uint8_t *data)
{
    const double began = seconds(CLOCK_MONOTONIC);
    char path[PATH];
    gbn_outfile *file;
    gbn_error err;
    gbn_status rc;

    snprintf(path, sizeof path, "%s/written", folder);
    rc = gbn_outfile_open(path, &file, &err);
    for (size_t at = 0; rc == GBN_OK && at < FAR; at += BLOCK)
        rc = __real_gbn_outfile_write(file, data, BLOCK, &err);
    if (rc == GBN_OK)
        rc = gbn_outfile_publish(file, &err);
    if (rc < 0)
        give_up(err.message);
    unlink(path);
    return (seconds(CLOCK_MONOTONIC) - began) * 1e9 / FAR;
}

static struct costs
measure(const char *data, const char *folder)
{
    struct sample sample = {.codec = gbn_gzip_codec_find(NULL), .raw = malloc(BLOCK)};
    const int fd = open(data, O_RDONLY | O_CLOEXEC);
    struct costs costs = {.read = 0};
    bool waited = true; /* it is read from wherever it is */
    gbn_error err;
    ssize_t length;

    sample.out = malloc(gbn_gzip_bound(BLOCK));
    if (fd < 0 || sample.raw == NULL || sample.out == NULL ||
        __real_gbn_gzip_deflater_new(sample.codec, &sample.deflater, &err) < 0 ||
        gbn_sha256_new(&sample.sha, &err) < 0)
        give_up("cannot begin");
    lap(&sample);
    while ((length = __real_gbn_cache_read(fd, sample.raw, BLOCK, sample.raw_bytes, &waited)) > 0)
        measure_block(&sample, (size_t)length, &costs);
    if (length < 0 || sample.raw_bytes == 0)
        give_up("cannot read the data");
    costs.read *= 1e9 / (double)sample.raw_bytes;
    costs.hash *= 1e9 / (double)sample.raw_bytes;
    costs.deflate *= 1e9 / (double)sample.raw_bytes;
    costs.ratio = (double)sample.out_bytes / (double)sample.raw_bytes;
    costs.copy = measure_copy();
    costs.write = measure_write(folder, sample.out);
    __real_gbn_gzip_deflater_free(sample.deflater);
    gbn_sha256_free(sample.sha);
    free(sample.out);
    free(sample.raw);
    close(fd);
    return costs;
}

/* ---- runs ---- */

struct place {
    const char *tree, *folder;
    char target[PATH], manifest[PATH];
    char names[MOST_CORES][NAME];
    const char *members[MOST_CORES];
};

struct figures {
    double seconds, ideal;
    uint64_t raw;
    struct serial serial;
    double handover; /* as the product counts it */
};

static double
larger(double a, double b)
{
    return a > b ? a : b;
}

static double
ideal(const struct costs *costs, unsigned cores, uint64_t raw)
{
    const double computed = costs->read + costs->hash + costs->deflate + costs->copy;

    return larger(larger(computed / cores, costs->copy), costs->write * costs->ratio) *
           (double)raw / 1e9;
}

static struct figures
run(const struct costs *costs, const struct place *place, unsigned cores)
{
    const gbn_archive_options options = {
        .root = place->tree,
        .members = place->members,
        .member_count = cores,
        .product = {.target = place->target,
                    .manifest = place->manifest,
                    .backup_id = "bench",
                    .name = "virtual",
                    .codec = gbn_gzip_codec_find(NULL),
                    .workers = cores},
    };
    gbn_product_result result = {0};
    const double began = seconds(CLOCK_MONOTONIC);
    struct figures figures;
    gbn_error err;
    gbn_job *job;

    virtual_begin(costs, cores);
    if (gbn_archive_start(&options, &result, &job, &err) < 0)
        give_up(err.message);
    while (gbn_job_wait(job, 1000) != GBN_OK)
        ;
    if (gbn_job_finish(job, &err) < 0)
        give_up(err.message);
    figures = (struct figures){.seconds = seconds(CLOCK_MONOTONIC) - began,
                               .ideal = ideal(costs, cores, result.raw),
                               .raw = result.raw,
                               .serial = virtual_serial(),
                               .handover = (double)result.handover_ns / 1e9};
    gbn_product_result_free(&result);
    unlink(place->target);
    unlink(place->manifest);
    return figures;
}

/* Returns the best of the rounds. */
static struct figures
report(const char *name, const struct costs *costs, const struct place *place, unsigned cores,
       unsigned rounds)
{
    struct figures best = run(costs, place, cores), next;

    while (--rounds > 0) {
        next = run(costs, place, cores);
        if (next.seconds < best.seconds)
            best = next;
    }
    printf("%s_%u_seconds %f\n%s_%u_ideal %f\n", name, cores, best.seconds, name, cores,
           best.ideal);
    return best;
}

static void
report_all(const struct costs *costs, const struct place *place, unsigned cores, unsigned rounds)
{
    struct costs quick = *costs;
    struct figures last;

    quick.copy = quick.write = 0;
    for (unsigned count = 1; count < cores; count *= 2)
        report("queues", &quick, place, count, rounds);
    last = report("queues", &quick, place, cores, rounds);
    printf("raw %" PRIu64 "\nwalk %f\ntaker %f\nwriter %f\nhasher %f\nhandover %f\n", last.raw,
           last.serial.walk, last.serial.taker, last.serial.writer, last.serial.hasher,
           last.handover);
    report("all", costs, place, cores, rounds);
}

static void
fill_place(struct place *place, const char *tree, const char *folder)
{
    place->tree = tree;
    snprintf(place->target, PATH, "%s/virtual.tar.gz", folder);
    snprintf(place->manifest, PATH, "%s/virtual.msgpack", folder);
    for (int i = 0; i < MOST_CORES; i++) {
        snprintf(place->names[i], NAME, "%d", i);
        place->members[i] = place->names[i];
    }
}

int
main(int argc, char **argv)
{
    static struct place place;
    const unsigned cores = argc == 6 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    const unsigned rounds = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
    struct costs costs;

    if (cores == 0 || cores > MOST_CORES || rounds == 0)
        give_up("usage: virtual DATA TREE FOLDER CORES ROUNDS");
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); /* its threads take it over */
    fill_place(&place, argv[2], argv[3]);
    costs = measure(argv[1], argv[3]);
    printf("read %f\nhash %f\ndeflate %f\ncopy %f\nwrite %f\nratio %f\n", costs.read, costs.hash,
           costs.deflate, costs.copy, costs.write, costs.ratio);
    report_all(&costs, &place, cores, rounds);
    return EXIT_SUCCESS;
}

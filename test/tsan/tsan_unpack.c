/*
 * Extractions and verifications for ThreadSanitizer, under which Criterion does not start: whole
 * runs with one to eight workers, with and without a manifest, of archives whose members have
 * the same name again and again, and runs called off at many moments. Run in an empty
 * directory, which it fills.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gbn_archive.h"
#include "gbn_scan.h"
#include "gbn_tar.h"
#include "gbn_unpack.h"
#include "jobs.h"
#include "products.h"
#include "trees.h"

enum { FOLDERS = 30, FILES = 10, ROUNDS = 16, CANCELS = 40, SAME = 40 };

static void
make_tree(void)
{
    char path[32];

    make_root();
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof path, "r/%d", i);
        make_folder(path, FILES, (size_t)i * 500);
        link_file(path, FILES - 1);
        if (symlink("x", strcat(path, "/links")) < 0)
            abort();
    }
    put_file("r/other", sizeof content - 1);
}

static void
archive(void)
{
    const gbn_archive_options options = {.root = "r", .product = product_options("zlib", 2)};
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;

    if (gbn_archive_start(&options, &result, &job, &err) < 0 || end_job(job, false, 0) < 0)
        abort();
    gbn_product_result_free(&result);
}

/* Small and large files of two names, one behind the other, in "same.tar". */
static void
archive_same_names(void)
{
    static const size_t sizes[] = {600000, 10, 2500000, 700000, 100};
    FILE *file = fopen("same.tar", "we");
    gbn_bytes out = GBN_BYTES_INIT;
    gbn_tar *tar;

    if (file == NULL || gbn_tar_new(&tar, NULL) < 0)
        abort();
    for (int i = 0; i < SAME; i++) {
        const gbn_tar_member member = {
            .path = i % 3 == 0 ? "./a" : "./b", .mode = S_IFREG | 0644, .size = sizes[i % 5]};

        out.length = 0;
        gbn_tar_header(tar, &member, &out, NULL);
        gbn_bytes_append(&out, content, member.size, NULL);
        gbn_bytes_append_zeros(&out, gbn_tar_padding(member.size), NULL);
        fwrite(out.data, 1, out.length, file);
    }
    out.length = 0;
    gbn_bytes_append_zeros(&out, 2 * GBN_TAR_BLOCK, NULL);
    fwrite(out.data, 1, out.length, file);
    fclose(file);
    gbn_tar_free(tar);
    gbn_bytes_free(&out);
}

static gbn_status
unpack(const gbn_unpack_options *options, bool cancelled, long pause_ns)
{
    gbn_unpack_result result = {0};
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    if (options->target != NULL && (system("rm -rf x") != 0 || mkdir("x", 0755) < 0))
        abort();
    if (gbn_unpack_start(options, &result, &job, &err) < 0)
        abort();
    rc = end_job(job, cancelled, pause_ns);
    assert(rc < 0 || result.finding_count == 0);
    gbn_unpack_result_free(&result);
    return rc;
}

static gbn_status
scan(bool cancelled, long pause_ns)
{
    const gbn_scan_options options = {{.path = "p"}, "scanned", "1", "p"};
    gbn_error err;
    gbn_job *job;

    unlink("scanned");
    if (gbn_scan_start(&options, &job, &err) < 0)
        abort();
    return end_job(job, cancelled, pause_ns);
}

static bool
run(unsigned round, bool cancelled)
{
    const long pause_ns = cancelled ? (long)round * 1500000 : 0;
    gbn_unpack_options options = {.source.path = "p",
                                  .manifest = round % 2 == 0 ? "m" : NULL,
                                  .target = "x",
                                  .archive = true,
                                  .owners = geteuid() == 0,
                                  .workers = 1 + round % 8};
    bool good = unpack(&options, cancelled, pause_ns) == GBN_OK;

    options.target = NULL;
    good = unpack(&options, cancelled, pause_ns) == GBN_OK && good;
    options.target = "x";
    options.source.path = "same.tar";
    options.manifest = NULL;
    return unpack(&options, cancelled, pause_ns) == GBN_OK && good;
}

int
main(void)
{
    make_tree();
    archive();
    archive_same_names();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (!run(i, false))
            return 1;
    }
    if (scan(false, 0) < 0)
        return 1;
    for (unsigned i = 0; i < CANCELS; i++) {
        run(i, true);
        scan(true, (long)i * 500000);
    }
    return 0;
}

#include "output.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"
#include "gbn_stream.h"
#include "scratch.h"

gbn_product_options
output_options(const char *codec, unsigned workers)
{
    return (gbn_product_options){
        .target = "p",
        .manifest = "m",
        .backup_id = "1_2_3",
        .name = "uploads.tar.gz",
        .codec = strcmp(codec, "none") == 0 ? NULL : gbn_gzip_codec_find(codec),
        .workers = workers,
    };
}

gbn_status
output_finish(gbn_job *job, gbn_error *err)
{
    while (gbn_job_wait(job, 1000) == GBN_AGAIN)
        continue;
    return gbn_job_finish(job, err);
}

gbn_status
output_break_off(gbn_job *job, long after_ns, gbn_error *err)
{
    const struct timespec pause = {.tv_nsec = after_ns};
    gbn_status rc;

    nanosleep(&pause, NULL);
    rc = gbn_job_finish(job, err);
    cr_assert(rc == GBN_OK || rc == GBN_ERR_CANCELLED, "%s", err->message);
    return rc;
}

static bool
has_temporary(void)
{
    DIR *dir = opendir(".");
    const struct dirent *entry;
    bool found = false;

    while ((entry = readdir(dir)) != NULL)
        found = found || strncmp(entry->d_name, ".gbn-tmp-", 9) == 0;
    closedir(dir);
    return found;
}

bool
output_is_absent(void)
{
    return access("p", F_OK) != 0 && access("m", F_OK) != 0 && !has_temporary();
}

void
output_remove(gbn_product_result *result)
{
    unlink("p");
    unlink("m");
    gbn_product_result_free(result);
    *result = (gbn_product_result){0};
}

void
output_pack(const char *input, const char *codec)
{
    gbn_stream_options options = {.product = output_options(codec, 2)};
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;

    output_remove(&result);
    options.fd = open(input, O_RDONLY | O_CLOEXEC);
    cr_assert(eq(int, gbn_stream_start(&options, &result, &job, &err), GBN_OK));
    cr_assert(eq(int, output_finish(job, &err), GBN_OK), "%s", err.message);
    gbn_product_result_free(&result);
    close(options.fd);
}

void
output_expect_full_disk(gbn_status (*run)(void), int writes, const gbn_error *err)
{
    int failures = 0;

    for (int after = 0; after < writes; after++) {
        faults.write_errno = ENOSPC;
        faults.write_after = after;
        if (run() == GBN_OK) {
            unlink("p");
            unlink("m");
            continue;
        }
        failures++;
        cr_assert(eq(int, err->errnum, ENOSPC));
        cr_assert(output_is_absent());
    }
    faults.write_errno = 0;
    cr_assert(gt(int, failures, 5));
}

void
output_inflate(gbn_bytes *raw)
{
    cr_assert(eq(int, RUN(raw, "sh", "-c", "gzip -dc <p"), 0));
}

static void
expect_sum(const uint8_t sha256[GBN_SHA256_SIZE])
{
    char expected[2 * GBN_SHA256_SIZE + 1];
    gbn_bytes sum = GBN_BYTES_INIT;

    gbn_bytes_hex(expected, sha256, GBN_SHA256_SIZE);
    cr_assert(eq(int, RUN(&sum, "sha256sum", "p"), 0));
    cr_assert(eq(int, memcmp(sum.data, expected, 64), 0));
    gbn_bytes_free(&sum);
}

void
output_expect_result(const gbn_product_result *result, bool compressed)
{
    gbn_bytes raw = GBN_BYTES_INIT;
    struct stat status;

    cr_assert(eq(int, stat("p", &status), 0));
    cr_assert(eq(u64, result->stored, (uint64_t)status.st_size));
    cr_assert(eq(u32, status.st_mode & 07777, 0600));
    expect_sum(result->sha256);
    if (compressed)
        output_inflate(&raw);
    cr_assert(eq(u64, result->raw, compressed ? raw.length : (uint64_t)status.st_size));
    cr_assert(eq(int, stat("m", &status), 0));
    cr_assert(eq(u32, status.st_mode & 07777, 0600));
    cr_assert_not(has_temporary());
    gbn_bytes_free(&raw);
}

bool
output_same(const char *a, const char *b)
{
    return RUN(NULL, "cmp", "--silent", a, b) == 0;
}

/*
 * Archives made from earlier ones for ThreadSanitizer, under which Criterion does not start: of a tree that
 * others change meanwhile, of products with damaged blocks, and runs called off at many moments. Run in
 * an empty directory, which it fills.
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gbn_archive.h"
#include "jobs.h"
#include "products.h"
#include "trees.h"

enum { FOLDERS = 60, FILES = 12, ROUNDS = 20, CANCELS = 60, SETTLED = 3 };

static atomic_bool over;

static void
make_tree(void)
{
    char folder[32];

    make_root();
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(folder, sizeof folder, "r/%d", i);
        make_folder(folder, FILES, (size_t)i * 300);
        if (i % 10 == 0)
            link_file(folder, FILES - 1);
    }
}

/* Files that grow, come and go, in a few folders, until all is over. */
static void *
change(void *unused)
{
    const struct timespec pause = {.tv_nsec = 3000000};
    char path[64];

    (void)unused;
    for (unsigned i = 0; !atomic_load(&over); i++) {
        snprintf(path, sizeof path, "r/%u/%u", i % 4, i % FILES);
        put_file(path, i % 1000 * 50);
        snprintf(path, sizeof path, "r/%u/new%u", i % 4, i / 8 % 50);
        if (i % 3 == 0 || unlink(path) < 0)
            put_file(path, 100);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* Every product has other damage. */
static void
damage(const char *path, unsigned round)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0)
        abort();
    for (off_t at = 100; round % 3 == 0 && at < status.st_size; at += status.st_size / 5) {
        if (pwrite(fd, "damage", 6, at + round) != 6)
            abort();
    }
    close(fd);
}

static gbn_status
archive(unsigned round, bool again, bool cancelled, long pause_ns)
{
    const gbn_archive_options options = {
        .root = "r",
        .previous_manifest = again ? "m0" : NULL,
        .previous = {.path = "p0"},
        .product = product_options("zlib", 1 + round % 8),
    };
    gbn_product_result result = {0};
    gbn_error err;
    gbn_job *job;
    gbn_status rc;

    if (gbn_archive_start(&options, &result, &job, &err) < 0)
        abort();
    rc = end_job(job, cancelled, pause_ns);
    assert(rc < 0 || !again || (result.reused_blocks > 0 && result.previous_trouble == NULL));
    gbn_product_result_free(&result);
    return rc;
}

static void
go_on(void)
{
    if (rename("p", "p0") < 0 || rename("m", "m0") < 0)
        abort();
}

int
main(void)
{
    pthread_t changing;

    make_tree();
    sleep(SETTLED);
    if (archive(1, false, false, 0) < 0)
        return 1;
    go_on();
    pthread_create(&changing, NULL, change, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        damage("p0", i);
        if (archive(i, true, false, 0) < 0)
            return 1;
        go_on();
    }
    for (unsigned i = 0; i < CANCELS; i++) {
        archive(i, true, true, i * 700000L);
        unlink("p");
        unlink("m");
    }
    atomic_store(&over, true);
    pthread_join(changing, NULL);
    return 0;
}

/*
 * floor TREE PRODUCT CODEC - the least that an archive with hashes can cost: every file of TREE is read
 * and hashed, the bytes of all of them are deflated block by block, checked, hashed and written to
 * PRODUCT, by one thread and with nothing else done. Prints the processor's seconds for each part.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gbn_gzip.h"
#include "gbn_sha256.h"

enum { BLOCK = 1024 * 1024 };

enum part { READ, HASH, DEFLATE, WRITE, PARTS };

struct work {
    const gbn_gzip_codec *codec;
    gbn_gzip_deflater *deflater;
    gbn_sha256 *file, *product;
    int out;
    uint8_t *block, *segment;
    size_t filled;
    double seconds[PARTS];
    double mark;
};

static void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* What went by since the last call belongs to `part`. */
static void
lap(struct work *work, enum part part)
{
    struct timespec time;
    double now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    now = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    work->seconds[part] += now - work->mark;
    work->mark = now;
}

static void
send_block(struct work *work)
{
    size_t length;
    gbn_error err;

    lap(work, READ);
    gbn_gzip_crc32(work->codec, 0, work->block, work->filled);
    if (gbn_gzip_segment(work->deflater, work->block, work->filled, work->segment, &length, &err) <
        0)
        give_up(err.message);
    gbn_gzip_crc32(work->codec, 0, work->segment, length);
    lap(work, DEFLATE);
    gbn_sha256_update(work->product, work->segment, length, &err);
    lap(work, HASH);
    if (write(work->out, work->segment, length) != (ssize_t)length)
        give_up("write");
    lap(work, WRITE);
    work->filled = 0;
}

static void
take_file(struct work *work, int fd)
{
    uint8_t digest[GBN_SHA256_SIZE];
    struct stat status;
    ssize_t length;

    fstat(fd, &status);
    gbn_sha256_reset(work->file, NULL);
    while ((length = read(fd, work->block + work->filled, BLOCK - work->filled)) > 0) {
        lap(work, READ);
        gbn_sha256_update(work->file, work->block + work->filled, (size_t)length, NULL);
        lap(work, HASH);
        work->filled += (size_t)length;
        if (work->filled == BLOCK)
            send_block(work);
    }
    gbn_sha256_final(work->file, digest, NULL);
    fstat(fd, &status);
    close(fd);
}

static void
take_folder(struct work *work, int fd)
{
    DIR *folder = fdopendir(fd);
    struct dirent *entry;
    int child;

    if (folder == NULL)
        give_up("fdopendir");
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        child = openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (child < 0)
            give_up(entry->d_name);
        if (entry->d_type == DT_DIR)
            take_folder(work, child);
        else
            take_file(work, child);
    }
    closedir(folder);
}

static void
open_all(struct work *work, const char *product, const char *codec)
{
    gbn_error err;

    work->codec = gbn_gzip_codec_find(codec);
    work->block = malloc(BLOCK);
    work->segment = malloc(gbn_gzip_bound(BLOCK));
    work->out = open(product, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (work->codec == NULL || work->block == NULL || work->segment == NULL || work->out < 0 ||
        gbn_gzip_deflater_new(work->codec, &work->deflater, &err) < 0 ||
        gbn_sha256_new(&work->file, &err) < 0 || gbn_sha256_new(&work->product, &err) < 0)
        give_up("begin");
}

int
main(int argc, char **argv)
{
    static const char *const names[PARTS] = {"read", "hash", "deflate", "write"};
    struct work work = {.filled = 0};
    double sum = 0;
    int fd = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0) {
        fprintf(stderr, "usage: floor TREE PRODUCT CODEC\n");
        return EXIT_FAILURE;
    }
    open_all(&work, argv[2], argv[3]);
    lap(&work, READ);
    work.seconds[READ] = 0;
    take_folder(&work, fd);
    send_block(&work);
    for (int i = 0; i < PARTS; i++) {
        printf("%s %f\n", names[i], work.seconds[i]);
        sum += work.seconds[i];
    }
    printf("seconds %f\n", sum);
    return EXIT_SUCCESS;
}

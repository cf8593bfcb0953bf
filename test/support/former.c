#include "former.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gbn_gzip.h"
#include "gbn_walk.h"
#include "scratch.h"

static const int64_t NS = 1000000000;

static gbn_bytes bytes;
static gbn_manifest_trailer sums;
static uint64_t last_raw_size;

void
former_begin(uint64_t generation)
{
    const gbn_manifest_header header = {.backup_id = "before",
                                        .product = "p0",
                                        .codec = "zlib",
                                        .generation = generation,
                                        .previous = generation == 0 ? NULL : "before that"};

    gbn_bytes_clear(&bytes);
    sums = (gbn_manifest_trailer){.stored_size = GBN_GZIP_HEADER_SIZE};
    gbn_manifest_put_header(&bytes, &header, NULL);
}

void
former_block(uint64_t raw_size)
{
    const gbn_manifest_block block = {.number = sums.blocks++,
                                      .raw_offset = sums.raw_size,
                                      .raw_size = raw_size,
                                      .stored_offset = sums.stored_size,
                                      .stored_size = raw_size / 2,
                                      .raw_crc32 = 7,
                                      .stored_crc32 = 8};

    sums.raw_size += raw_size;
    sums.stored_size += raw_size / 2;
    sums.raw_crc32 = gbn_gzip_crc32_combine(sums.raw_crc32, 7, raw_size);
    last_raw_size = raw_size;
    gbn_manifest_put_block(&bytes, &block, NULL);
}

static int64_t
nanoseconds(const struct timespec *time)
{
    return time->tv_sec * NS + time->tv_nsec;
}

gbn_manifest_entry
former_entry(const char *path)
{
    static char link[256];
    char full[512];
    struct stat status;
    gbn_manifest_entry entry = {.path = path, .block = sums.blocks - 1, .settled = true};

    snprintf(full, sizeof full, "r/%s", path);
    cr_assert_eq(lstat(full, &status), 0, "%s", full);
    entry.mode = status.st_mode;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.device = status.st_dev;
    entry.inode = status.st_ino;
    entry.mtime_ns = nanoseconds(&status.st_mtim);
    entry.ctime_ns = nanoseconds(&status.st_ctim);
    entry.has_sha256 = S_ISREG(status.st_mode);
    if (S_ISREG(status.st_mode))
        entry.size = (uint64_t)status.st_size;
    if (S_ISLNK(status.st_mode)) {
        link[readlink(full, link, sizeof link - 1)] = '\0';
        entry.link = link;
    }
    return entry;
}

void
former_put(const gbn_manifest_entry *entry)
{
    sums.entries++;
    gbn_manifest_put_entry(&bytes, entry, NULL);
}

void
former_member(const char *path)
{
    const gbn_manifest_entry entry = former_entry(path);

    former_put(&entry);
}

void
former_member_from(const char *path, uint64_t block)
{
    gbn_manifest_entry entry = former_entry(path);

    entry.block = block;
    former_put(&entry);
}

void
former_note(const char *path)
{
    sums.notes++;
    gbn_manifest_put_note(&bytes, GBN_NOTE_UNREADABLE, path, "it was so", NULL);
}

uint64_t
former_end(void)
{
    sums.stored_size += GBN_GZIP_END_SIZE;
    gbn_manifest_put_trailer(&bytes, &sums, NULL);
    scratch_write("m0", bytes.data, bytes.length);
    gbn_bytes_free(&bytes);
    return sums.stored_size;
}

uint64_t
former_tree(uint64_t generation, unsigned members)
{
    gbn_walk_options options = {0};
    gbn_bytes path = GBN_BYTES_INIT;
    gbn_walk_item item;
    gbn_root *root;
    gbn_walk *walk;

    cr_assert_eq(gbn_root_open("r", 32, &root, NULL), GBN_OK);
    options.root = root;
    cr_assert_eq(gbn_walk_new(&options, &walk, NULL), GBN_OK);
    former_begin(generation);
    for (unsigned i = 0; gbn_walk_next(walk, &item, NULL) == GBN_OK; i++) {
        if (i % members == 0)
            former_block(FORMER_BLOCK);
        gbn_bytes_clear(&path);
        if (item.parent != NULL)
            gbn_dir_path(item.parent, &path, NULL);
        gbn_bytes_append(&path, item.name, strlen(item.name) + 1, NULL);
        former_member((const char *)path.data);
        gbn_dir_release(item.parent);
    }
    gbn_walk_free(walk);
    gbn_root_close(root);
    gbn_bytes_free(&path);
    return former_end();
}

static int64_t
now(void)
{
    struct stat status;

    scratch_write(".clock", "", 0);
    cr_assert_eq(stat(".clock", &status), 0);
    cr_assert_eq(unlink(".clock"), 0);
    return nanoseconds(&status.st_ctim);
}

static void
wait_for(int64_t ns)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    const int64_t first = now();

    while (now() - first <= ns)
        nanosleep(&pause, NULL);
}

void
former_tick(void)
{
    wait_for(0);
}

void
former_later(const char *line)
{
    former_tick();
    cr_assert_eq(RUN(NULL, "sh", "-ec", line), 0, "%s", line);
}

void
former_settle(void)
{
    wait_for(2 * NS + NS / 10);
}

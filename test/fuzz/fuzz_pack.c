/*
 * Any bytes as a pack of git's and its index. Of what is called sound, no bit can be flipped that
 * would not be missed. To spare the fuzzer what it cannot guess and what is not used, an input's
 * index has no hashes, which it gets here, and of the fan-out the last number alone. The first
 * byte says whether ids have 32 bytes and not 20, three more how long the index is.
 */
#include "fuzz.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gbn_pack.h"

enum { PREFIX = 4, LONG_IDS = 1, MAGIC = 8, FANOUT = 255 * 4, ENTRIES = 1000 };

struct file {
    int fd;
    char path[40];
    uint8_t *data; /* what it is to hold */
    size_t length;
};

/* `seed`, from the input, chooses a byte and a bit of it. */
static void
flip(const struct file *file, uint32_t seed)
{
    file->data[seed / 8 % file->length] ^= (uint8_t)(1 << seed % 8);
}

static void
open_file(struct file *file, const char *name)
{
    file->fd = memfd_create(name, 0);
    FUZZ_EXPECT(file->fd >= 0);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void
fill(const struct file *file)
{
    FUZZ_EXPECT(ftruncate(file->fd, 0) == 0);
    FUZZ_EXPECT(pwrite(file->fd, file->data, file->length, 0) == (ssize_t)file->length);
}

static bool
is_sound(const struct file *index, const struct file *pack, size_t id_size)
{
    const gbn_pack_options options = {
        .pack = pack->path, .index = index->path, .id_size = id_size, .entries = ENTRIES};
    gbn_error err;
    gbn_job *job;
    bool sound;

    fill(index);
    fill(pack);
    FUZZ_EXPECT(gbn_pack_start(&options, &sound, &job, &err) == GBN_OK);
    while (gbn_job_wait(job, 1000) == GBN_AGAIN)
        continue;
    FUZZ_EXPECT(gbn_job_finish(job, &err) == GBN_OK);
    return sound;
}

static void
check(const struct file *index, const struct file *pack, size_t id_size, uint32_t seed)
{
    if (!is_sound(index, pack, id_size))
        return;
    flip(index, seed);
    FUZZ_EXPECT(!is_sound(index, pack, id_size));
    flip(index, seed);
    flip(pack, seed);
    FUZZ_EXPECT(!is_sound(index, pack, id_size));
}

static void
make_pack(struct file *pack, const uint8_t *data, size_t length)
{
    pack->data = malloc(length + (length == 0));
    FUZZ_EXPECT(pack->data != NULL);
    memcpy(pack->data, data, length);
    pack->length = length;
}

/* With its hashes, unless it is too short for any. */
static void
make_index(struct file *index, const uint8_t *data, size_t length, const struct file *pack,
           size_t id_size)
{
    const EVP_MD *kind = id_size == 20 ? EVP_sha1() : EVP_sha256();
    const size_t magic = length < MAGIC ? length : MAGIC;
    const size_t end = length + FANOUT;

    index->data = calloc(1, end + 2 * id_size);
    FUZZ_EXPECT(index->data != NULL);
    memcpy(index->data, data, magic);
    memcpy(index->data + magic + FANOUT, data + magic, length - magic);
    index->length = length;
    if (length < MAGIC || pack->length < id_size)
        return;
    memcpy(index->data + end, pack->data + pack->length - id_size, id_size);
    FUZZ_EXPECT(
        EVP_Digest(index->data, end + id_size, index->data + end + id_size, NULL, kind, NULL) == 1);
    index->length = end + 2 * id_size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static struct file index = {.fd = -1}, pack = {.fd = -1};
    uint32_t seed = 0;
    size_t split, id_size;

    if (index.fd < 0) {
        open_file(&index, "index");
        open_file(&pack, "pack");
    }
    if (length < PREFIX)
        return 0;
    split = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    if (split > length - PREFIX)
        split = length - PREFIX;
    for (size_t i = 0; i < length; i++)
        seed = seed * 31 + data[i];
    id_size = data[0] & LONG_IDS ? 32 : 20;
    make_pack(&pack, data + PREFIX + split, length - PREFIX - split);
    make_index(&index, data + PREFIX, split, &pack, id_size);
    check(&index, &pack, id_size, seed);
    free(index.data);
    free(pack.data);
    return 0;
}

#include "cached.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "scratch.h"

enum { MOST = 4096, LOOKS = 20 };

static char map[MOST + 1];

static int
open_file(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    cr_assert(ge(int, fd, 0));
    return fd;
}

const char *
cached_map(const char *name)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int fd = open_file(name);
    unsigned char there[MOST];
    struct stat status;
    size_t pages;
    void *memory;

    cr_assert(eq(int, fstat(fd, &status), 0));
    pages = ((size_t)status.st_size + page - 1) / page;
    cr_assert(all(gt(sz, pages, 0), le(sz, pages, MOST)));
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    cr_assert(ne(ptr, memory, MAP_FAILED));
    cr_assert(eq(int, mincore(memory, (size_t)status.st_size, there), 0));
    for (size_t i = 0; i < pages; i++)
        map[i] = there[i] & 1 ? '#' : '.';
    map[pages] = '\0';
    munmap(memory, (size_t)status.st_size);
    close(fd);
    return map;
}

size_t
cached_pages(const char *name)
{
    size_t count = 0;

    for (const char *page = cached_map(name); *page != '\0'; page++)
        count += *page == '#';
    return count;
}

void
cached_forget(const char *name)
{
    const int fd = open_file(name);

    cr_assert(eq(int, fsync(fd), 0));
    cr_assert(eq(int, posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0));
    close(fd);
    if (cached_pages(name) > 0)
        cr_skip("this file system keeps all of its files in memory");
}

void
cached_touch(const char *name, size_t offset, size_t length)
{
    const int fd = open_file(name);
    char *data = malloc(length);

    cr_assert(eq(int, posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0));
    cr_assert(eq(long, pread(fd, data, length, (off_t)offset), (long)length));
    free(data);
    close(fd);
}

void
cached_need_nowait(const char *name)
{
    const int fd = open_file(name);
    char byte;
    struct iovec part = {&byte, 1};
    bool tells = preadv2(fd, &part, 1, 0, RWF_NOWAIT) >= 0 || errno == EAGAIN;

    close(fd);
    if (!tells)
        cr_skip("this file system does not tell what is cached");
}

void
cached_make(const char *name, size_t pages)
{
    const size_t size = pages * (size_t)sysconf(_SC_PAGESIZE);
    char *data = malloc(size);

    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i % 23);
    scratch_write(name, data, size);
    free(data);
    cached_need_nowait(name);
    cached_forget(name);
}

bool
cached_as_a_rule(bool (*look)(void))
{
    for (int i = 0; i < LOOKS; i++) {
        if (look())
            return true;
    }
    return false;
}

#include "tree.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "samples.h"
#include "scratch.h"

void
tree_directory(const char *path)
{
    cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
}

void
tree_text(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

void
tree_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size + 1);

    cr_assert_not_null(data);
    sample_fill(SAMPLE_MIXED, data, size, size);
    scratch_write(path, data, size);
    free(data);
}

void
tree_symlink(const char *target, const char *path)
{
    cr_assert_eq(symlink(target, path), 0, "%s", path);
}

void
tree_hard_link(const char *existing, const char *path)
{
    cr_assert_eq(linkat(AT_FDCWD, existing, AT_FDCWD, path, 0), 0, "%s", path);
}

void
tree_chain(const char *top, const char *name, size_t depth)
{
    int fd, next;

    tree_directory(top);
    fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < depth; i++, fd = next) {
        cr_assert_eq(mkdirat(fd, name, 0755), 0);
        next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
    }
    next = openat(fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_eq(write(next, "deep", 4), 4);
    close(next);
    close(fd);
}

void
tree_forest(const char *top, unsigned directories, unsigned files)
{
    char path[256];

    tree_directory(top);
    for (unsigned i = 0; i < directories; i++) {
        if (i % 16 == 0) {
            snprintf(path, sizeof path, "%s/%02u", top, i / 16);
            tree_directory(path);
        }
        snprintf(path, sizeof path, "%s/%02u/%u", top, i / 16, i % 16);
        tree_directory(path);
        for (unsigned j = 0; j < files; j++) {
            snprintf(path, sizeof path, "%s/%02u/%u/%u", top, i / 16, i % 16, j);
            tree_file(path, (size_t)(i * files + j) * 37 % 5000);
        }
    }
}

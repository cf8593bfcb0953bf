#ifndef TREES_H
#define TREES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * trees - files and folders to be archived, made beneath the working directory. What cannot be made ends
 * the program.
 */

/* What is in the files: each holds as much of its begin as it is large. make_root fills it. */
static uint8_t content[3 * 1024 * 1024];

/* Make a file of so many bytes of the content; one that is there is written anew. */
static inline void
put_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(content, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* Make the folder "r" and in it "large", a file of all the content. */
static inline void
make_root(void)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * i / 1000);
    if (mkdir("r", 0755) < 0)
        abort();
    put_file("r/large", sizeof content);
}

/* Make a folder of so many files, "0", "1", ..., each `step` bytes larger than the one before it. */
static inline void
make_folder(const char *folder, int files, size_t step)
{
    char path[64];

    if (mkdir(folder, 0755) < 0)
        abort();
    for (int i = 0; i < files; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        put_file(path, (size_t)i * step);
    }
}

/* Give the file of this number in a folder a second name, "link". */
static inline void
link_file(const char *folder, int number)
{
    char path[64], other[64];

    snprintf(path, sizeof path, "%s/%d", folder, number);
    snprintf(other, sizeof other, "%s/link", folder);
    if (link(path, other) < 0)
        abort();
}

#endif

/*
 * Writes large files, whose disk is waited for by a thread of theirs, to their end or given up on
 * the way, and reads back what was published. In the working directory, which should be on a disk.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbn_outfile.h"

enum {
    PART = 100003,
    PARTS = 140,
    ROUNDS = 6
}; /* 14 MB: the last 6 of them go to the disk directly */

static uint8_t part[PART], back[PART];

static void
fill(int number)
{
    for (size_t i = 0; i < PART; i++)
        part[i] = (uint8_t)(i * 7 + (size_t)number);
}

static gbn_outfile *
begin(int parts)
{
    gbn_outfile *file;
    gbn_error err;

    if (gbn_outfile_open("large", &file, &err) < 0)
        abort();
    for (int number = 0; number < parts; number++) {
        fill(number);
        if (gbn_outfile_write(file, part, PART, &err) < 0)
            abort();
    }
    return file;
}

static void
check(void)
{
    FILE *file = fopen("large", "re");

    for (int number = 0; number < PARTS; number++) {
        fill(number);
        if (file == NULL || fread(back, 1, PART, file) != PART || memcmp(back, part, PART) != 0)
            abort();
    }
    fclose(file);
    unlink("large");
}

int
main(void)
{
    gbn_error err;

    for (int i = 0; i < ROUNDS; i++) {
        if (gbn_outfile_publish(begin(PARTS), &err) < 0)
            abort();
        check();
        gbn_outfile_discard(begin(PARTS - 7 * i));
    }
    return 0;
}

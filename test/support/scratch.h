#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gbn_bytes.h"

/*
 * scratch - a test's own directory in $TMPDIR, and other programs run in it. For .init and
 * .fini; between them the working directory is the scratch one, so that tests say
 * just "file". What fails here fails the test.
 */
void scratch_enter(void);
void scratch_leave(void);

/* Write a whole file; append one to `out`, with a NUL behind that does not count. */
void scratch_write(const char *name, const void *data, size_t length);
void scratch_read(const char *name, gbn_bytes *out);

/* Size of a file; flip one bit of the byte there. */
uint64_t scratch_size(const char *name);
void scratch_flip(const char *name, uint64_t offset, unsigned bit);

/* How many entries the scratch directory has, or another, hidden ones too. */
size_t scratch_count(void);
size_t scratch_count_in(const char *folder);

/*
 * Run a program (LC_ALL=C, TZ=UTC) and give its output in `out`, with a NUL behind that does
 * not count; `out` may be NULL. Returns the exit status, 128 + n for signal n.
 */
int scratch_command(gbn_bytes *out, const char *const argv[]);

/* Run sh's line again and again beside the test; end that, and whatever it runs. */
pid_t scratch_repeat(const char *line);
void scratch_stop(pid_t pid);

#define RUN(out, ...) scratch_command(out, (const char *const[]){__VA_ARGS__, NULL})

#endif

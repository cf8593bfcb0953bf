#ifndef UNPACKING_H
#define UNPACKING_H

#include <stdbool.h>

#include "gbn_unpack.h"

/*
 * unpacking - archives made of the tree "r" in the scratch directory, and read back into "x".
 * For .init and .fini; whoever ends a test checks that no thread and no descriptor is left.
 */
extern gbn_unpack_options unpacking; /* of the next run: "p.tar.gz", manifest "m", target "x" */
extern gbn_unpack_result unpacking_result; /* of the last */
extern gbn_error unpacking_err;

void unpacking_begin(void);
void unpacking_end(void);

/* Make "r" hold everything a file system can put in an archive's way, paths beyond PATH_MAX aside. */
void unpacking_odd_tree(void);

/* Archive "r" by gbn_archive: "p.tar.gz" and "m", or "p.tar" for "none"; options say so. */
void unpacking_archive(const char *codec);

/* Run sh's line, with an archive at $P; options read $P without a manifest from now on. */
void unpacking_foreign(const char *product, const char *line);

/* Empty "x"; start; start, wait and finish; expect it to succeed, with nothing found. */
void unpacking_clear(void);
gbn_job *unpacking_start(void);
gbn_status unpacking_run(void);
void unpacking_succeed(void);

/* Expect a failure whose message this is. */
void unpacking_fail(gbn_status status, const char *message);

/* Are two trees the same, to the nanosecond if `exact`? */
void unpacking_compare(const char *a, const char *b, bool exact);

/* Expect what sh's line prints. */
void unpacking_expect(const char *line, const char *output);

/* The first finding of a kind (about `path` unless that is NULL); NULL if there is none. */
const gbn_finding *unpacking_found(gbn_finding_kind kind, const char *path);

/* How many findings are damage. */
uint64_t unpacking_damages(void);

#endif

#ifndef AGAIN_H
#define AGAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "gbn_archive.h"

/*
 * again - archives "p" with manifests "m" of the tree "r" in the scratch directory, made from earlier ones, "p0"
 * and "m0". For .init and .fini, which check that no thread and no descriptor is left. What fails
 * here fails the test.
 */
extern gbn_archive_options again; /* of the next run */
extern gbn_product_result again_result;
extern gbn_error again_err;

void again_begin(void);
void again_end(void);

/* Small files, one of four blocks, a link, a FIFO: some twenty blocks. */
void again_tree(void);

/* Make "p0" and "m0" of "r" in full, and count all of it as settled. */
void again_first(const char *codec);

/* Say of all members in the manifest that they had settled: nothing else went on at that time. */
void again_calm(const char *manifest);

/* Start; run to the end. A "p" and "m" from before are removed. */
gbn_job *again_start(void);
gbn_status again_run(void);

/* Run, and expect success and a whole product. */
void again_succeed(void);

/* "p" and "m" become "p0" and "m0", and count as settled. */
void again_go_on(void);

/* tar says that "p" is the tree. */
void again_expect_tree(void);

/* How many blocks there are. */
uint64_t again_blocks(const char *manifest);

/* Where in its product a block is stored. */
gbn_manifest_block again_block(const char *manifest, uint64_t number);

#endif

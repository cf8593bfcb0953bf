#ifndef GBN_RB_NATIVE_H
#define GBN_RB_NATIVE_H

#include <ruby.h>

#include "gbn_error.h"
#include "gbn_infile.h"
#include "gbn_job.h"
#include "gbn_product.h"

/* Gitlab::Backup::Native */
extern VALUE gbn_rb_module;

/* Raise the exception that stands for `err`. Does not return. */
NORETURN(void gbn_rb_raise(const gbn_error *err));

/*
 * Wait for `job` and take it; a given block is called with the progress (raw bytes, stored
 * bytes, entries) a few times a second. Ruby's signals, Thread#kill and Timeout get their
 * turn on every round; whatever they raise, the job is finished first.
 */
void gbn_rb_run(gbn_job *job);

/*
 * Call `work` while other Ruby threads go on: something short that waits for the kernel. It sets
 * `*done`, which is false at first. Nothing is raised: what interrupts this thread does so later.
 */
void gbn_rb_unlocked(void *(*work)(void *), void *context, const bool *done);

/* A Ruby object that owns a gbn_product_result, and what it holds as an array for product.rb. */
VALUE gbn_rb_result_new(gbn_product_result **result);
VALUE gbn_rb_result_to_array(VALUE object);

/*
 * An array of Ruby strings as a NULL-terminated array of C strings; NULL for nil. Raises on a NUL.
 * Owns: `*guard` holds all of it: the strings themselves may move, as an array does not pin
 * what is in it.
 */
const char *const *gbn_rb_strings(VALUE array, VALUE *guard);

/* A Ruby string, or NULL for nil. Raises on a NUL. */
const char *gbn_rb_string_or_null(VALUE *string);

/*
 * Fill the options every product has from the array product.rb makes of them: target, manifest,
 * backup id, name, codec (nil: do not compress), workers, descriptor to append to (or nil), rsyncable,
 * bytes per second (nil: no limit).
 * Raises on an unknown codec. The strings live as long as the array.
 */
gbn_product_options gbn_rb_product_options(VALUE array);

/*
 * Where a product lies: a path, or an array of path, offset, length and name, as section.rb makes
 * it. The strings live as long as `*source`. Raises on a NUL.
 */
gbn_place gbn_rb_place(VALUE *source);

void gbn_rb_init_archive(void);
void gbn_rb_init_child(void);
void gbn_rb_init_codec(void);
void gbn_rb_init_digests(void);
void gbn_rb_init_dump(void);
void gbn_rb_init_durable(void);
void gbn_rb_init_inflate(void);
void gbn_rb_init_load(void);
void gbn_rb_init_manifest(void);
void gbn_rb_init_members(void);
void gbn_rb_init_pack(void);
void gbn_rb_init_priority(void);
void gbn_rb_init_relocation(void);
void gbn_rb_init_stream(void);
void gbn_rb_init_tar_header(void);
void gbn_rb_init_unpack(void);

#endif

#ifndef RB_LOAD_RESULT_H
#define RB_LOAD_RESULT_H

#include "rb_native.h"

#include "gbn_load.h"

/* rb_load_result - a load that runs to its end, and what it came to as Ruby arrays. For rb_load.c. */

/* Does what the options say. [bytes, statements, [failures], [kinds]], as Load.result takes them. */
VALUE gbn_rb_load_run(const gbn_load_options *options);

/* The same, and behind the others the statements, nil for too many. */
VALUE gbn_rb_load_contents(gbn_load_options options);

#endif

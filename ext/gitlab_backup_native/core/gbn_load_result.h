#ifndef GBN_LOAD_RESULT_H
#define GBN_LOAD_RESULT_H

#include "gbn_load.h"

/* gbn_load_result - the statements a server refused, within bounded memory. For gbn_load.c alone. */

/*
 * Count a refusal, and keep it while there is room.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM.
 */
gbn_status gbn_load_result_add(gbn_load_result *result, const gbn_pg_refusal *refusal,
                               const char *statement, uint64_t line, gbn_error *err);

/* A copy of the first bytes of `text`, NULL when there is no memory. Freed by free. */
char *gbn_load_shorten(const char *text);

#endif

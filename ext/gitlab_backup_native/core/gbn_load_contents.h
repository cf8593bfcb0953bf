#ifndef GBN_LOAD_CONTENTS_H
#define GBN_LOAD_CONTENTS_H

#include "gbn_load.h"
#include "gbn_sql.h"

/* gbn_load_contents - which statements a text has, and where. For gbn_load.c alone. */

/*
 * Note a GBN_SQL_STATEMENT, a GBN_SQL_COPY or the end of its rows. Beyond the limits nothing more is noted, and
 * `contents->is_cut` says so.
 *
 * Returns  GBN_OK or GBN_ERR_NOMEM.
 */
gbn_status gbn_load_contents_add(gbn_load_contents *contents, const gbn_sql_event *event,
                                 gbn_error *err);

#endif

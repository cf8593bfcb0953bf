#ifndef GBN_CONNECT_H
#define GBN_CONNECT_H

#include "gbn_error.h"
#include "gbn_job.h"
#include "gbn_pg.h"

/*
 * gbn_connect - connecting as a job, so that it can be waited for like any other work.
 *
 * Connect as gbn_pg_open does, and run `statements` (ended by NULL; NULL: none). One that is
 * refused ends it (GBN_ERR_SERVER), its SQLSTATE in front of the message.
 *
 * Returns  GBN_OK, GBN_ERR_NOMEM, GBN_ERR_SYSTEM.
 * Owns     `*pg` is set by gbn_job_finish, and stays NULL when the job fails. Strings are copied.
 */
gbn_status gbn_connect_start(const char *const *keywords, const char *const *values,
                             const char *const *statements, gbn_pg **pg, gbn_job **job,
                             gbn_error *err);

#endif

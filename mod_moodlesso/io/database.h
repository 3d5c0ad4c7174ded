/* SPDX-License-Identifier: Apache-2.0 */
/* database.h -- statements of one process on one database, bounded in time. */
#ifndef SSO_DATABASE_H
#define SSO_DATABASE_H

#include "io/pool.h"

/* Run a statement on a connection of the pool: see sso_io_t.query. A connection that was lost while
 * idle is replaced once. `why` gets the driver's words when it fails, for the log. */
apr_status_t sso_pool_query(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t deadline, const char **row,
                            const char **why, apr_pool_t *p);

#endif

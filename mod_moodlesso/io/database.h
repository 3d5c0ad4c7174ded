/* SPDX-License-Identifier: Apache-2.0 */
/* database.h -- connections of one process to one database: few, kept, bounded in time.
 *
 * A request never connects: it asks for a connection, a thread of its own opens one, the request
 * waits as long as it may. So a server that accepts and never answers costs its timeout at most, as
 * apr_reslist (which connects under its lock) would not. */
#ifndef SSO_DATABASE_H
#define SSO_DATABASE_H

#include "sso/io.h"

typedef struct sso_pool_t sso_pool_t;

/* Load the driver of a dialect, at start. Answers a sentence when it is not installed. */
const char *sso_database_load(sso_dialect_t dialect, apr_pool_t *p);

/* Make the (empty) pool of a database in this process; it lives as long as the process. */
apr_status_t sso_pool_create(sso_pool_t **pool, const sso_database_t *database);

/* Run a statement on a connection of the pool: see sso_io_t.query. A connection that was lost while
 * idle is replaced once. `why` gets the driver's words when it fails, for the log. */
apr_status_t sso_pool_query(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t deadline, const char **row,
                            const char **why, apr_pool_t *p);

#endif

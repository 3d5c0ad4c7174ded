/* SPDX-License-Identifier: Apache-2.0 */
/* database.h -- statements of one process on one database, bounded in time.
 *
 * What is asked again, and what is not: a statement that only reads, whenever the connection turns
 * out to have been lost while idle. One that changes rows, when it is certain that nothing was
 * changed: the connection was found closed before, or was lost while the statement was being
 * prepared, or the server took the change back (deadlock). When the connection is lost later the
 * change may have happened; then only a statement that is_repeatable is asked again, and for the
 * others SSO_IO_DOWN and SSO_IO_TIMEOUT mean "perhaps". */
#ifndef SSO_DATABASE_H
#define SSO_DATABASE_H

#include "io/pool.h"

/* Run a statement that answers one row at most: see sso_io_t.query. `why` gets the driver's words
 * when it fails, for the log. */
apr_status_t sso_pool_query(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t deadline, const char **row,
                            const char **why, apr_pool_t *p);

/* Run a statement that answers many rows; no rows is APR_SUCCESS. All are in memory (`p`) at once:
 * the SQL has a LIMIT. After an error some rows may have been read. */
apr_status_t sso_pool_each(sso_pool_t *pool, const sso_statement_t *statement,
                           const char *const *arguments, apr_time_t deadline,
                           const sso_reader_t *reader, const char **why, apr_pool_t *p);

/* Run a statement that changes rows; *affected says how many it did. Each is a transaction. */
apr_status_t sso_pool_execute(sso_pool_t *pool, const sso_statement_t *statement,
                              const char *const *arguments, apr_time_t deadline, int *affected,
                              const char **why, apr_pool_t *p);

/* One connection, held for several texts in a row: a transaction, a lock. */
typedef struct sso_line_t sso_line_t;

/* Run SQL without arguments. *value gets the first column of the first row, NULL when there is
 * none; `value` may be NULL. */
apr_status_t sso_line_run(sso_line_t *line, const char *sql, const char **value);

/* The driver's words for the last text that failed. */
const char *sso_line_words(const sso_line_t *line, apr_pool_t *p);

typedef apr_status_t sso_script_t(sso_line_t *line, void *context);

/* Run a script on one connection. When it answers an error the connection is closed, and the server
 * takes back the transaction that was begun on it; after a deadlock, or where SQLite's schema
 * changed meanwhile, the script is run again from its beginning. */
apr_status_t sso_pool_script(sso_pool_t *pool, sso_script_t *script, void *context,
                             apr_time_t deadline, const char **why, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_file.h -- a SQLite database of one test, in a file under build/ that goes with it. */
#ifndef SQLITE_FILE_H
#define SQLITE_FILE_H

#include "io/store.h"
#include "sso/io.h"

/* A database of that many connections, filled by `sql`; timeout 2 s. */
sso_database_t *sqlite_database(int max, const char *sql, apr_pool_t *p);

/* Run `sql` in it, on a connection of its own: what somebody else does meanwhile. */
void sqlite_run(const sso_database_t *database, const char *sql, apr_pool_t *p);

/* A store with its tables, in a database of its own. */
sso_store_t *sqlite_store(apr_pool_t *p);

#endif

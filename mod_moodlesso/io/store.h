/* SPDX-License-Identifier: Apache-2.0 */
/* store.h -- what must outlive a restart and be known on every node: sessions ended early, texts
 * seen once.
 *
 * One database, MoodleSSOStore: SQLite on one node, PostgreSQL or MySQL on several. Every call is
 * bounded by the store's timeout (on SQLite: by 2 s). While the store cannot be asked every call
 * answers SSO_IO_DOWN at once or SSO_IO_TIMEOUT in time: the caller answers 503, and never guesses.
 * Texts (sids, subjects, ids of tokens) are stored as hashes only (sso/imprint.h). */
#ifndef SSO_STORE_H
#define SSO_STORE_H

#include "io/breaker.h"
#include "io/database.h"
#include "io/store_schema.h"
#include "io/store_sql.h"

/* How long a session may live at most; epochs are kept for as long. */
#define SSO_STORE_EPOCHS_KEPT apr_time_from_sec(31 * 86400)

/* In shared memory; each member is read and written atomically. */
typedef struct sso_store_shared_t {
    sso_breaker_t breaker;
    apr_uint32_t version; /* of the tables; 0: not known yet */
    apr_time_t next_told; /* the administrator hears of what is wrong with it not before */
} sso_store_shared_t;

/* Made before the server forks; `pool` in every process. Read-only then. */
typedef struct sso_store_t {
    const sso_database_t *database;
    const sso_statement_t *statements; /* by sso_sql_t */
    apr_interval_time_t epochs_kept;   /* at least the longest lifetime of a session */
    sso_store_shared_t *shared;
    sso_pool_t *pool;
    sso_say_t *say; /* NULL: nobody is told */
    void *say_context;
} sso_store_t;

/* Make the shared part; it lives as long as `p`. Adds its statements and greeting to `database`. */
apr_status_t sso_store_create(sso_store_t **store, sso_database_t *database, apr_pool_t *p);

/* Make this process's own part. */
apr_status_t sso_store_enter(sso_store_t *store);

/* See to the tables: sso_schema_prepare. Until that was done once on this machine every other call
 * answers SSO_IO_DOWN. */
apr_status_t sso_store_prepare(sso_store_t *store, const char **why, apr_pool_t *p);

/* The version of the tables; 0 until they are ready. */
int sso_store_version(const sso_store_t *store);

/* *first: nobody on any node has seen this text of this kind before. It is remembered until
 * `expires` and an hour more, for clocks that differ. After an error it may have been remembered:
 * do first what may be done twice. */
apr_status_t sso_store_see_once(sso_store_t *store, const char *kind, const char *text,
                                apr_time_t expires, bool *first, const char **why, apr_pool_t *p);

/* End the sessions of this text of this kind ("subject", "sid", "site") that began at `at` or
 * before; of two times the later one stays. Parts of a text are joined by a byte that none of them
 * holds. May be repeated. sso_epochs_revoke tells this node at once, too. */
apr_status_t sso_store_revoke(sso_store_t *store, const char *kind, const char *text, apr_time_t at,
                              const char **why, apr_pool_t *p);

/* Forget what is of no use any more at `now`: at most 20,000 rows of each table. */
apr_status_t sso_store_purge(sso_store_t *store, apr_time_t now, const char **why, apr_pool_t *p);

/* Run a statement of store_sql.h; see sso_pool_query, sso_pool_execute, sso_pool_each. */
apr_status_t sso_store_query(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                             const char **row, const char **why, apr_pool_t *p);
apr_status_t sso_store_execute(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                               int *affected, const char **why, apr_pool_t *p);
apr_status_t sso_store_each(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                            const sso_reader_t *reader, const char **why, apr_pool_t *p);

#endif

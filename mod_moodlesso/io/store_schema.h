/* SPDX-License-Identifier: Apache-2.0 */
/* store_schema.h -- the tables of the store: made, brought up to date, or seen to be. */
#ifndef SSO_STORE_SCHEMA_H
#define SSO_STORE_SCHEMA_H

#include "io/database.h"

/* The tables were made by a newer version, which says that this one must not use them. */
#define SSO_STORE_NEWER (APR_OS_START_USERERR + 21)

/* Bring the tables to the version of store_sql.h, under a lock of the database, so that any number
 * of nodes may begin at once; where they have it nothing is locked or written. Newer tables are
 * used when they say that this version may. A SQLite file is made with mode 0600. Answers the
 * SSO_IO_ codes or SSO_STORE_NEWER; `why` is then a sentence or the driver's words. */
apr_status_t sso_schema_prepare(sso_pool_t *pool, apr_time_t deadline, int *version,
                                const char **why, apr_pool_t *p);

#endif

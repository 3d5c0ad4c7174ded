/* SPDX-License-Identifier: Apache-2.0 */
/* change.h -- what we change in other people's databases: sessions that end, rows in use.
 *
 * While the circuit is open nothing is tried. How it goes opens and closes no circuit: an account
 * that may read and not change is no outage, and look-ups will tell of one. */
#ifndef SSO_CHANGE_H
#define SSO_CHANGE_H

#include "io/access.h"

/* See sso_io_t.change and sso_io_t.hash_change. */
apr_status_t sso_change(sso_io_t *io, const sso_statement_t *statement,
                        const char *const *arguments, apr_pool_t *p);
apr_status_t sso_hash_change(sso_io_t *io, const sso_redis_t *redis, const char *const *words,
                             int count, apr_pool_t *p);

#endif

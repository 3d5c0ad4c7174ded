/* SPDX-License-Identifier: Apache-2.0 */
/* redis.h -- connections of one process to one Redis, with real deadlines.
 *
 * hiredis is used for the protocol only: sockets do not block, and we wait for them with poll(), so
 * that one time bounds connecting, AUTH, SELECT, the command and an answer that drips. A host name
 * is looked up by the system's resolver, which that time does not bound: prefer an address. */
#ifndef SSO_REDIS_H
#define SSO_REDIS_H

#include "sso/io.h"

typedef struct sso_redis_pool_t sso_redis_pool_t;

/* Make the (empty) pool of a Redis in this process; it lives as long as the process. */
apr_status_t sso_redis_pool_create(sso_redis_pool_t **pool, const sso_redis_t *redis);

/* See sso_io_t.hash_get. `why` gets Redis' or the system's words when it fails, for the log. */
apr_status_t sso_redis_hash_get(sso_redis_pool_t *pool, const char *key, const char *const *fields,
                                int count, apr_time_t deadline, sso_span_t *values,
                                const char **why, apr_pool_t *p);

/* See sso_io_t.hash_change. */
apr_status_t sso_redis_command(sso_redis_pool_t *pool, const char *const *words, int count,
                               apr_time_t deadline, const char **why, apr_pool_t *p);

#endif

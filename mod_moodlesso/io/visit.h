/* SPDX-License-Identifier: Apache-2.0 */
/* visit.h -- everything that moodlesso-check asks of one database or Redis, one thing after another
 * and within one time, whatever its circuit breaker says: an administrator waits for the truth. */
#ifndef SSO_VISIT_H
#define SSO_VISIT_H

#include "io/database.h"
#include "io/redis.h"
#include "sso/check_probe.h"
#include "sso/check_redis.h"

/* Fill in the place, and the answers of these lists of sso_probe_t (apr_array_header_t *), on one
 * connection. What was not reached in time keeps is_asked false. */
void sso_visit_database(sso_pool_t *pool, const apr_array_header_t *lists, sso_probe_place_t *place,
                        apr_time_t deadline, apr_pool_t *p);

/* Fill in the answers of a list of sso_redis_probe_t. */
void sso_visit_redis(sso_redis_pool_t *pool, const sso_redis_t *redis,
                     const apr_array_header_t *probes, apr_time_t deadline, apr_pool_t *p);

#endif

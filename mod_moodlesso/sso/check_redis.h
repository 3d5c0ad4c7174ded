/* SPDX-License-Identifier: Apache-2.0 */
/* check_redis.h -- what is asked of a Redis to find out whether the user may do all that is
 * configured: each command once, on a key that cannot be there. */
#ifndef SSO_CHECK_REDIS_H
#define SSO_CHECK_REDIS_H

#include "sso/check_probe.h"

typedef struct sso_redis_probe_t {
    const char *name; /* of its line */
    const char *words[3];
    int count;        /* of words */
    const char *keys; /* "~session_*": what an ACL must open */
    /* The answer. */
    bool is_asked;
    apr_status_t status;
    const char *why;
} sso_redis_probe_t;

/* Add one to a list of sso_redis_probe_t; `field` may be NULL. */
void sso_redis_probe(apr_array_header_t *probes, const char *name, const char *command,
                     const char *key, const char *field, const char *keys);

/* What a source wants of its Redis, as a list of sso_redis_probe_t (check_moodle.c). NULL: it has
 * none. */
const sso_redis_t *sso_moodle_redis_probes(const sso_source_t *source,
                                           const sso_probe_wants_t *wants,
                                           apr_array_header_t *probes, apr_pool_t *p);

/* The line "redis.connect", then one for each probe. */
void sso_redis_judge(sso_check_t *check, const sso_redis_t *redis,
                     const apr_array_header_t *probes);

#endif

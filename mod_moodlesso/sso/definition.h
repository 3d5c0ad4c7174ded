/* SPDX-License-Identifier: Apache-2.0 */
/* definition.h -- MoodleSSODatabase and MoodleSSORedis, from words to values. */
#ifndef SSO_DEFINITION_H
#define SSO_DEFINITION_H

#include <apr_hash.h>

#include "sso/io.h"
#include "sso/options.h"

/* "NAME DRIVER PARAMETERS [timeout=2s max=8 password=file:/path]". Answers a sentence when it is
 * wrong. The breaker is set by the caller. */
const char *sso_database_make(const char *name, const char *driver, const char *parameters,
                              sso_options_t *options, sso_database_t **database);

/* "NAME host:port|unix:/path [db=0 user= password=file:/path timeout=100ms]". */
const char *sso_redis_make(const char *name, const char *address, sso_options_t *options,
                           sso_redis_t **redis);

/* "; there are: a, b", in the order of the alphabet; "" when there are none. What a sentence ends
 * with that misses a name. */
const char *sso_definition_names(apr_hash_t *by_name, apr_pool_t *p);

#endif

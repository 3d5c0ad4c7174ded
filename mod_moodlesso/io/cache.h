/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h -- identities seen lately, in the shared memory of this machine.
 *
 * Two set-associative tables of fixed size: small slots for nearly everybody, large ones for people
 * with many roles. A bucket has eight ways; their tags share a cache line. Slots are versioned
 * (seqlock): readers take no lock and copy, a writer makes the version odd, writes, makes it even.
 * A slot whose writer died is taken over after a second; should that one wake, a sum tells what the
 * two left of each other's entries. When a bucket is full, the entry that ends
 * first goes. Everything is O(1), whatever the filling. */
#ifndef SSO_CACHE_H
#define SSO_CACHE_H

#include <apr_shm.h>

#include "io/fingerprint.h"

/* One per server process; points into the shared segment. */
typedef struct sso_cache_t sso_cache_t;

typedef struct sso_cache_counts_t {
    apr_uint64_t slots, bytes, stored, evicted, too_large;
} sso_cache_counts_t;

/* Make a cache of about `bytes` (at least 64 KiB) that children inherit; it lives as long as `p`.
 */
apr_status_t sso_cache_create(sso_cache_t **cache, apr_size_t bytes, apr_pool_t *p);

/* Copy out the value of a fingerprint that has not ended; false when there is none. */
bool sso_cache_get(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   const char **bytes, apr_size_t *used, apr_pool_t *p);

/* Keep a value until `until`. May decline: it is a cache. */
void sso_cache_put(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   apr_time_t until, const char *bytes, apr_size_t used);

/* The largest value that can be kept, bytes. */
apr_size_t sso_cache_largest(void);

void sso_cache_count(const sso_cache_t *cache, sso_cache_counts_t *counts);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* plain_cache.c -- the cache without any lock, version or check, to measure what those cost.
 *
 * The module is linked with this instead of io/cache.c and takes the same requests. Not safe: a reader
 * may see half of a value. */
#include <string.h>

#include <apr_strings.h>

#include "io/cache.h"

#define SLOTS 4096
#define VALUE 4000

typedef struct plain_t {
    apr_time_t until;
    sso_fingerprint_t fingerprint;
    apr_size_t used;
    char value[VALUE];
} plain_t;

struct sso_cache_t {
    plain_t *slots;
};

apr_status_t sso_cache_create(sso_cache_t **made, apr_size_t bytes, apr_pool_t *p)
{
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, SLOTS * sizeof(plain_t), NULL, p);

    if (status != APR_SUCCESS)
        return status;
    *made = apr_pcalloc(p, sizeof(**made));
    (*made)->slots = apr_shm_baseaddr_get(memory);
    return APR_SUCCESS;
}

bool sso_cache_get(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   const char **bytes, apr_size_t *used, apr_pool_t *p)
{
    const plain_t *slot = &cache->slots[fingerprint.high % SLOTS];

    if (slot->fingerprint.low != fingerprint.low || slot->fingerprint.high != fingerprint.high ||
        slot->until <= now)
        return false;
    *bytes = apr_pmemdup(p, slot->value, slot->used);
    *used = slot->used;
    return true;
}

void sso_cache_put(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   apr_time_t until, const char *bytes, apr_size_t used)
{
    plain_t *slot = &cache->slots[fingerprint.high % SLOTS];

    if (used > VALUE)
        return;
    memcpy(slot->value, bytes, used);
    slot->used = used;
    slot->fingerprint = fingerprint;
    slot->until = until;
}

apr_size_t sso_cache_largest(void)
{
    return VALUE;
}

void sso_cache_count(const sso_cache_t *cache, sso_cache_counts_t *counts)
{
    memset(counts, 0, sizeof(*counts));
    counts->slots = SLOTS;
}

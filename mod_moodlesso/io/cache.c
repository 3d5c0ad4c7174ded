/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c -- identities seen lately, in the shared memory of this machine. */
#include "io/cache.h"

#include <string.h>

#include "io/shared.h"

#define WAYS       8
#define SMALL_SLOT 512
#define LARGE_SLOT 4096
#define WORD       sizeof(apr_uint64_t)
#define TAKE_OVER  APR_USEC_PER_SEC /* a writer needs microseconds; after this long it is dead */

/* In shared memory, a multiple of 64 bytes. `value` holds words, copied one by one. */
typedef struct slot_t {
    apr_uint64_t version; /* odd while somebody writes */
    apr_time_t until;     /* end of the entry; 0 when empty */
    apr_time_t written;   /* when the last writer began */
    sso_fingerprint_t fingerprint;
    apr_uint64_t used; /* bytes of value */
    apr_uint64_t sum;  /* of until, fingerprint, used and value */
    apr_uint64_t value[];
} slot_t;

typedef struct table_t {
    apr_uint64_t buckets;
    apr_size_t slot_bytes;
    apr_uint64_t *tags; /* WAYS per bucket; 0: empty */
    char *slots;
} table_t;

struct sso_cache_t {
    table_t small, large;
    apr_shm_t *memory;
    apr_uint64_t *stored, *evicted, *too_large; /* shared counters */
};

static slot_t *slot_at(const table_t *table, apr_uint64_t bucket, int way)
{
    return (slot_t *)(void *)(table->slots +
                              (bucket * WAYS + (apr_uint64_t)way) * table->slot_bytes);
}

static apr_size_t capacity(const table_t *table)
{
    return table->slot_bytes - sizeof(slot_t);
}

static apr_uint64_t tag_of(sso_fingerprint_t fingerprint)
{
    return fingerprint.low | 1;
}

/* Multiply-shift instead of a division; the high half picks the bucket, the low half is the tag. */
static apr_uint64_t bucket_of(const table_t *table, sso_fingerprint_t fingerprint)
{
    return (apr_uint64_t)(((unsigned __int128)fingerprint.high * table->buckets) >> 64);
}

/* Lay a table over memory; answers the bytes it takes. */
static apr_size_t lay_out(table_t *table, char *at, apr_size_t bytes, apr_size_t slot_bytes)
{
    apr_size_t per_bucket = WAYS * (slot_bytes + WORD);

    table->buckets = bytes / per_bucket;
    if (table->buckets == 0)
        table->buckets = 1;
    table->slot_bytes = slot_bytes;
    table->tags = (apr_uint64_t *)(void *)at;
    table->slots = at + table->buckets * WAYS * WORD;
    return table->buckets * per_bucket;
}

apr_status_t sso_cache_create(sso_cache_t **made, apr_size_t bytes, apr_pool_t *p)
{
    sso_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    apr_size_t counters = 64, least = WAYS * (LARGE_SLOT + WORD);
    apr_size_t large = bytes / 8 > least ? bytes / 8 : least;
    apr_size_t small = bytes > large + counters + least ? bytes - large - counters : least;
    char *memory;
    /* Anonymous memory: children inherit it, no name to be left behind or guessed. */
    apr_status_t status = apr_shm_create(&cache->memory, counters + small + large + 64, NULL, p);

    if (status != APR_SUCCESS)
        return status;
    memory = apr_shm_baseaddr_get(cache->memory);
    cache->stored = (apr_uint64_t *)(void *)memory;
    cache->evicted = cache->stored + 1;
    cache->too_large = cache->stored + 2;
    memory += counters;
    memory += lay_out(&cache->small, memory, small, SMALL_SLOT);
    lay_out(&cache->large, memory, large, LARGE_SLOT);
    *made = cache;
    return APR_SUCCESS;
}

/* One more word into a sum: for each sum another word gives another one. */
static apr_uint64_t add(apr_uint64_t sum, apr_uint64_t word)
{
    sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
    return sum ^ sum >> 32;
}

static apr_uint64_t begin_sum(sso_fingerprint_t fingerprint, apr_time_t until, apr_uint64_t used)
{
    return add(add(add(fingerprint.low, fingerprint.high), (apr_uint64_t)until), used);
}

/* Acquiring every word keeps the second look at the version behind them all; releasing every word
 * keeps them behind the odd version. On x86 both are plain moves. Either answers the whole sum. */
static apr_uint64_t copy_out(apr_uint64_t *to, const apr_uint64_t *from, apr_size_t used,
                             apr_uint64_t sum)
{
    for (apr_size_t i = 0; i < (used + WORD - 1) / WORD; i++) {
        to[i] = sso_load(&from[i]);
        sum = add(sum, to[i]);
    }
    return sum;
}

static apr_uint64_t copy_in(apr_uint64_t *to, const char *from, apr_size_t used, apr_uint64_t sum)
{
    for (apr_size_t i = 0; i < used; i += WORD) {
        apr_uint64_t word = 0;

        memcpy(&word, from + i, used - i < WORD ? used - i : WORD);
        sso_store(&to[i / WORD], word);
        sum = add(sum, word);
    }
    return sum;
}

/* Read one slot; false when it is another's, over, or was written meanwhile: also by a writer that
 * was held up for so long that it was taken over, and goes on beside its successor. */
static bool read_slot(const table_t *table, const slot_t *slot, sso_fingerprint_t fingerprint,
                      apr_time_t now, const char **bytes, apr_size_t *used, apr_pool_t *p)
{
    apr_uint64_t version = sso_load(&slot->version), sum, *copy;
    apr_time_t until = sso_load(&slot->until);

    if (version % 2 != 0 || sso_load(&slot->fingerprint.low) != fingerprint.low ||
        sso_load(&slot->fingerprint.high) != fingerprint.high || until <= now)
        return false;
    *used = sso_load(&slot->used);
    if (*used > capacity(table))
        return false;
    copy = apr_palloc(p, (*used + WORD - 1) / WORD * WORD);
    sum = copy_out(copy, slot->value, *used, begin_sum(fingerprint, until, *used));
    *bytes = (const char *)copy;
    return sso_load(&slot->sum) == sum && sso_load_relaxed(&slot->version) == version;
}

static bool table_get(const table_t *table, sso_fingerprint_t fingerprint, apr_time_t now,
                      const char **bytes, apr_size_t *used, apr_pool_t *p)
{
    apr_uint64_t bucket = bucket_of(table, fingerprint), tag = tag_of(fingerprint);

    for (int way = 0; way < WAYS; way++) {
        if (sso_load_relaxed(&table->tags[bucket * WAYS + (apr_uint64_t)way]) == tag &&
            read_slot(table, slot_at(table, bucket, way), fingerprint, now, bytes, used, p))
            return true;
    }
    return false;
}

bool sso_cache_get(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   const char **bytes, apr_size_t *used, apr_pool_t *p)
{
    return table_get(&cache->small, fingerprint, now, bytes, used, p) ||
           table_get(&cache->large, fingerprint, now, bytes, used, p);
}

/* The way to write: the entry's own, else an empty one, else the one that ends first. */
static int pick_way(const table_t *table, apr_uint64_t bucket, apr_uint64_t tag)
{
    apr_time_t earliest = APR_INT64_MAX;
    int picked = 0;

    for (int way = 0; way < WAYS; way++) {
        apr_uint64_t there = sso_load_relaxed(&table->tags[bucket * WAYS + (apr_uint64_t)way]);
        apr_time_t until = there == 0 ? 0 : sso_load_relaxed(&slot_at(table, bucket, way)->until);

        if (there == tag)
            return way;
        if (until < earliest) {
            earliest = until;
            picked = way;
        }
    }
    return picked;
}

/* Make the version odd; answers it, or 0 when another writer is at it. */
static apr_uint64_t begin_write(slot_t *slot, apr_time_t now)
{
    apr_uint64_t version = sso_load(&slot->version);
    apr_uint64_t odd = version % 2 == 0 ? version + 1 : version + 2;

    if (version % 2 != 0 && now - sso_load_relaxed(&slot->written) < TAKE_OVER)
        return 0;
    if (!sso_swap(&slot->version, version, odd))
        return 0;
    sso_store(&slot->written, now);
    return odd;
}

static void table_put(sso_cache_t *cache, table_t *table, sso_fingerprint_t fingerprint,
                      apr_time_t now, apr_time_t until, const char *bytes, apr_size_t used)
{
    apr_uint64_t bucket = bucket_of(table, fingerprint), tag = tag_of(fingerprint);
    int way = pick_way(table, bucket, tag);
    slot_t *slot = slot_at(table, bucket, way);
    apr_uint64_t *tag_at = &table->tags[bucket * WAYS + (apr_uint64_t)way], version, sum;

    if ((version = begin_write(slot, now)) == 0)
        return;
    if (sso_load_relaxed(tag_at) != tag && sso_load_relaxed(&slot->until) > now)
        sso_count(cache->evicted);
    sso_store(tag_at, tag);
    sso_store(&slot->fingerprint.low, fingerprint.low);
    sso_store(&slot->fingerprint.high, fingerprint.high);
    sso_store(&slot->until, until);
    sso_store(&slot->used, used);
    sum = copy_in(slot->value, bytes, used, begin_sum(fingerprint, until, used));
    sso_store(&slot->sum, sum);
    /* A writer that was taken over in the meantime leaves the version to its successor. */
    sso_swap(&slot->version, version, version + 1);
    sso_count(cache->stored);
}

void sso_cache_put(sso_cache_t *cache, sso_fingerprint_t fingerprint, apr_time_t now,
                   apr_time_t until, const char *bytes, apr_size_t used)
{
    if (used <= capacity(&cache->small))
        table_put(cache, &cache->small, fingerprint, now, until, bytes, used);
    else if (used <= capacity(&cache->large))
        table_put(cache, &cache->large, fingerprint, now, until, bytes, used);
    else
        sso_count(cache->too_large);
}

apr_size_t sso_cache_largest(void)
{
    return LARGE_SLOT - sizeof(slot_t);
}

void sso_cache_count(const sso_cache_t *cache, sso_cache_counts_t *counts)
{
    counts->slots = (cache->small.buckets + cache->large.buckets) * WAYS;
    counts->bytes = cache->small.buckets * WAYS * (SMALL_SLOT + WORD) +
                    cache->large.buckets * WAYS * (LARGE_SLOT + WORD);
    counts->stored = sso_load_relaxed(cache->stored);
    counts->evicted = sso_load_relaxed(cache->evicted);
    counts->too_large = sso_load_relaxed(cache->too_large);
}

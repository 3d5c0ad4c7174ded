/* SPDX-License-Identifier: Apache-2.0 */
/* cache_bench.c -- what a hit in the shared cache costs: empty or full, by one thread or by many.
 *
 *   cache_bench hits FILL          look up one session 10,000 times beside FILL others (for callgrind)
 *   cache_bench threads N          hits per second of N threads, and of 2
 *   cache_bench bytes              bytes per slot
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "io/cache.h"
#include "io/shared.h"

#define VALUE 400

static sso_fingerprint_t print_of(apr_uint64_t n)
{
    /* splitmix64: spread like the keyed hash */
    apr_uint64_t x = (n + 1) * 0x9E3779B97F4A7C15ULL, y;
    sso_fingerprint_t f;

    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    f.low = x ^ (x >> 31);
    y = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDULL;
    f.high = y ^ (y >> 33);
    return f;
}

/* callgrind counts inside this function only. */
__attribute__((noinline)) void measured(sso_cache_t *cache, int n, apr_pool_t *p);
__attribute__((noinline)) void measured(sso_cache_t *cache, int n, apr_pool_t *p)
{
    const char *bytes;
    apr_size_t used;

    for (int i = 0; i < n; i++) {
        if (!sso_cache_get(cache, print_of(0), 1, &bytes, &used, p))
            abort();
        if (i % 100 == 0)
            apr_pool_clear(p);
    }
}

static sso_cache_t *filled(apr_uint64_t others, apr_pool_t *p)
{
    sso_cache_t *cache;
    char value[VALUE];

    memset(value, 'x', sizeof(value));
    if (sso_cache_create(&cache, (apr_size_t)700 << 20, p) != APR_SUCCESS)
        abort();
    for (apr_uint64_t i = 1; i <= others; i++)
        sso_cache_put(cache, print_of(i), 1, 1000, value, sizeof(value));
    sso_cache_put(cache, print_of(0), 1, 1000, value, sizeof(value));
    return cache;
}

typedef struct crowd_t {
    sso_cache_t *cache;
    int stop;
    apr_uint64_t done;
} crowd_t;

static void *look_up(void *of_crowd)
{
    crowd_t *crowd = of_crowd;
    apr_uint64_t done = 0;
    const char *bytes;
    apr_size_t used;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (; !sso_load_relaxed(&crowd->stop); done++) {
        sso_cache_get(crowd->cache, print_of(done % 1000), 1, &bytes, &used, p);
        if (done % 64 == 0)
            apr_pool_clear(p);
    }
    __atomic_fetch_add(&crowd->done, done, __ATOMIC_RELAXED);
    return NULL;
}

static double per_second(crowd_t *crowd, int threads)
{
    pthread_t *all = malloc(sizeof(*all) * (size_t)threads);
    apr_time_t began = apr_time_now(), took;

    crowd->stop = 0;
    crowd->done = 0;
    for (int i = 0; i < threads; i++)
        pthread_create(&all[i], NULL, look_up, crowd);
    apr_sleep(500000);
    sso_store(&crowd->stop, 1);
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
    took = apr_time_now() - began;
    free(all);
    return (double)crowd->done * 1e6 / (double)took;
}

static void threads(int n, apr_pool_t *p)
{
    crowd_t crowd = {filled(1000, p), 0, 0};

    for (int round = 0; round < 7; round++) {
        double two = per_second(&crowd, 2);
        double many = per_second(&crowd, n);
        printf("%.0f %.0f\n", many, two);
    }
}

int main(int argc, char **argv)
{
    apr_pool_t *p, *temporary;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&temporary, p);
    if (argc == 3 && strcmp(argv[1], "hits") == 0) {
        sso_cache_t *cache = filled(strtoull(argv[2], NULL, 10), p);
        measured(cache, 10000, temporary);
    }
    else if (argc == 3 && strcmp(argv[1], "threads") == 0) {
        threads((int)strtoull(argv[2], NULL, 10), p);
    }
    else {
        sso_cache_counts_t counts;
        sso_cache_count(filled(0, p), &counts);
        printf("%.1f\n", (double)counts.bytes / (double)counts.slots);
    }
    return 0;
}

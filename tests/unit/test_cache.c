/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <pthread.h>
#include <stdio.h>

#include "io/cache.h"
#include "io/shared.h"

static sso_fingerprint_t print_of(apr_uint64_t n)
{
    /* Spread like a hash: the cache takes fingerprints as uniform. */
    sso_fingerprint_t f = {n * 0x9E3779B97F4A7C15ULL, (n + 1) * 0xC2B2AE3D27D4EB4FULL};

    return f;
}

static sso_cache_t *make(apr_size_t bytes, apr_pool_t *p)
{
    sso_cache_t *cache;

    assert_int_equal(sso_cache_create(&cache, bytes, p), APR_SUCCESS);
    return cache;
}

T(what_is_kept_is_found_until_it_ends)
{
    sso_cache_t *cache = make(1 << 20, p);
    const char *bytes;
    apr_size_t used;

    assert_false(sso_cache_get(cache, print_of(1), 5, &bytes, &used, p));
    sso_cache_put(cache, print_of(1), 5, 10, "value", 5);
    assert_true(sso_cache_get(cache, print_of(1), 9, &bytes, &used, p));
    assert_int_equal(used, 5);
    assert_memory_equal(bytes, "value", 5);
    assert_false(sso_cache_get(cache, print_of(1), 10, &bytes, &used, p));
    assert_false(sso_cache_get(cache, print_of(2), 5, &bytes, &used, p));
    sso_cache_put(cache, print_of(1), 5, 20, "other", 5);
    assert_true(sso_cache_get(cache, print_of(1), 19, &bytes, &used, p));
    assert_memory_equal(bytes, "other", 5);
}

/* Where this text stands in memory that is shared with other processes. */
static char *shared_place_of(const char *text)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], mode[5], *begin, *end, *found = NULL;

    assert_non_null(maps);
    while (found == NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%p-%p %4s", (void **)&begin, (void **)&end, mode) == 3 &&
            strcmp(mode, "rw-s") == 0)
            found = memmem(begin, (size_t)(end - begin), text, strlen(text));
    }
    fclose(maps);
    return found;
}

/* A writer that is held up for more than a second is taken over, and goes on beside its successor
 * when it wakes: an entry may be of two people then. */
T(an_entry_of_two_people_is_nobodys)
{
    sso_cache_t *cache = make(1 << 20, p);
    const char *bytes;
    apr_size_t used;
    char *place;

    sso_cache_put(cache, print_of(1), 5, 10, "the first one's record", 23);
    place = shared_place_of("the first one's record");
    assert_non_null(place);
    assert_true(sso_cache_get(cache, print_of(1), 9, &bytes, &used, p));
    memcpy(place + 16, "entry!", 6);
    assert_false(sso_cache_get(cache, print_of(1), 9, &bytes, &used, p));
    memcpy(place + 16, "record", 6);
    assert_true(sso_cache_get(cache, print_of(1), 9, &bytes, &used, p));
    sso_cache_put(cache, print_of(1), 5, 10, "another one's record..", 23);
    assert_true(sso_cache_get(cache, print_of(1), 9, &bytes, &used, p));
}

T(values_of_every_size_come_back_whole_or_not_at_all)
{
    sso_cache_t *cache = make(1 << 20, p);
    sso_cache_counts_t counts;
    char value[8192];

    for (apr_size_t i = 0; i < sizeof(value); i++)
        value[i] = (char)i;
    for (apr_size_t size = 0; size <= 5000; size += 7) {
        const char *bytes;
        apr_size_t used;
        sso_cache_put(cache, print_of(size), 5, 10, value, size);
        assert_int_equal(sso_cache_get(cache, print_of(size), 6, &bytes, &used, p),
                         size <= sso_cache_largest());
        if (size <= sso_cache_largest()) {
            assert_int_equal(used, size);
            assert_memory_equal(bytes, value, size);
        }
        if (size % 700 == 0)
            apr_pool_clear(p), cache = make(1 << 20, p);
    }
    sso_cache_count(cache, &counts);
    assert_true(counts.too_large > 0);
}

T(a_full_cache_keeps_working_and_drops_what_ends_first)
{
    sso_cache_t *cache = make(1 << 20, p);
    sso_cache_counts_t counts;
    apr_uint64_t n, found = 0;
    const char *bytes;
    apr_size_t used;
    apr_pool_t *temporary;

    apr_pool_create(&temporary, p);
    sso_cache_count(cache, &counts);
    n = counts.slots * 4;
    for (apr_uint64_t i = 0; i < n; i++)
        sso_cache_put(cache, print_of(i), 5, (apr_time_t)(1000 + i), (const char *)&i, sizeof(i));
    for (apr_uint64_t i = 0; i < n; i++) {
        if (sso_cache_get(cache, print_of(i), 6, &bytes, &used, temporary)) {
            assert_memory_equal(bytes, &i, sizeof(i));
            found++;
            assert_true(i > n / 4 || found < n / 50); /* the old ones went */
        }
        apr_pool_clear(temporary);
    }
    sso_cache_count(cache, &counts);
    assert_true(found * 10 > counts.slots * 7);
    assert_true(counts.evicted > 0);
    assert_int_equal(counts.stored, n);
}

/* Issue 2: a session costs at most 600 bytes. */
T(a_slot_costs_less_than_600_bytes)
{
    sso_cache_counts_t counts;

    sso_cache_count(make(64 << 20, p), &counts);
    assert_true((64 << 20) / counts.slots < 600);
}

/* Writers store one byte many times; a reader must never see two different ones. */
typedef struct race_t {
    sso_cache_t *cache;
    int stop, torn;
    apr_uint64_t seen;
} race_t;

static void *write_many(void *of_race)
{
    race_t *race = of_race;
    char value[400];

    for (unsigned i = 0; !sso_load(&race->stop); i++) {
        memset(value, (int)(i % 251), sizeof(value));
        sso_cache_put(race->cache, print_of(i % 3), apr_time_now(), APR_INT64_MAX, value,
                      sizeof(value) - i % 9);
    }
    return NULL;
}

static void *read_many(void *of_race)
{
    race_t *race = of_race;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (unsigned i = 0; !sso_load(&race->stop); i++) {
        const char *bytes;
        apr_size_t used;
        if (sso_cache_get(race->cache, print_of(i % 3), 1, &bytes, &used, p)) {
            for (apr_size_t at = 1; at < used; at++)
                if (bytes[at] != bytes[0])
                    sso_store(&race->torn, 1);
            sso_count(&race->seen);
        }
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

T(readers_never_see_half_a_value)
{
    race_t race = {make(1 << 20, p), 0, 0, 0};
    pthread_t threads[6];

    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, i < 2 ? write_many : read_many, &race);
    while (sso_load_relaxed(&race.seen) < 20000)
        apr_sleep(1000);
    sso_store(&race.stop, 1);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(race.torn, 0);
}

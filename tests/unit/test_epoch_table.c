/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <pthread.h>

#include "io/epoch_table.h"
#include "io/shared.h"

static sso_epoch_table_t *make(apr_uint32_t slots, apr_pool_t *p)
{
    sso_epoch_table_t *table;

    assert_int_equal(sso_epoch_table_create(&table, slots, p), APR_SUCCESS);
    return table;
}

static bool put(sso_epoch_table_t *table, sso_epoch_half_t half, const char *text, apr_time_t at)
{
    sso_epoch_t epoch;

    assert_true(sso_epoch_make(&epoch, "sid", text, at));
    return sso_epoch_table_put(table, half, epoch, 7);
}

T(the_later_epoch_of_a_text_counts_and_other_texts_have_none)
{
    sso_epoch_table_t *table = make(64, p);

    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 0), 0);
    assert_true(put(table, SSO_EPOCHS_READ, "a", 2000));
    assert_true(put(table, SSO_EPOCHS_READ, "a", 1000));
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 0), 2000);
    assert_true(put(table, SSO_EPOCHS_READ, "a", 3000));
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 0), 3000);
    assert_int_equal(sso_epoch_table_get(table, "sid", "b", 0), 0);
    assert_int_equal(sso_epoch_table_get(table, "subject", "a", 0), 0);
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 2999), 3000);
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 3000), 0);
    assert_int_equal(sso_epoch_table_used(table), 1);
}

/* Anybody can find a text of the same tag; it must not end the sessions of another. */
T(a_tag_alone_ends_nothing)
{
    sso_epoch_table_t *table = make(64, p);
    sso_epoch_t epoch;

    assert_true(sso_epoch_make(&epoch, "sid", "a", 2000));
    epoch.check++;
    assert_true(sso_epoch_table_put(table, SSO_EPOCHS_READ, epoch, 7));
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 0), 0);
    assert_true(put(table, SSO_EPOCHS_READ, "a", 1000));
    assert_int_equal(sso_epoch_table_get(table, "sid", "a", 0), 1000);
    assert_int_equal(sso_epoch_table_used(table), 2);
}

T(what_has_no_room_raises_the_floor_of_all)
{
    sso_epoch_table_t *table = make(64, p);

    for (int i = 0; i < 56; i++)
        assert_true(put(table, SSO_EPOCHS_READ, apr_psprintf(p, "%d", i), 1000 + i));
    assert_int_equal(sso_epoch_table_get(table, "sid", "nobody", 0), 0);
    assert_false(put(table, SSO_EPOCHS_READ, "one too many", 1020));
    assert_int_equal(sso_epoch_table_floor(table), 1020);
    assert_int_equal(sso_epoch_table_get(table, "sid", "nobody", 0), 1020);
    assert_int_equal(sso_epoch_table_get(table, "sid", "10", 0), 1020);
    assert_int_equal(sso_epoch_table_get(table, "sid", "50", 0), 1050);
    assert_true(put(table, SSO_EPOCHS_READ, "50", 2000)); /* has its slot already */
    assert_int_equal(sso_epoch_table_get(table, "sid", "50", 0), 2000);
    assert_int_equal(sso_epoch_table_used(table), 56);
}

T(the_half_that_is_filled_counts_after_the_swap_only)
{
    sso_epoch_table_t *table = make(64, p);

    put(table, SSO_EPOCHS_READ, "old", 1000);
    put(table, SSO_EPOCHS_FILLED, "new", 2000);
    assert_int_equal(sso_epoch_table_get(table, "sid", "new", 0), 0);
    sso_epoch_table_swap(table);
    assert_int_equal(sso_epoch_table_get(table, "sid", "new", 0), 2000);
    assert_int_equal(sso_epoch_table_get(table, "sid", "old", 0), 0);
    for (int i = 0; i < 60; i++)
        put(table, SSO_EPOCHS_FILLED, apr_psprintf(p, "%d", i), 1000);
    sso_epoch_table_clear(table);
    put(table, SSO_EPOCHS_FILLED, "last", 3000);
    sso_epoch_table_swap(table);
    assert_int_equal(sso_epoch_table_used(table), 1);
    assert_int_equal(sso_epoch_table_floor(table), 0);
    assert_int_equal(sso_epoch_table_get(table, "sid", "0", 0), 0);
    assert_int_equal(sso_epoch_table_get(table, "sid", "last", 0), 3000);
}

T(a_well_filled_table_finds_everything)
{
    sso_epoch_table_t *table = make(4096, p);

    for (int i = 0; i < 3584; i++)
        assert_true(put(table, SSO_EPOCHS_READ, apr_psprintf(p, "%d", i), 1 + i));
    for (int i = 0; i < 3584; i++)
        assert_int_equal(sso_epoch_table_get(table, "sid", apr_psprintf(p, "%d", i), 0), 1 + i);
    for (int i = 3584; i < 8000; i++)
        assert_int_equal(sso_epoch_table_get(table, "sid", apr_psprintf(p, "%d", i), 0), 0);
}

/* One thread fills and swaps all the time, two end sessions, four read: what stood in every half is
 * always found, what never did never. */
typedef struct race_t {
    sso_epoch_table_t *table;
    int stop, lost, invented;
    apr_uint64_t read;
} race_t;

static void *sweep(void *of_race)
{
    race_t *race = of_race;
    char text[16];

    while (!sso_load(&race->stop)) {
        sso_epoch_table_clear(race->table);
        for (int i = 0; i < 40; i++) {
            apr_snprintf(text, sizeof(text), "%d", i);
            put(race->table, SSO_EPOCHS_FILLED, text, 1000 + i);
        }
        sso_epoch_table_swap(race->table);
    }
    return NULL;
}

static void *end_sessions(void *of_race)
{
    race_t *race = of_race;
    char text[16];

    for (int i = 0; !sso_load(&race->stop); i++) {
        apr_snprintf(text, sizeof(text), "%d", i % 40);
        put(race->table, SSO_EPOCHS_READ, text, 1000 + i % 40);
    }
    return NULL;
}

static void *look(void *of_race)
{
    race_t *race = of_race;
    char text[16];

    for (int i = 0; !sso_load(&race->stop); i++) {
        apr_time_t at;

        apr_snprintf(text, sizeof(text), "%d", i % 50);
        at = sso_epoch_table_get(race->table, "sid", text, 0);
        if (i % 50 < 40 && at != 1000 + i % 50)
            sso_count(&race->lost);
        if (i % 50 >= 40 && at != 0)
            sso_count(&race->invented);
        sso_count(&race->read);
    }
    return NULL;
}

T(readers_lose_nothing_while_halves_change_places)
{
    race_t race = {make(128, p), 0, 0, 0, 0};
    void *(*const work[])(void *) = {sweep, end_sessions, end_sessions, look, look, look, look};
    pthread_t threads[7];

    for (int i = 0; i < 40; i++)
        put(race.table, SSO_EPOCHS_READ, apr_psprintf(p, "%d", i), 1000 + i);
    for (int i = 0; i < 7; i++)
        pthread_create(&threads[i], NULL, work[i], &race);
    while (sso_load_relaxed(&race.read) < 50000)
        apr_sleep(1000);
    sso_store(&race.stop, 1);
    for (int i = 0; i < 7; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(race.lost, 0);
    assert_int_equal(race.invented, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of a store on SQLite; several nodes are in tests/httpd/test_60_store.py. */
#include "runner.h"

#include "io/epochs.h"
#include "sqlite_file.h"

#define MINUTE apr_time_from_sec(60)

static sso_epochs_t *make(sso_store_t *store, apr_uint32_t slots, apr_pool_t *p)
{
    sso_epochs_t *epochs;

    assert_int_equal(sso_epochs_create(&epochs, store, slots, p), APR_SUCCESS);
    return epochs;
}

static void end(sso_store_t *store, const char *text, apr_time_t at, apr_pool_t *p)
{
    const char *why = NULL;

    assert_int_equal(sso_store_revoke(store, "sid", text, at, &why, p), APR_SUCCESS);
}

static void pull(sso_epochs_t *epochs, apr_time_t now, apr_pool_t *p)
{
    const char *why = NULL;

    assert_int_equal(sso_epochs_pull(epochs, now, &why, p), APR_SUCCESS);
}

static sso_epochs_counts_t counts_of(const sso_epochs_t *epochs)
{
    sso_epochs_counts_t counts;

    sso_epochs_count(epochs, &counts);
    return counts;
}

T(the_first_pull_knows_what_was_there_and_the_next_what_is_new)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 1024, p);
    apr_time_t now = apr_time_now();

    assert_int_equal(counts_of(epochs).pulled, 0);
    end(store, "old", 1000, p);
    sqlite_run(store->database, "UPDATE moodlesso_epochs SET changed = changed - 86400", p);
    pull(epochs, now, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "old"), 1000);
    assert_int_equal(counts_of(epochs).pulled, now);
    assert_int_equal(counts_of(epochs).swept, now);
    end(store, "new", 2000, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "new"), 0);
    pull(epochs, now + 1, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "new"), 2000);
    assert_int_equal(sso_epochs_of(epochs, "subject", "new"), 0);
    assert_int_equal(counts_of(epochs).swept, now);
    assert_int_equal(counts_of(epochs).epochs, 2);
}

T(this_node_knows_at_once_what_it_ended_itself)
{
    sso_epochs_t *epochs = make(sqlite_store(p), 1024, p), *other;
    const char *why = NULL;

    assert_int_equal(sso_epochs_revoke(epochs, "sid", "s", 5000, &why, p), APR_SUCCESS);
    assert_int_equal(sso_epochs_of(epochs, "sid", "s"), 5000);
    assert_true(sso_epochs_is_over(epochs, "sid", "s", 5000));
    assert_false(sso_epochs_is_over(epochs, "sid", "s", 5001));
    assert_false(sso_epochs_is_over(epochs, "sid", "t", 0));
    other = make(sqlite_store(p), 1024, p);
    assert_int_equal(sso_epochs_of(other, "sid", "s"), 0);
}

T(what_was_forgotten_in_the_store_goes_with_the_next_sweep)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 1024, p);
    apr_time_t now = apr_time_now();

    end(store, "goes", 1000, p);
    end(store, "stays", 2000, p);
    pull(epochs, now, p);
    sqlite_run(store->database, "DELETE FROM moodlesso_epochs WHERE at = 1000", p);
    pull(epochs, now + 9 * MINUTE, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "goes"), 1000);
    pull(epochs, now + 10 * MINUTE, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "goes"), 0);
    assert_int_equal(sso_epochs_of(epochs, "sid", "stays"), 2000);
}

/* 64 slots take 40 epochs in a sweep. */
T(of_too_many_the_latest_are_kept_and_the_next_is_the_floor)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 64, p);

    for (int i = 1; i <= 60; i++)
        end(store, apr_psprintf(p, "%d", i), i, p);
    sqlite_run(store->database, "UPDATE moodlesso_epochs SET changed = changed - 86400", p);
    pull(epochs, apr_time_now(), p);
    assert_int_equal(counts_of(epochs).epochs, 40);
    assert_int_equal(counts_of(epochs).floor, 20);
    assert_int_equal(sso_epochs_of(epochs, "sid", "60"), 60);
    assert_int_equal(sso_epochs_of(epochs, "sid", "21"), 21);
    assert_int_equal(sso_epochs_of(epochs, "sid", "5"), 20);
    assert_int_equal(sso_epochs_of(epochs, "sid", "nobody"), 20);
}

T(a_table_that_fills_is_swept_early_and_the_floor_goes_when_it_can)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 64, p);
    apr_time_t now = apr_time_now();

    pull(epochs, now, p);
    for (int i = 1; i <= 60; i++)
        end(store, apr_psprintf(p, "%d", i), 1000 + i, p);
    pull(epochs, now + 1, p);
    assert_true(counts_of(epochs).floor > 0);
    sqlite_run(store->database,
               "DELETE FROM moodlesso_epochs WHERE at < 1050; "
               "UPDATE moodlesso_epochs SET changed = changed - 86400",
               p);
    pull(epochs, now + MINUTE - 1, p);
    assert_true(counts_of(epochs).floor > 0);
    pull(epochs, now + MINUTE, p);
    assert_int_equal(counts_of(epochs).floor, 0);
    assert_int_equal(counts_of(epochs).epochs, 11);
    assert_int_equal(sso_epochs_of(epochs, "sid", "60"), 1060);
    assert_int_equal(sso_epochs_of(epochs, "sid", "nobody"), 0);
}

T(half_the_table_is_not_for_strangers)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 64, p);

    for (int i = 1; i <= 31; i++)
        end(store, apr_psprintf(p, "%d", i), i, p);
    pull(epochs, apr_time_now(), p);
    assert_true(sso_epochs_has_room(epochs));
    end(store, "32", 32, p);
    pull(epochs, apr_time_now(), p);
    assert_false(sso_epochs_has_room(epochs));
}

/* Rows of no text that anybody asks for, the i-th with `at` = i. */
static void fill(const sso_store_t *store, int rows, const char *changed, apr_pool_t *p)
{
    sqlite_run(store->database,
               apr_psprintf(p,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                            "i < %d) INSERT INTO moodlesso_epochs SELECT printf('%%064x', i * "
                            "2654435761), 'x', printf('%%016x', i * 11400714819323), i, %s FROM n",
                            rows, changed),
               p);
}

T(very_many_are_read_a_part_at_a_time)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 65536, p);
    apr_time_t now = apr_time_now();

    fill(store, 25000, "5", p);
    end(store, "first", 30000, p);
    end(store, "last", 1, p);
    sqlite_run(store->database, "UPDATE moodlesso_epochs SET changed = 5", p);
    pull(epochs, now, p);
    assert_int_equal(counts_of(epochs).swept, 0);
    assert_int_equal(sso_epochs_of(epochs, "sid", "first"), 0);
    end(store, "meanwhile", 40000, p); /* in front of where the sweep is */
    pull(epochs, now + 1, p);
    assert_int_equal(counts_of(epochs).swept, now + 1);
    assert_int_equal(counts_of(epochs).epochs, 25003);
    assert_int_equal(sso_epochs_of(epochs, "sid", "first"), 30000);
    assert_int_equal(sso_epochs_of(epochs, "sid", "last"), 1);
    assert_int_equal(sso_epochs_of(epochs, "sid", "meanwhile"), 40000);
}

/* A row whose epoch rises while the sweep goes on: behind it before, in front of it after. */
T(an_epoch_that_rises_during_a_sweep_is_not_lost)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 65536, p);
    apr_time_t now = apr_time_now();

    end(store, "rises", 2, p);
    pull(epochs, now, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "rises"), 2);
    fill(store, 25000, "5", p);
    pull(epochs, now + 10 * MINUTE, p); /* as far as 5000 */
    end(store, "rises", 50000, p);
    pull(epochs, now + 10 * MINUTE + 1, p);
    assert_int_equal(counts_of(epochs).epochs, 25001);
    assert_int_equal(sso_epochs_of(epochs, "sid", "rises"), 50000);
}

T(very_many_changes_at_once_are_caught_up_with)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 65536, p);
    apr_time_t now = apr_time_now();

    pull(epochs, now, p);
    fill(store, 45000, "strftime('%s', 'now')", p);
    for (int i = 1; i <= 2; i++) {
        pull(epochs, now + i, p);
        assert_int_equal(counts_of(epochs).pulled, now); /* not everything yet */
    }
    pull(epochs, now + 3, p);
    assert_int_equal(counts_of(epochs).pulled, now + 3);
    assert_int_equal(counts_of(epochs).epochs, 45000);
    assert_int_equal(counts_of(epochs).floor, 0);
}

T(while_the_store_is_away_the_copy_stays)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 1024, p);
    apr_time_t now = apr_time_now();
    const char *why = NULL;

    end(store, "s", 1000, p);
    pull(epochs, now, p);
    sqlite_run(store->database, "ALTER TABLE moodlesso_epochs RENAME TO away", p);
    assert_int_equal(sso_epochs_pull(epochs, now + 20 * MINUTE, &why, p), SSO_IO_NO_TABLE);
    assert_sentence(why, "moodlesso_epochs");
    assert_int_equal(sso_epochs_of(epochs, "sid", "s"), 1000);
    assert_int_equal(counts_of(epochs).pulled, now);
    sqlite_run(store->database, "ALTER TABLE away RENAME TO moodlesso_epochs", p);
    assert_int_equal(sso_store_version(store), 0);
    assert_int_equal(sso_store_prepare(store, &why, p), APR_SUCCESS);
    end(store, "t", 2000, p);
    pull(epochs, now + 21 * MINUTE, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "s"), 1000);
    assert_int_equal(sso_epochs_of(epochs, "sid", "t"), 2000);
}

/* Stamps of the future, as after a clock that was wrong: later ones are found all the same. */
T(a_clock_that_was_set_back_hides_nothing)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 1024, p);
    apr_time_t now = apr_time_now();

    end(store, "future", 1000, p);
    sqlite_run(store->database, "UPDATE moodlesso_epochs SET changed = changed + 86400", p);
    pull(epochs, now, p);
    pull(epochs, now + 1, p);
    end(store, "now", 2000, p);
    pull(epochs, now + 2, p);
    assert_int_equal(sso_epochs_of(epochs, "sid", "future"), 1000);
    assert_int_equal(sso_epochs_of(epochs, "sid", "now"), 2000);
}

T(rows_that_are_none_of_ours_are_passed_over)
{
    sso_store_t *store = sqlite_store(p);
    sso_epochs_t *epochs = make(store, 1024, p);

    end(store, "s", 1000, p);
    sqlite_run(store->database,
               "INSERT INTO moodlesso_epochs VALUES ('zz', 'x', 'not hex', 5, 5); "
               "INSERT INTO moodlesso_epochs VALUES ('', '', '', 7, strftime('%s', 'now')); "
               "INSERT INTO moodlesso_epochs VALUES ('a', 'x', '1', 'many', 'words')",
               p);
    pull(epochs, apr_time_now(), p);
    assert_int_equal(counts_of(epochs).epochs, 1);
    assert_int_equal(sso_epochs_of(epochs, "sid", "s"), 1000);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; PostgreSQL, MariaDB and several processes are in tests/httpd/test_60_store.py. */
#include "runner.h"

#include <pthread.h>
#include <unistd.h>

#include "io/shared.h"
#include "io/store.h"
#include "sqlite_file.h"
#include "sso/imprint.h"

#define HOUR apr_time_from_sec(3600)

static int told;
static char last_told[500];

static void say(void *context, bool is_good, const char *text)
{
    told++;
    apr_cpystrn(last_told, text, sizeof(last_told));
}

static sso_store_t *make(apr_pool_t *p)
{
    sso_database_t *database = sqlite_database(4, "", p);
    const char *why = NULL;
    sso_store_t *store;

    assert_int_equal(sso_store_create(&store, database, p), APR_SUCCESS);
    assert_int_equal(sso_store_enter(store), APR_SUCCESS);
    store->say = say;
    told = 0;
    assert_int_equal(sso_store_version(store), 0);
    assert_int_equal(sso_store_prepare(store, &why, p), APR_SUCCESS);
    assert_int_equal(sso_store_version(store), SSO_SQL_SCHEMA);
    return store;
}

static bool is_first(sso_store_t *store, const char *kind, const char *text, apr_time_t expires,
                     apr_pool_t *p)
{
    const char *why = NULL;
    bool first;

    assert_int_equal(sso_store_see_once(store, kind, text, expires, &first, &why, p), APR_SUCCESS);
    return first;
}

T(a_text_is_seen_once)
{
    sso_store_t *store = make(p);
    apr_time_t soon = apr_time_now() + HOUR;

    assert_true(is_first(store, "jti", "abc", soon, p));
    assert_false(is_first(store, "jti", "abc", soon, p));
    assert_true(is_first(store, "jti", "ABC", soon, p));
    assert_true(is_first(store, "code", "abc", soon, p));
    assert_true(is_first(store, "jti", "o'ne\n\xff", soon, p));
    assert_false(is_first(store, "jti", "o'ne\n\xff", soon, p));
}

/* The first row's column, by itself. */
static const char *look(sso_store_t *store, const char *sql, apr_pool_t *p)
{
    sso_database_t *database = apr_pmemdup(p, store->database, sizeof(*database));
    sso_statement_t statement;
    const char *row[1] = {NULL}, *why = NULL, *none = "";
    sso_pool_t *pool;

    database->statements = apr_array_make(p, 1, sizeof(const char *));
    statement = sso_statement_make(database, sql, 1);
    sso_pool_create(&pool, database);
    sso_pool_query(pool, &statement, &none, apr_time_now() + apr_time_from_sec(60), row, &why, p);
    return row[0] ? row[0] : "NULL";
}

T(the_later_of_two_epochs_stays)
{
    sso_store_t *store = make(p);
    const apr_time_t at[] = {2000, 1000, 3000, 3000};
    const char *const stays[] = {"2000", "2000", "3000", "3000"}, *why = NULL;

    for (int i = 0; i < 4; i++) {
        assert_int_equal(sso_store_revoke(store, "sid", "s-1", at[i], &why, p), APR_SUCCESS);
        assert_string_equal(look(store, "SELECT at FROM moodlesso_epochs", p), stays[i]);
    }
    assert_int_equal(sso_store_revoke(store, "subject", "s-1", 5000, &why, p), APR_SUCCESS);
    assert_string_equal(look(store, "SELECT COUNT(*) FROM moodlesso_epochs", p), "2");
    assert_string_equal(look(store, "SELECT at FROM moodlesso_epochs WHERE kind = 'sid'", p),
                        "3000");
    assert_string_equal(
        look(store, "SELECT changed > 1700000000 FROM moodlesso_epochs WHERE kind = 'sid'", p),
        "1");
}

T(no_text_is_stored_as_it_is)
{
    sso_store_t *store = make(p);
    const char *why = NULL;

    is_first(store, "jti", "secret-jti", apr_time_now() + HOUR, p);
    sso_store_revoke(store, "sid", "secret-sid", 1, &why, p);
    assert_string_equal(look(store, "SELECT hash || kind FROM moodlesso_seen", p),
                        apr_pstrcat(p, sso_imprint_hex("jti", "secret-jti", p), "jti", NULL));
    assert_string_equal(look(store, "SELECT key_hash || kind FROM moodlesso_epochs", p),
                        apr_pstrcat(p, sso_imprint_hex("sid", "secret-sid", p), "sid", NULL));
    assert_string_equal(
        look(store, "SELECT tag FROM moodlesso_epochs", p),
        apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT, sso_imprint_tag("sid", "secret-sid")));
}

T(a_kind_that_is_none_is_refused)
{
    sso_store_t *store = make(p);
    const char *why = NULL;
    bool first = true;

    assert_int_equal(sso_store_see_once(store, "j'ti", "a", 1, &first, &why, p), SSO_IO_ANSWER);
    assert_false(first);
    assert_int_equal(sso_store_revoke(store, "", "a", 1, &why, p), SSO_IO_ANSWER);
}

T(what_is_of_no_use_is_forgotten_and_nothing_else)
{
    sso_store_t *store = make(p);
    apr_time_t now = apr_time_now();
    const char *why = NULL;

    store->epochs_kept = 10 * HOUR;
    is_first(store, "jti", "old", now - HOUR - apr_time_from_sec(2), p);
    is_first(store, "jti", "over", now - apr_time_from_sec(60), p); /* a slow clock may take it */
    is_first(store, "jti", "new", now + HOUR, p);
    sso_store_revoke(store, "sid", "old", now - 12 * HOUR, &why, p);
    sso_store_revoke(store, "sid", "new", now - 9 * HOUR, &why, p);
    assert_int_equal(sso_store_purge(store, now, &why, p), APR_SUCCESS);
    assert_true(is_first(store, "jti", "old", now + HOUR, p));
    assert_false(is_first(store, "jti", "over", now + HOUR, p));
    assert_false(is_first(store, "jti", "new", now + HOUR, p));
    assert_string_equal(look(store, "SELECT key_hash FROM moodlesso_epochs", p),
                        sso_imprint_hex("sid", "new", p));
    assert_string_equal(look(store, "SELECT COUNT(*) FROM moodlesso_epochs", p), "1");
}

/* One statement deletes a page at most, one purge twenty. */
T(forgetting_is_bounded)
{
    sso_store_t *store = make(p);
    const char *text = apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(apr_time_now()));
    const char *arguments[] = {text, text}, *why = NULL;
    int affected;

    sqlite_run(store->database,
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21500) "
               "INSERT INTO moodlesso_seen SELECT printf('%064d', i), 'jti', i FROM n",
               p);
    assert_int_equal(sso_store_execute(store, SSO_SQL_FORGET_SEEN, arguments, &affected, &why, p),
                     0);
    assert_int_equal(affected, 1000);
    assert_int_equal(sso_store_purge(store, apr_time_now(), &why, p), APR_SUCCESS);
    assert_string_equal(look(store, "SELECT COUNT(*) FROM moodlesso_seen", p), "500");
    assert_string_equal(look(store, "SELECT MIN(expires) FROM moodlesso_seen", p), "21001");
    assert_int_equal(sso_store_purge(store, apr_time_now(), &why, p), APR_SUCCESS);
    assert_string_equal(look(store, "SELECT COUNT(*) FROM moodlesso_seen", p), "0");
}

T(before_its_tables_are_ready_a_store_is_down)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why = NULL;
    sso_store_t *store;
    bool first = true;

    sso_store_create(&store, database, p);
    sso_store_enter(store);
    assert_int_equal(sso_store_see_once(store, "jti", "a", 1, &first, &why, p), SSO_IO_DOWN);
    assert_false(first);
    assert_sentence(why, "not ready");
}

T(a_store_that_cannot_be_made_ready_is_told_once_a_minute)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why = NULL;
    sso_store_t *store;

    database->parameters = "/nonexistent/x";
    sso_store_create(&store, database, p);
    sso_store_enter(store);
    store->say = say;
    told = 0;
    for (int i = 0; i < 2; i++)
        assert_int_equal(sso_store_prepare(store, &why, p), SSO_IO_DENIED);
    assert_int_equal(told, 1);
    assert_sentence(last_told, "the store is not ready: /nonexistent/x cannot be opened");
    assert_int_equal(sso_store_prepare(store, &why, p), SSO_IO_DENIED);
    assert_int_equal(told, 2);
    assert_sentence(last_told, "DB_DENIED: the store failed 3 times in a row");
    /* Before it is its time again. */
    sso_store(&store->shared->breaker.next_probe, apr_time_now() + HOUR);
    assert_int_equal(sso_store_prepare(store, &why, p), SSO_IO_DOWN);
}

T(tables_that_were_taken_away_are_made_again)
{
    sso_store_t *store = make(p);
    const char *why = NULL;
    bool first;

    sqlite_run(store->database,
               "DROP TABLE moodlesso_meta; DROP TABLE moodlesso_seen; DROP TABLE moodlesso_epochs",
               p);
    assert_int_equal(sso_store_see_once(store, "jti", "a", 1, &first, &why, p), SSO_IO_NO_TABLE);
    assert_int_equal(told, 1);
    assert_sentence(last_told, "DB_QUERY: the store cannot do what it is asked: no such table");
    assert_int_equal(sso_store_see_once(store, "jti", "a", 1, &first, &why, p), SSO_IO_DOWN);
    assert_int_equal(sso_store_prepare(store, &why, p), APR_SUCCESS);
    assert_true(is_first(store, "jti", "a", 1, p));
}

typedef struct crowd_t {
    sso_store_t *store;
    apr_time_t expires;
    int wins[100], errors;
} crowd_t;

static void *race(void *of_crowd)
{
    static int next;
    crowd_t *crowd = of_crowd;
    int offset = sso_count(&next) * 7;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        int value = (i + offset) % 100;
        const char *why = NULL;
        bool first;

        if (sso_store_see_once(crowd->store, "jti", apr_psprintf(p, "%d", value), crowd->expires,
                               &first, &why, p) != APR_SUCCESS)
            sso_count(&crowd->errors);
        if (first)
            sso_count(&crowd->wins[value]);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

T(of_many_at_once_exactly_one_is_first)
{
    crowd_t crowd = {make(p), apr_time_now() + HOUR, {0}, 0};
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, race, &crowd);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.errors, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(crowd.wins[i], 1);
}

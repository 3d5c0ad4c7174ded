/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite, and with nobody there; servers and their accounts are in tests/httpd. */
#include "runner.h"

#include "io/visit.h"
#include "sqlite_file.h"

#define SQL "CREATE TABLE t (k INTEGER, v TEXT); INSERT INTO t VALUES (1, 'b')"

static sso_probe_t *probe(apr_array_header_t *lists, int place)
{
    return &APR_ARRAY_IDX(APR_ARRAY_IDX(lists, 0, apr_array_header_t *), place, sso_probe_t);
}

/* May t be read, written, emptied; is there a u; the value of v. */
static apr_array_header_t *lists_of(apr_pool_t *p)
{
    apr_array_header_t *probes = apr_array_make(p, 4, sizeof(sso_probe_t));
    apr_array_header_t *lists = apr_array_make(p, 1, sizeof(apr_array_header_t *));

    sso_probe_right(probes, SSO_PROBE_ALL, "all", "t", "k");
    sso_probe_right(probes, SSO_PROBE_SELECT, "none", "u", "k");
    sso_probe_value(probes, SSO_PROBE_SETTING, "value", "v", "SELECT v FROM t");
    APR_ARRAY_PUSH(lists, apr_array_header_t *) = probes;
    return lists;
}

T(a_refusal_is_an_answer_and_the_next_question_follows)
{
    sso_database_t *database = sqlite_database(1, SQL, p);
    apr_array_header_t *lists = lists_of(p);
    sso_probe_place_t place;
    sso_pool_t *pool;

    sso_pool_create(&pool, database);
    sso_visit_database(pool, lists, &place, apr_time_now() + apr_time_from_sec(60), p);
    assert_int_equal(place.status, APR_SUCCESS);
    assert_int_equal(probe(lists, 0)->status, APR_SUCCESS);
    assert_int_equal(probe(lists, 1)->status, SSO_IO_NO_TABLE);
    assert_non_null(strstr(probe(lists, 1)->why, "no such table"));
    assert_string_equal(probe(lists, 2)->value, "b");
    assert_int_equal(pool->open, 1);
}

T(a_database_that_is_not_there_is_asked_nothing)
{
    sso_database_t *database = sqlite_database(1, SQL, p);
    apr_array_header_t *lists = lists_of(p);
    sso_probe_place_t place;
    sso_pool_t *pool;

    database->parameters = "/nonexistent/x.db";
    sso_pool_create(&pool, database);
    sso_visit_database(pool, lists, &place, apr_time_now() + apr_time_from_sec(60), p);
    assert_int_equal(place.status, SSO_IO_DOWN);
    assert_non_null(place.why);
    for (int i = 0; i < 3; i++)
        assert_false(probe(lists, i)->is_asked);
}

T(a_redis_that_is_not_there_is_asked_once_and_none_when_the_time_is_over)
{
    const sso_redis_t redis = {
        .name = "r", .host = "127.0.0.1", .port = 1, .timeout = apr_time_from_sec(60)};
    apr_array_header_t *probes = apr_array_make(p, 2, sizeof(sso_redis_probe_t));
    sso_redis_pool_t *pool;
    sso_redis_probe_t *at;

    sso_redis_probe(probes, "a", "HMGET", "k", "f", "~k");
    sso_redis_probe(probes, "b", "UNLINK", "k", NULL, "~k");
    at = &APR_ARRAY_IDX(probes, 0, sso_redis_probe_t);
    sso_redis_pool_create(&pool, &redis);
    sso_visit_redis(pool, &redis, probes, apr_time_now(), p);
    assert_false(at[0].is_asked);
    sso_visit_redis(pool, &redis, probes, apr_time_now() + apr_time_from_sec(60), p);
    assert_true(at[0].is_asked);
    assert_int_equal(at[0].status, SSO_IO_DOWN);
    assert_false(at[1].is_asked);
}

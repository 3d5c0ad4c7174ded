/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/access.h"
#include "small_world.h"
#include "sqlite_file.h"

/* Nobody listens there. */
#define NOWHERE "http://127.0.0.1:1/"

static int told;

static void say(void *context, bool is_good, const char *text)
{
    told += !is_good && strstr(text, "failed 3 times in a row") != NULL;
}

static sso_world_t *make(sso_database_t *database, sso_redis_t *redis, apr_pool_t *p)
{
    sso_world_t *world = small_world(small_inventory_of(database, redis, p), p);

    world->say = say;
    told = 0;
    return world;
}

/* Ask a database, a Redis and a site once each. */
static void ask_all(sso_access_t *access, const sso_statement_t *statement, sso_redis_t *redis,
                    apr_status_t answers[3], apr_pool_t *p)
{
    const char *row[1], *field = "userid";
    sso_exchange_t exchange = {.method = "GET", .url = NOWHERE, .max_body = 1, .breaker = 2};
    sso_span_t value;

    answers[0] = access->io.query(&access->io, statement, NULL, row, p);
    answers[1] = access->io.hash_get(&access->io, redis, "k", &field, 1, &value, p);
    answers[2] = access->io.http(&access->io, &exchange, p);
}

T(without_time_nobody_is_asked_and_nobody_is_to_blame)
{
    sso_database_t *database = sqlite_database(1, "CREATE TABLE t (k TEXT)", p);
    sso_statement_t count = sso_statement_make(database, "SELECT COUNT(*) FROM t", 1);
    sso_redis_t redis = {.host = "127.0.0.1", .port = 1, .timeout = apr_time_from_sec(1)};
    sso_world_t *world = make(database, &redis, p);
    apr_status_t answers[3];
    sso_access_t access;

    sso_access_init(&access, world, apr_time_now());
    for (int i = 0; i < 2 * SSO_BREAKER_FAILURES; i++) {
        ask_all(&access, &count, &redis, answers, p);
        for (int k = 0; k < 3; k++)
            assert_int_equal(answers[k], SSO_IO_TIMEOUT);
    }
    assert_int_equal(told, 0);
    for (int k = 0; k < 3; k++)
        assert_true(sso_breaker_admits(&world->breakers[k], apr_time_now()));
}

T(who_does_not_answer_is_asked_no_more)
{
    sso_database_t *database = sqlite_database(1, "CREATE TABLE t (k TEXT)", p);
    sso_statement_t count = sso_statement_make(database, "SELECT COUNT(*) FROM t", 1);
    sso_redis_t redis = {.host = "127.0.0.1", .port = 1, .timeout = apr_time_from_sec(1)};
    sso_world_t *world = make(database, &redis, p);
    apr_status_t answers[3];
    sso_access_t access;

    sso_access_init(&access, world, apr_time_now());
    access.io.deadline = apr_time_now() + apr_time_from_sec(60);
    for (int i = 0; i < SSO_BREAKER_FAILURES; i++) {
        ask_all(&access, &count, &redis, answers, p);
        assert_int_equal(answers[0], APR_SUCCESS);
        assert_int_equal(answers[1], SSO_IO_DOWN);
        assert_int_equal(answers[2], SSO_IO_DOWN);
    }
    assert_int_equal(told, 2);
    for (int k = 0; k < 3; k++)
        assert_int_equal(sso_breaker_is_open(&world->breakers[k]), k > 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/change.h"
#include "loopback.h"
#include "small_world.h"
#include "sqlite_file.h"

T(rows_are_changed_and_none_is_no_fault)
{
    sso_database_t *database =
        sqlite_database(1, "CREATE TABLE t (k TEXT); INSERT INTO t VALUES ('a')", p);
    sso_statement_t count = sso_statement_make(database, "SELECT COUNT(*) FROM t WHERE k=%s", 1);
    sso_statement_t gone = sso_statement_make(database, "DELETE FROM t WHERE k=%s", 0);
    sso_statement_t wrong = sso_statement_make(database, "DELETE FROM nosuch WHERE k=%s", 0);
    sso_redis_t redis = {.host = "127.0.0.1"};
    sso_access_t access;
    const char *argument = "a", *row[1];

    sso_access_init(&access, small_world(small_inventory_of(database, &redis, p), p),
                    apr_time_now());
    access.io.deadline = apr_time_now() + apr_time_from_sec(60);
    assert_int_equal(access.io.change(&access.io, &gone, &argument, p), APR_SUCCESS);
    assert_int_equal(access.io.query(&access.io, &count, &argument, row, p), APR_SUCCESS);
    assert_string_equal(row[0], "0");
    assert_int_equal(access.io.change(&access.io, &gone, &argument, p), APR_SUCCESS);
    assert_true(access.io.change(&access.io, &wrong, &argument, p) != APR_SUCCESS);
    assert_non_null(access.why);
}

T(an_account_that_may_not_change_opens_no_circuit_and_an_open_one_is_not_tried)
{
    static const char *const words[] = {"UNLINK", "k"};
    loopback_step_t steps[1] = {
        {.answer = "-NOPERM no\r\n\f-NOPERM no\r\n\f-NOPERM no\r\n\f-NOPERM no\r\n\f-NOPERM "
                   "no\r\n\f-NOPERM no\r\n\f-NOPERM no\r\n\f:1\r\n",
         .keep = true}};
    sso_redis_t redis = {.host = "127.0.0.1", .timeout = apr_time_from_sec(60)};
    loopback_t *server = loopback_start(steps, 1, &redis.port);
    sso_world_t *world = small_world(
        small_inventory_of(sqlite_database(1, "CREATE TABLE t (k TEXT)", p), &redis, p), p);
    sso_access_t access;

    sso_access_init(&access, world, apr_time_now());
    for (int i = 0; i < 7; i++)
        assert_int_equal(access.io.hash_change(&access.io, &redis, words, 2, p), SSO_IO_DENIED);
    assert_int_equal(access.io.hash_change(&access.io, &redis, words, 2, p), APR_SUCCESS);
    for (int i = 0; i < SSO_BREAKER_FAILURES; i++)
        sso_breaker_failed(&world->breakers[1], apr_time_now() + apr_time_from_sec(3600));
    assert_int_equal(access.io.hash_change(&access.io, &redis, words, 2, p), SSO_IO_DOWN);
    loopback_stop(server);
}

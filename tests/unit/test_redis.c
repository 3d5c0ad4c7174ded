/* SPDX-License-Identifier: Apache-2.0 */
/* Faults that a real Redis does not show on demand; the real one is in tests/httpd. */
#include "runner.h"

#include "io/redis.h"
#include "loopback.h"

static const char *const fields[] = {"userid", "timemodified"};

/* Longer than any answer here takes. */
#define PATIENCE apr_time_from_sec(60)

static apr_status_t ask_for(apr_interval_time_t time, const loopback_step_t *steps, int count,
                            int times, sso_span_t *values, apr_pool_t *p)
{
    sso_redis_t redis = {.host = "127.0.0.1"};
    sso_redis_pool_t *pool;
    loopback_t *server = loopback_start(steps, count, &redis.port);
    apr_status_t status = APR_EGENERAL;
    const char *why;

    assert_int_equal(sso_redis_pool_create(&pool, &redis), APR_SUCCESS);
    for (int i = 0; i < times; i++)
        status = sso_redis_hash_get(pool, "key", fields, 2, apr_time_now() + time, values, &why, p);
    loopback_stop(server);
    return status;
}

static apr_status_t ask(const loopback_step_t *steps, int count, int times, sso_span_t *values,
                        apr_pool_t *p)
{
    return ask_for(PATIENCE, steps, count, times, values, p);
}

#define ANSWER "*2\r\n$4\r\ni:3;\r\n$-1\r\n"

T(values_and_missing_fields_are_read)
{
    loopback_step_t steps[] = {{.answer = ANSWER, .keep = true}};
    sso_span_t values[2];

    assert_int_equal(ask(steps, 1, 3, values, p), APR_SUCCESS);
    assert_span(values[0], "i:3;");
    assert_null(values[1].at);
}

T(a_server_that_accepts_and_never_answers_costs_the_deadline)
{
    loopback_step_t steps[] = {{.silent = true}};
    sso_span_t values[2];

    assert_int_equal(ask_for(200000, steps, 1, 1, values, p), SSO_IO_TIMEOUT);
}

T(an_answer_that_drips_costs_the_deadline_too)
{
    loopback_step_t steps[] = {{.answer = ANSWER, .drip = 300000}};
    sso_span_t values[2];

    assert_int_equal(ask_for(200000, steps, 1, 1, values, p), SSO_IO_TIMEOUT);
}

T(a_connection_lost_while_idle_is_replaced)
{
    loopback_step_t steps[] = {{.answer = ANSWER}, {.answer = ANSWER}, {.answer = ANSWER}};
    sso_span_t values[2];

    assert_int_equal(ask(steps, 3, 3, values, p), APR_SUCCESS);
}

T(whatever_is_no_answer_is_a_fault)
{
    const struct {
        const char *answer;
        apr_status_t status;
    } cases[] = {
        {NULL, SSO_IO_DOWN},
        {"-NOAUTH Authentication required.\r\n", SSO_IO_DENIED},
        {"-NOPERM this user has no permissions\r\n", SSO_IO_DENIED},
        {"-LOADING Redis is loading\r\n", SSO_IO_DOWN},
        {"-WRONGTYPE Operation against a key\r\n", SSO_IO_ANSWER},
        {"$3\r\nabc\r\n", SSO_IO_ANSWER},
        {"*1\r\n$1\r\na\r\n", SSO_IO_ANSWER},
        {"*2\r\n:1\r\n:2\r\n", SSO_IO_ANSWER},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", SSO_IO_ANSWER},
    };
    sso_span_t values[2];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        loopback_step_t step = {.answer = cases[i].answer};
        assert_int_equal(ask(&step, 1, 1, values, p), cases[i].status);
    }
}

T(nobody_listening_is_down)
{
    const sso_redis_t redis = {.host = "127.0.0.1", .port = 1};
    sso_redis_pool_t *pool;
    sso_span_t values[2];
    const char *why;

    sso_redis_pool_create(&pool, &redis);
    assert_int_equal(
        sso_redis_hash_get(pool, "k", fields, 2, apr_time_now() + PATIENCE, values, &why, p),
        SSO_IO_DOWN);
}

T(auth_and_select_come_before_the_first_command)
{
    sso_redis_t like = {.user = "u", .password = "p w", .db = 3};
    loopback_step_t steps[] = {{.answer = "+OK\r\n\f+OK\r\n\f" ANSWER, .keep = true}};
    loopback_t *server = loopback_start(steps, 1, &like.port);
    sso_redis_pool_t *pool;
    sso_span_t values[2];
    const char *why;

    like.host = "127.0.0.1";
    sso_redis_pool_create(&pool, &like);
    assert_int_equal(
        sso_redis_hash_get(pool, "k", fields, 2, apr_time_now() + PATIENCE, values, &why, p),
        APR_SUCCESS);
    assert_non_null(strstr(loopback_heard(server),
                           "AUTH\r\n$1\r\nu\r\n$3\r\np w\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"));
    loopback_stop(server);
}

T(a_command_changes_something_and_only_its_error_counts)
{
    static const char *const words[] = {"UNLINK", "session_x"};
    const struct {
        const char *answer;
        apr_status_t status;
    } cases[] = {{":1\r\n", APR_SUCCESS},
                 {":0\r\n", APR_SUCCESS},
                 {"-NOPERM this user has no permissions\r\n", SSO_IO_DENIED}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        loopback_step_t step = {.answer = cases[i].answer};
        sso_redis_t redis = {.host = "127.0.0.1"};
        loopback_t *server = loopback_start(&step, 1, &redis.port);
        sso_redis_pool_t *pool;
        const char *why;

        sso_redis_pool_create(&pool, &redis);
        assert_int_equal(sso_redis_command(pool, words, 2, apr_time_now() + PATIENCE, &why, p),
                         cases[i].status);
        loopback_stop(server);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/check_redis.h"

static const sso_redis_t redis = {.name = "r", .user = "sso", .db = 2};

/* Lines for a HMGET and an UNLINK that were answered so. */
static const sso_check_line_t *judged(apr_status_t first, const char *first_why,
                                      apr_status_t second, const char *second_why, apr_pool_t *p)
{
    apr_array_header_t *probes = apr_array_make(p, 2, sizeof(sso_redis_probe_t));
    sso_check_t *check = apr_pcalloc(p, sizeof(*check));
    sso_redis_probe_t *at;

    sso_redis_probe(probes, "redis.hmget", "HMGET", "k", "f", "~session_*");
    sso_redis_probe(probes, "redis.unlink", "UNLINK", "k", NULL, "~session_*");
    at = &APR_ARRAY_IDX(probes, 0, sso_redis_probe_t);
    at[0].is_asked = at[1].is_asked = true;
    at[0].status = first;
    at[0].why = first_why;
    at[1].status = second;
    at[1].why = second_why;
    sso_check_init(check, p);
    sso_check_about(check, "source", "m");
    sso_redis_judge(check, &redis, probes);
    assert_int_equal(check->lines->nelts, 3);
    return &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);
}

T(each_command_has_its_line)
{
    const sso_check_line_t *lines = judged(APR_SUCCESS, NULL, APR_SUCCESS, NULL, p);

    for (int i = 0; i < 3; i++)
        assert_int_equal(lines[i].verdict, SSO_CHECK_GOOD);
    assert_string_equal(lines[0].name, "source.m.redis.connect");
    assert_string_equal(lines[1].what, "sso ~session_* +hmget");
}

T(a_right_that_is_missing_is_no_lost_connection)
{
    const sso_check_line_t *lines =
        judged(SSO_IO_DENIED, "NOPERM this user has no permissions to run the 'hmget' command",
               APR_SUCCESS, NULL, p);

    assert_int_equal(lines[0].verdict, SSO_CHECK_GOOD);
    assert_string_equal(lines[1].run, "ACL SETUSER sso ~session_* +hmget");
    lines = judged(APR_SUCCESS, NULL, SSO_IO_DENIED, "NOPERM No permissions to access a key", p);
    assert_int_equal(lines[1].verdict, SSO_CHECK_GOOD);
    assert_string_equal(lines[2].run, "ACL SETUSER sso ~session_* +unlink");
}

T(what_keeps_us_from_asking_is_told_once)
{
    static const struct {
        apr_status_t status;
        const char *why;
        sso_fix_t fix;
    } cases[] = {{SSO_IO_DOWN, "refused", SSO_FIX_REDIS_DOWN},
                 {SSO_IO_TIMEOUT, NULL, SSO_FIX_REDIS_DOWN},
                 {SSO_IO_DENIED, "WRONGPASS no", SSO_FIX_REDIS_DENIED},
                 {SSO_IO_DENIED, "NOPERM User sso has no permissions to run the 'SELECT' command",
                  SSO_FIX_ACL}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_check_line_t *lines = judged(cases[i].status, cases[i].why, APR_SUCCESS, NULL, p);

        assert_int_equal(lines[0].fix, cases[i].fix);
        assert_int_equal(lines[1].verdict, SSO_CHECK_UNTESTED);
        assert_string_equal(lines[2].what, "source.m.redis.connect");
    }
}

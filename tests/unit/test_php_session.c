/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/php_session.h"

T(scalars_are_read)
{
    sso_php_value_t v;
    apr_int64_t n;

    assert_true(sso_php_scalar(sso_span("i:3;"), &v) && v.type == SSO_PHP_INTEGER &&
                v.integer == 3);
    assert_true(sso_php_scalar(sso_span("i:-3;"), &v) && v.integer == -3);
    assert_true(sso_php_scalar(sso_span("b:1;"), &v) && v.type == SSO_PHP_BOOLEAN &&
                v.integer == 1);
    assert_true(sso_php_scalar(sso_span("N;"), &v) && v.type == SSO_PHP_NULL);
    assert_true(sso_php_scalar(sso_span("s:4:\"a\";b\";"), &v));
    assert_span(v.string, "a\";b");
    assert_true(sso_php_scalar(sso_span("s:2:\"12\";"), &v));
    assert_true(sso_php_integer(&v, &n) && n == 12);
}

T(what_is_not_exactly_one_scalar_is_refused)
{
    const char *wrong[] = {"",
                           "i",
                           "i:",
                           "i:3",
                           "i:3;x",
                           "i:3;i:4;",
                           "i:x;",
                           "b:2;",
                           "s:3:\"ab\";",
                           "s:1:\"ab\";",
                           "s:-1:\"\";",
                           "s:99999999999:\"a\";",
                           "s:999999999999999999:\"a\";",
                           "a:0:{}",
                           "d:1;",
                           "S:1:\"a\";",
                           "O:1:\"a\":0:{}"};
    sso_php_value_t v;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (sso_php_scalar(sso_span(wrong[i]), &v))
            fail_msg("%s was taken", wrong[i]);
    }
}

T(a_member_is_found_behind_everything_serialize_can_write)
{
    const char *session =
        "x|a:2:{i:0;d:1.5;i:1;O:3:\"A\\B\":1:{s:4:\"\0*\0p\";N;}}"; /* NUL ends the C string */
    const char *plain =
        "USER|O:8:\"stdClass\":3:{s:2:\"id\";s:1:\"3\";s:1:\"d\";d:0.1;s:1:\"r\";r:1;}"
        "c|C:11:\"ArrayObject\":5:{x:i:0}e|E:11:\"Suit:Hearts\";R|R:1;n|N;b|b:0;"
        "SESSION|O:8:\"stdClass\":2:{s:1:\"a\";a:1:{i:0;s:3:\"}{;\";}"
        "s:22:\"tool_mfa_authenticated\";b:1;}";
    sso_php_value_t v;

    assert_false(sso_php_session_find(sso_span(session), "y", NULL, &v));
    assert_true(sso_php_session_find(sso_span(plain), "SESSION", "tool_mfa_authenticated", &v));
    assert_int_equal(v.type, SSO_PHP_BOOLEAN);
    assert_int_equal(v.integer, 1);
    assert_true(sso_php_session_find(sso_span(plain), "USER", "id", &v));
    assert_span(v.string, "3");
    assert_true(sso_php_session_find(sso_span(plain), "b", NULL, &v));
    assert_false(sso_php_session_find(sso_span(plain), "SESSION", "a", &v));
    assert_false(sso_php_session_find(sso_span(plain), "SESSION", "none", &v));
    assert_false(sso_php_session_find(sso_span(plain), "none", "id", &v));
}

/* CVE class of Moodle's CVE-2021-36394: text that only looks like a member must not count. */
T(a_value_that_looks_like_a_member_is_not_one)
{
    const char *session =
        "SESSION|O:8:\"stdClass\":1:{s:1:\"x\";s:35:\"s:22:\"tool_mfa_authenticated\";"
        "b:1;\";}";
    sso_php_value_t v;

    assert_false(sso_php_session_find(sso_span(session), "SESSION", "tool_mfa_authenticated", &v));
}

T(nesting_is_bounded)
{
    const char *inside = "N;";
    sso_php_value_t v;

    for (int i = 0; i < SSO_PHP_MAX_DEPTH - 1; i++)
        inside = apr_pstrcat(p, "a:1:{i:0;", inside, "}", NULL);
    assert_true(sso_php_session_find(sso_span(apr_pstrcat(p, "a|", inside, "b|i:1;", NULL)), "b",
                                     NULL, &v));
    for (int i = 0; i < 5; i++)
        inside = apr_pstrcat(p, "a:1:{i:0;", inside, "}", NULL);
    assert_false(sso_php_session_find(sso_span(apr_pstrcat(p, "a|", inside, "b|i:1;", NULL)), "b",
                                      NULL, &v));
}

/* captures: Moodle 4.5, two sessions */
T(real_moodle_sessions_are_walked)
{
    sso_php_value_t v;

    assert_true(sso_php_session_find(runner_vector("php_session/moodle45-mfa-pending", p), "USER",
                                     "username", &v));
    assert_span(v.string, "alice");
    assert_false(sso_php_session_find(runner_vector("php_session/moodle45-mfa-pending", p),
                                      "SESSION", "tool_mfa_authenticated", &v) &&
                 v.integer == 1);
    assert_true(sso_php_session_find(runner_vector("php_session/moodle45", p), "SESSION",
                                     "tool_mfa_authenticated", &v));
    assert_int_equal(v.integer, 1);
    assert_true(sso_php_session_find(runner_vector("php_session/drupal10", p), "_sf2_attributes",
                                     "uid", &v));
    assert_span(v.string, "2");
}

T(a_session_cut_anywhere_never_crashes)
{
    sso_span_t whole = runner_vector("php_session/moodle45", p);
    sso_php_value_t v;

    for (apr_size_t i = 0; i < whole.len; i++) {
        sso_span_t part = {apr_pmemdup(p, whole.at, i), i};
        sso_php_session_find(part, "SESSION", "tool_mfa_authenticated", &v);
        if (i % 64 == 0)
            apr_pool_clear(p);
        whole = i % 64 == 0 ? runner_vector("php_session/moodle45", p) : whole;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/cookie.h"

/* What php-fpm 8.2 answers for each header stands in tests/httpd; here it is ours. */
static const struct {
    const char *header, *name, *value; /* value NULL: absent; "!": ambiguous */
} cases[] = {
    {"MoodleSession=abc", "MoodleSession", "abc"},
    {"a=1; MoodleSession=abc; b=2", "MoodleSession", "abc"},
    {"a=1;MoodleSession=abc;b=2", "MoodleSession", "abc"},
    {";;; ; MoodleSession=abc;;", "MoodleSession", "abc"},
    {"\t \v MoodleSession=abc", "MoodleSession", "abc"},
    {"MoodleSession=a%2Cb", "MoodleSession", "a,b"},
    {"MoodleSession=a+b", "MoodleSession", "a+b"},
    {"MoodleSession=a=b", "MoodleSession", "a=b"},
    {"MoodleSession=\"abc\"", "MoodleSession", "\"abc\""},
    {"MoodleSession=abc ", "MoodleSession", "abc "},
    {"MoodleSession=", "MoodleSession", ""},
    {"MoodleSession", "MoodleSession", ""},
    {"x=1, MoodleSession=abc", "MoodleSession", NULL},
    {"moodlesession=abc", "MoodleSession", NULL},
    {"%4doodleSession=abc", "MoodleSession", NULL},
    {"MoodleSession =abc", "MoodleSession", NULL},
    {"MoodleSessionx=abc; xMoodleSession=abc", "MoodleSession", NULL},
    {"=abc; =MoodleSession", "MoodleSession", NULL},
    {"", "MoodleSession", NULL},
    {"MoodleSession=a; MoodleSession=a", "MoodleSession", "a"},
    {"MoodleSession=a; MoodleSession=%61", "MoodleSession", "a"},
    {"MoodleSession=a; MoodleSession=b", "MoodleSession", "!"},
    {"MoodleSession=; MoodleSession=b", "MoodleSession", "!"},
    {"MoodleSession=a; MoodleSession[]=b", "MoodleSession", "!"},
    {"MoodleSession[x]=b", "MoodleSession", "!"},
    {"Moodle.Session=a", "MoodleSession", NULL},
    {"my.session=a; my_session=b", "my_session", "!"},
    {"my session=a", "my_session", "!"},
    {"my[session=a", "my_session", "!"},
    {".my=a", "_my", "!"},
};

T(cookies_are_read_as_php_reads_them)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_span_t value = {NULL, 0};
        sso_cookie_state_t state = sso_cookie_find(cases[i].header, cases[i].name, &value, p);
        const char *got = state == SSO_COOKIE_ABSENT      ? "(absent)"
                          : state == SSO_COOKIE_AMBIGUOUS ? "!"
                                                          : apr_pstrmemdup(p, value.at, value.len);
        if (strcmp(got, cases[i].value ? cases[i].value : "(absent)") != 0)
            fail_msg("\"%s\": got %s", cases[i].header, got);
    }
}

T(the_sign_of_a_name_is_in_every_header_that_has_it)
{
    assert_string_equal(sso_cookie_sign("MoodleSession", p), "MoodleSession");
    assert_string_equal(sso_cookie_sign("__Host-my_session", p), "Host-my");
    assert_string_equal(sso_cookie_sign("_a", p), "a");
    assert_string_equal(sso_cookie_sign("__", p), "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].value != NULL &&
            strstr(cases[i].header, sso_cookie_sign(cases[i].name, p)) == NULL)
            fail_msg("\"%s\" has no sign of %s", cases[i].header, cases[i].name);
    }
}

T(no_header_has_no_cookie)
{
    sso_span_t value;

    assert_int_equal(sso_cookie_find(NULL, "a", &value, p), SSO_COOKIE_ABSENT);
}

/* PHP stops at max_input_vars, 1000 as shipped. */
T(the_thousand_and_first_cookie_is_not_seen)
{
    const char *header = "";
    sso_span_t value;

    for (int i = 0; i < 999; i++)
        header = apr_pstrcat(p, header, "x;", NULL);
    assert_int_equal(sso_cookie_find(apr_pstrcat(p, header, "a=1", NULL), "a", &value, p),
                     SSO_COOKIE_FOUND);
    assert_int_equal(sso_cookie_find(apr_pstrcat(p, header, "x;a=1", NULL), "a", &value, p),
                     SSO_COOKIE_ABSENT);
}

T(the_first_of_a_name_is_the_one_php_takes)
{
    sso_span_t value;

    assert_true(sso_cookie_first("A=1; M=x%2Cy; M=z", "M", &value, p));
    assert_span(value, "x,y");
    assert_false(sso_cookie_first("A=1; MM=x", "M", &value, p));
    assert_false(sso_cookie_first(NULL, "M", &value, p));
}

T(every_cookie_of_a_name_goes_and_others_stay_as_they_are)
{
    const char *const headers[][3] = {{"A=1; M=x; B=2", "M", "A=1; B=2"},
                                      {"M=x; A=1", "M", "A=1"},
                                      {"A=1;M=x;M=y", "M", "A=1"},
                                      {"A=1;  B=M", "M", "A=1;  B=M"},
                                      {"MM=1; M=2; ;C", "M", "MM=1; ;C"}};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_string_equal(sso_cookie_without(headers[i][0], headers[i][1], p), headers[i][2]);
    assert_null(sso_cookie_without("M=1;M=2", "M", p));
    assert_null(sso_cookie_without(NULL, "M", p));
    assert_ptr_equal(sso_cookie_without(headers[3][0], "M", p), headers[3][0]);
}

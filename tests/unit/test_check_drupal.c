/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/check_source.h"

#define COMMON "database=db cookie_domain=.example.test "

static const apr_array_header_t *probes_of(const char *options, bool ends, apr_pool_t *p)
{
    const sso_source_t *source = fake_source("drupal", options, SSO_MYSQL, p);
    const sso_probe_wants_t wants = {ends, false};
    apr_array_header_t *probes = apr_array_make(p, 8, sizeof(sso_probe_t));

    sso_check_probes(source, &wants, probes, p);
    return probes;
}

static const char *names_of(const apr_array_header_t *probes, apr_pool_t *p)
{
    const char *names = "";

    for (int i = 0; i < probes->nelts; i++)
        names = apr_pstrcat(p, names, APR_ARRAY_IDX(probes, i, sso_probe_t).name, " ", NULL);
    return names;
}

T(rights_are_wanted_for_what_is_configured)
{
    assert_string_equal(names_of(probes_of(COMMON "version=8", false, p), p),
                        "select.sessions select.users_field_data select.user__roles ");
    assert_string_equal(
        names_of(probes_of(COMMON "version=8 touch=10min fields=a:field_a", true, p), p),
        "select.sessions delete.sessions update.sessions select.users_field_data "
        "select.user__roles select.user__field_a ");
    assert_string_equal(names_of(probes_of(COMMON "version=7 fields=a:field_a", true, p), p),
                        "select.sessions delete.sessions select.users select.users_roles "
                        "select.role select.field_data_field_a ");
}

T(the_prefix_stands_before_each_table_and_sessions_come_late_from_8_on)
{
    const apr_array_header_t *eight = probes_of(COMMON "version=8 prefix=d_", true, p);
    const apr_array_header_t *seven = probes_of(COMMON "version=7 prefix=d_", true, p);

    for (int i = 0; i < eight->nelts; i++)
        assert_int_equal(strncmp(APR_ARRAY_IDX(eight, i, sso_probe_t).table, "d_", 2), 0);
    assert_true(APR_ARRAY_IDX(eight, 0, sso_probe_t).is_made_late);
    assert_true(APR_ARRAY_IDX(eight, 1, sso_probe_t).is_made_late);
    assert_false(APR_ARRAY_IDX(eight, 2, sso_probe_t).is_made_late);
    assert_false(APR_ARRAY_IDX(seven, 0, sso_probe_t).is_made_late);
}

T(the_names_of_the_cookie_are_told)
{
    const sso_check_line_t *line;
    sso_check_t check;

    sso_check_init(&check, p);
    sso_check_about(&check, "source", "d");
    sso_check_settings(&check, fake_source("drupal", COMMON "version=8", SSO_MYSQL, p));
    sso_check_settings(&check,
                       fake_source("drupal", "database=db version=8 cookie=SSESSx", SSO_MYSQL, p));
    line = &APR_ARRAY_IDX(check.lines, 0, sso_check_line_t);
    assert_string_equal(line->what, "SSESS574595f559df59f0217e4bc3cf2c3ce9");
    assert_string_equal(line->why, "SESS574595f559df59f0217e4bc3cf2c3ce9");
    assert_string_equal(line[1].what, "cookie=SSESSx");
}

#define SITE "url=https://d.example.test method=user cookie=SSESSx"

static const sso_check_line_t *site(apr_status_t status, int http, const char *location,
                                    apr_pool_t *p)
{
    const fake_step_t step = {.expect = "GET https://d.example.test/user",
                              .status = status,
                              .http_status = http,
                              .location = location,
                              .body = ""};
    const char *why = "words";
    sso_check_t *check = apr_pcalloc(p, sizeof(*check));
    fake_io_t fake;

    fake_io_init(&fake, &step, 1);
    sso_check_init(check, p);
    sso_check_about(check, "source", "d");
    assert_true(sso_check_site(check, fake_source("drupal", SITE, SSO_MYSQL, p), &fake.io, &why));
    fake_io_done(&fake);
    return &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);
}

T(a_site_is_good_when_it_says_that_nobody_is_nobody)
{
    const sso_check_line_t *line = site(APR_SUCCESS, 302, "https://d.example.test/user/login", p);

    assert_int_equal(line->verdict, SSO_CHECK_GOOD);
    assert_string_equal(line->name, "source.d.http");
    line = site(SSO_IO_DOWN, 0, NULL, p);
    assert_int_equal(line->fix, SSO_FIX_SITE_DOWN);
    assert_string_equal(line->what, "HTTP_DOWN");
    assert_string_equal(line->why, "words");
    assert_int_equal(site(APR_SUCCESS, 200, NULL, p)->fix, SSO_FIX_SITE_ANSWER);
}

T(without_time_a_site_is_not_asked)
{
    sso_check_t check;
    fake_io_t fake;
    const char *why = NULL;

    fake_io_init(&fake, NULL, 0);
    fake.io.deadline = 0;
    sso_check_init(&check, p);
    sso_check_about(&check, "source", "d");
    assert_true(sso_check_site(&check, fake_source("drupal", SITE, SSO_MYSQL, p), &fake.io, &why));
    assert_int_equal(APR_ARRAY_IDX(check.lines, 0, sso_check_line_t).verdict, SSO_CHECK_UNTESTED);
}

T(a_source_that_asks_a_database_has_no_site)
{
    sso_check_t check;
    fake_io_t fake;
    const char *why = NULL;

    fake_io_init(&fake, NULL, 0);
    sso_check_init(&check, p);
    assert_false(sso_check_site(&check, fake_source("drupal", COMMON "version=8", SSO_MYSQL, p),
                                &fake.io, &why));
    assert_false(
        sso_check_site(&check, fake_source("moodle", "database=db", SSO_MYSQL, p), &fake.io, &why));
}

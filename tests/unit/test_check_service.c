/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/check_service.h"

static sso_check_t *checked(const sso_error_t *whole, const sso_error_t *email, apr_pool_t *p)
{
    sso_service_report_t report = {.username = "wsuser",
                                   .release = "4.5",
                                   .fields = {"username", "email", "idnumber"},
                                   .errors = {NULL, email, NULL}};
    sso_check_t *check = apr_pcalloc(p, sizeof(*check));

    sso_check_init(check, p);
    sso_check_about(check, "service", "m");
    sso_check_service(check, &report, whole, "words");
    assert_int_equal(check->lines->nelts, 4);
    return check;
}

T(each_field_has_its_line)
{
    sso_check_t *check = checked(NULL, sso_error(SSO_MOODLE_SERVICE_IDENTITY), p);
    const sso_check_line_t *lines = &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);

    assert_string_equal(lines[0].name, "service.m.site");
    assert_string_equal(lines[0].what, "wsuser");
    assert_string_equal(lines[0].why, "4.5");
    assert_int_equal(lines[1].verdict, SSO_CHECK_GOOD);
    assert_string_equal(lines[2].name, "service.m.field.email");
    assert_int_equal(lines[2].fix, SSO_FIX_SERVICE_IDENTITY);
    assert_int_equal(lines[3].verdict, SSO_CHECK_GOOD);
}

T(a_service_that_does_not_answer_leaves_its_fields_untested)
{
    static const struct {
        sso_code_t code;
        sso_fix_t fix;
    } cases[] = {{SSO_MOODLE_SERVICE_DOWN, SSO_FIX_SERVICE_DOWN},
                 {SSO_MOODLE_SERVICE_TIMEOUT, SSO_FIX_SERVICE_DOWN},
                 {SSO_MOODLE_SERVICE_DENIED, SSO_FIX_SERVICE_DENIED},
                 {SSO_MOODLE_SERVICE_ANSWER, SSO_FIX_SERVICE_ANSWER}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_check_t *check = checked(sso_error(cases[i].code), NULL, p);
        const sso_check_line_t *lines = &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);

        assert_int_equal(lines[0].fix, cases[i].fix);
        assert_string_equal(lines[0].why, "words");
        assert_int_equal(lines[2].verdict, SSO_CHECK_UNTESTED);
        assert_string_equal(lines[2].what, "service.m.site");
    }
}

T(each_capability_has_its_fix)
{
    static const struct {
        sso_code_t code;
        sso_fix_t fix;
    } cases[] = {{SSO_MOODLE_SERVICE_DETAILS, SSO_FIX_SERVICE_DETAILS},
                 {SSO_MOODLE_SERVICE_HIDDEN, SSO_FIX_SERVICE_HIDDEN}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            APR_ARRAY_IDX(checked(NULL, sso_error(cases[i].code), p)->lines, 2, sso_check_line_t)
                .fix,
            cases[i].fix);
}

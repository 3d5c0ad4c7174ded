/* SPDX-License-Identifier: Apache-2.0 */
/* The exchanges of a real plugin are in tests/httpd/test_81_userkey_wire.py. */
#include "runner.h"

#include "base/json.h"
#include "sso/key_wire.h"

static sso_key_wire_t wire_of(const char *query, apr_pool_t *p)
{
    json_t *fields = sso_php_form(p);
    sso_key_wire_t wire;

    assert_true(sso_php_form_read(sso_span(query), fields, p));
    sso_key_wire_read(fields, &wire, p);
    return wire;
}

#define FUNCTION "wsfunction=auth_userkey_request_login_url"

T(a_request_is_taken_apart)
{
    sso_key_wire_t wire = wire_of(
        "wstoken=t&" FUNCTION "&moodlewsrestformat=json&moodlewssettinglang=de&user[email]=a@b", p);

    assert_string_equal(wire.token, "t");
    assert_true(wire.is_json);
    assert_no_error(sso_key_wire_check(&wire));
    assert_string_equal(sso_json_text(json_deep_copy(wire.parameters), p),
                        "{\"user\":{\"email\":\"a@b\"}}");
    wire = wire_of("x=1", p);
    assert_null(wire.token);
    assert_false(wire.is_json);
    assert_error(sso_key_wire_check(&wire), LOGINKEY_REQUEST);
    wire = wire_of("wsfunction=core_user_get_users&moodlewsrestformat=xml", p);
    assert_false(wire.is_json);
    assert_error(sso_key_wire_check(&wire), LOGINKEY_FUNCTION);
}

T(it_is_told_from_other_requests)
{
    json_t *fields = sso_php_form(p);

    assert_false(sso_key_wire_is_meant(fields));
    assert_true(sso_php_form_read(sso_span("user[email]=a@b"), fields, p));
    assert_false(sso_key_wire_is_meant(fields));
    assert_true(sso_php_form_read(sso_span("wstoken="), fields, p));
    assert_true(sso_key_wire_is_meant(fields));
}

T(answers_are_as_moodle_writes_them)
{
    const sso_key_wire_t json = {.is_json = true}, xml = {.is_json = false};
    const char *url = "https://m/moodlesso/key/K?wantsurl=&x";

    assert_string_equal(sso_key_wire_answer(&json, url, p),
                        "{\"loginurl\":\"https:\\/\\/m\\/moodlesso\\/key\\/K?wantsurl=&x\"}");
    assert_string_equal(
        sso_key_wire_answer(&xml, url, p),
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n<SINGLE>\n<KEY name=\"loginurl\">"
        "<VALUE>https://m/moodlesso/key/K?wantsurl=&amp;x</VALUE>\n</KEY>\n</SINGLE>\n</"
        "RESPONSE>\n");
    assert_string_equal(sso_key_wire_type(&json), "application/json");
    assert_string_equal(sso_key_wire_type(&xml), "application/xml; charset=utf-8");
}

T(faults_have_moodles_codes)
{
    const struct {
        sso_code_t code;
        const char *text;
    } cases[] = {
        {SSO_LOGINKEY_CLIENT, "invalidtoken"},     {SSO_LOGINKEY_FUNCTION, "invalidrecord"},
        {SSO_LOGINKEY_FIELDS, "invalidparameter"}, {SSO_LOGINKEY_NO_USER, "invalidparameter"},
        {SSO_LOGINKEY_IP, "invalidparameter"},     {SSO_USER_SUSPENDED, "invalidparameter"},
        {SSO_SOURCE_OFF, "accessexception"},       {SSO_LOGINKEY_TOO_MANY, "invalidtoken"}};
    const sso_key_wire_t json = {.is_json = true}, xml = {.is_json = false};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_error_t *error = sso_error(cases[i].code);

        assert_non_null(strstr(sso_key_wire_fault(&json, error, p),
                               apr_pstrcat(p, "\"errorcode\":\"", cases[i].text, "\"", NULL)));
        assert_non_null(strstr(sso_key_wire_fault(&xml, error, p),
                               apr_pstrcat(p, "<ERRORCODE>", cases[i].text, "<", NULL)));
    }
}

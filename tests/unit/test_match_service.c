/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server: tests/httpd/test_64_match_service.py. */
#include "runner.h"

#include "fake_io.h"
#include "sso/match_service.h"

#define URL "https://moodle.example.test/webservice/rest/server.php"

static const sso_service_t service = {.name = "m", .url = URL, .token = "t", .timeout = 1};

/* Users as a real Moodle 4.5 shows them, shortened. */
#define USER(username, email, idnumber, auth, suspended, confirmed)                            \
    "{\"id\":3,\"username\":\"" username "\",\"email\":\"" email "\",\"idnumber\":\"" idnumber \
    "\",\"auth\":\"" auth "\",\"suspended\":" suspended ",\"confirmed\":" confirmed "}"
#define ALICE USER("alice", "Alice@example.test", "E-1", "manual", "false", "true")
#define BOB   USER("bob", "alice@Example.test", "E-1", "oauth2", "false", "true")
#define GUEST USER("guest", "root@localhost", "", "manual", "false", "true")
#define INVALID                                                                          \
    "{\"exception\":\"core\\\\exception\\\\invalid_parameter_exception\",\"errorcode\":" \
    "\"invalidparameter\",\"message\":\"Invalid parameter value detected\"}"

#define ANSWER(part, text)                                  \
    {                                                       \
        "POST " URL, part, .http_status = 200, .body = text \
    }
#define PROBE(text)                                                               \
    ANSWER("core_user_get_users_by_field&moodlewsrestformat=json&field=username&" \
           "values%5B0%5D=guest",                                                 \
           text)

/* What is found when the service shows the guest and then this. */
static const char *found(const char *field, const char *value, const char *body, apr_pool_t *p)
{
    const fake_step_t steps[] = {
        PROBE("[" GUEST "]"),
        ANSWER(apr_psprintf(p, "field=%s&values%%5B0%%5D=", field), body),
    };
    sso_match_found_t what;
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    error = sso_match_service_look(&service, field, value, &fake.io, &what, p);
    fake_io_done(&fake);
    if (error == NULL && what.count == 0)
        return what.else_why ? what.else_why->name : "nobody";
    return error ? error->name : apr_psprintf(p, "%d %s", what.count, what.user.username);
}

T(users_are_found_as_moodle_compares)
{
    assert_string_equal(found("username", "alice", "[" ALICE "]", p), "1 alice");
    assert_string_equal(found("email", "alice@example.test", "[" ALICE "]", p), "1 alice");
    assert_string_equal(found("idnumber", "E-1", "[" ALICE "]", p), "1 alice");
    assert_string_equal(found("idnumber", "E-1", "[" ALICE "," BOB "]", p), "2 alice");
    assert_string_equal(found("email", "alice@example.test", "[" ALICE "," BOB "]", p), "2 alice");
    assert_string_equal(found("idnumber", "e-1", "[" ALICE "]", p), "nobody");
    assert_string_equal(found("idnumber", "E-1", "[]", p), "nobody");
    assert_string_equal(found("username", "alice+x", INVALID, p), "nobody");
}

T(who_is_found_is_known_by_name_and_address)
{
    const fake_step_t steps[] = {
        PROBE("[" GUEST "]"),
        ANSWER("field=username",
               "[{\"id\":7,\"username\":\"alice\",\"email\":\"a@example.test\",\"firstname\":"
               "\"Alice\",\"lastname\":\"Test\",\"idnumber\":\"E-1\",\"lang\":\"de\",\"auth\":"
               "\"manual\",\"suspended\":false,\"confirmed\":true}]")};
    sso_match_found_t what;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    assert_no_error(sso_match_service_look(&service, "username", "alice", &fake.io, &what, p));
    assert_string_equal(what.user.id, "7");
    assert_string_equal(what.user.email, "a@example.test");
    assert_string_equal(what.user.given_name, "Alice");
    assert_string_equal(what.user.family_name, "Test");
    assert_string_equal(what.user.idnumber, "E-1");
    assert_string_equal(what.user.language, "de");
}

T(only_whoever_may_sign_in_is_found)
{
    const char *cases[][2] = {
        {USER("sue", "", "E-1", "manual", "true", "true"), "USER_SUSPENDED"},
        {USER("nora", "", "E-1", "nologin", "false", "true"), "USER_NOLOGIN"},
        {USER("una", "", "E-1", "email", "false", "false"), "nobody"},
        {USER("mia", "", "E-1", "mnet", "false", "true"), "nobody"},
        {USER("guest", "", "E-1", "manual", "false", "true"), "nobody"},
        {USER("old", "", "E-1", "manual", "true", "true") "," ALICE, "1 alice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(
            found("idnumber", "E-1", apr_pstrcat(p, "[", cases[i][0], "]", NULL), p), cases[i][1]);
}

T(what_is_not_shown_is_not_taken_for_granted)
{
    const char *cases[][2] = {
        {"{\"id\":3,\"idnumber\":\"E-1\",\"suspended\":false}", "MOODLE_SERVICE_DETAILS"},
        {"{\"id\":3,\"idnumber\":\"E-1\",\"username\":\"a\",\"auth\":\"manual\",\"suspended\":"
         "false}",
         "MOODLE_SERVICE_DETAILS"},
        {"{\"idnumber\":\"E-1\",\"username\":\"a\",\"auth\":\"manual\",\"confirmed\":true}",
         "MOODLE_SERVICE_HIDDEN"},
        {"7", "MOODLE_SERVICE_DETAILS"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(
            found("idnumber", "E-1", apr_pstrcat(p, "[", cases[i][0], "]", NULL), p), cases[i][1]);
    assert_string_equal(found("idnumber", "E-1", "{\"warnings\":[]}", p), "MOODLE_SERVICE_ANSWER");
}

T(nobody_is_believed_only_where_the_guest_is_shown)
{
    const struct {
        const char *field, *body, *reason;
    } cases[] = {
        {"username", "[]", "MOODLE_SERVICE_DETAILS"},
        {"email", "[" USER("guest", "", "", "manual", "false", "true") "]",
         "MOODLE_SERVICE_IDENTITY"},
        {"idnumber",
         "[{\"username\":\"guest\",\"auth\":\"manual\",\"confirmed\":true,\"email\":\"r@l\"}]",
         "MOODLE_SERVICE_HIDDEN"},
        {"username", "[" ALICE "]", "MOODLE_SERVICE_ANSWER"},
        {"username", INVALID, "MOODLE_SERVICE_ANSWER"},
    };
    sso_match_found_t what;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const fake_step_t steps[] = {PROBE(cases[i].body)};
        fake_io_t fake;

        fake_io_init(&fake, steps, 1);
        assert_string_equal(
            sso_match_service_look(&service, cases[i].field, "x", &fake.io, &what, p)->name,
            cases[i].reason);
        assert_null(fake.noted);
        fake_io_done(&fake);
    }
}

T(that_it_is_shown_is_noted_for_minutes)
{
    const fake_step_t steps[] = {PROBE("[" GUEST "]"), ANSWER("field=email", "[]"),
                                 ANSWER("field=email", "[" ALICE "]"), PROBE("[" GUEST "]"),
                                 ANSWER("values%5B0%5D=x", "[]")};
    sso_match_found_t what;
    fake_io_t fake;
    bool is_taken;

    fake_io_init(&fake, steps, 5);
    assert_no_error(sso_match_service_look(&service, "email", "x@y", &fake.io, &what, p));
    assert_int_equal(fake.noted_for, apr_time_from_sec(300));
    assert_no_error(
        sso_match_service_look(&service, "email", "alice@example.test", &fake.io, &what, p));
    assert_string_equal(what.user.username, "alice");
    assert_no_error(sso_match_service_is_taken(&service, "x", &fake.io, &is_taken, p));
    fake_io_done(&fake);
}

static const char *taken(fake_step_t step, apr_pool_t *p)
{
    const fake_step_t steps[] = {PROBE("[" GUEST "]"), step};
    const sso_error_t *error;
    fake_io_t fake;
    bool is_taken;

    fake_io_init(&fake, steps, 2);
    error = sso_match_service_is_taken(&service, "sue", &fake.io, &is_taken, p);
    fake_io_done(&fake);
    return error ? error->name : is_taken ? "taken" : "free";
}

T(a_name_is_taken_by_whoever_has_it)
{
    assert_string_equal(taken((fake_step_t)ANSWER("values%5B0%5D=sue", "[]"), p), "free");
    assert_string_equal(taken((fake_step_t)ANSWER("field=username", "[{\"id\":5}]"), p), "taken");
    assert_string_equal(taken((fake_step_t)ANSWER("sue", INVALID), p), "MOODLE_USERNAME");
    assert_string_equal(taken((fake_step_t){"POST", .status = SSO_IO_TIMEOUT}, p),
                        "MOODLE_SERVICE_TIMEOUT");
}

T(a_test_tells_what_is_shown)
{
    const fake_step_t steps[] = {
        ANSWER("wsfunction=core_webservice_get_site_info",
               "{\"sitename\":\"T\",\"username\":\"wsuser\",\"release\":\"4.5.6\"}"),
        PROBE("[" USER("guest", "", "", "manual", "false", "true") "]"),
    };
    sso_service_report_t report;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    assert_no_error(sso_match_service_test(&service, &fake.io, &report, p));
    assert_string_equal(report.username, "wsuser");
    assert_string_equal(report.release, "4.5.6");
    assert_string_equal(report.fields[1], "email");
    assert_no_error(report.errors[0]);
    assert_error(report.errors[1], MOODLE_SERVICE_IDENTITY);
    assert_no_error(report.errors[2]);
    fake_io_init(&fake, &(fake_step_t)ANSWER("t", "{}"), 1);
    assert_error(sso_match_service_test(&service, &fake.io, &report, p), MOODLE_SERVICE_ANSWER);
    assert_null(report.username);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"

#define URL "https://drupal.example.test"

static const sso_error_t *ask(const char *method, const fake_step_t *steps, int count,
                              sso_identity_t **who, fake_io_t *fake, apr_pool_t *p)
{
    sso_source_t *source = fake_source(
        "drupal",
        apr_pstrcat(p, "url=" URL "/ cookie=SSESSx fields=given_name:field_first_name method=",
                    method, NULL),
        SSO_MYSQL, p);
    const sso_error_t *error;

    *who = NULL;
    fake_io_init(fake, steps, count);
    error = fake_ask(source, fake, "a=1; SSESSx=i%2Cd; b=2", true, who, p);
    fake_io_done(fake);
    return error;
}

/* Bodies as real Drupal 7 with Services 7.x-3.28 wrote them, shortened. */
T(services_connects_with_a_token)
{
    const fake_step_t steps[] = {
        {"POST " URL "/user/token", .http_status = 200, .body = "{\"token\":\"3Qft0UEX0V-x\"}"},
        {"POST " URL "/system/connect", .http_status = 200,
         .body =
             "{\"sessid\":\"s\",\"session_name\":\"SESSx\",\"user\":{\"uid\":\"2\",\"name\":"
             "\"alice\","
             "\"mail\":\"a@example.test\",\"status\":\"1\",\"language\":\"\",\"roles\":{\"2\":"
             "\"authenticated user\",\"4\":\"teacher\"},\"field_first_name\":{\"und\":[{\"value\":"
             "\"Alice\",\"format\":null}]}}}"}};
    sso_identity_t *who;
    fake_io_t fake;

    assert_no_error(ask("services", steps, 2, &who, &fake, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "2");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_ROLES], "teacher");
    assert_string_equal(who->claims[SSO_CLAIM_GIVEN_NAME], "Alice");
    assert_string_equal(fake.cookie, "SSESSx=i%2Cd");
    assert_non_null(strstr(fake.headers, "X-CSRF-Token: 3Qft0UEX0V-x\n"));
    assert_null(who->claims[SSO_CLAIM_EXPIRES]);
}

T(services_with_status_200_proves_nothing)
{
    const char *bodies[][2] = {
        {"{\"user\":{\"uid\":0,\"roles\":{\"1\":\"anonymous user\"}}}", "SESSION_UNKNOWN"},
        {"{\"user\":{\"uid\":\"0\"}}", "SESSION_UNKNOWN"},
        {"{\"user\":{\"uid\":-1}}", "SESSION_UNKNOWN"},
        {"{\"user\":{\"uid\":\"2\",\"name\":\"a\",\"status\":\"0\"}}", "USER_SUSPENDED"},
        {"{\"user\":{}}", "HTTP_ANSWER"},
        {"{\"user\":{\"uid\":true}}", "HTTP_ANSWER"},
        {"{\"user\":{\"uid\":\"2\",\"uid\":\"3\"}}", "HTTP_ANSWER"},
        {"<html>", "HTTP_ANSWER"},
        {"", "HTTP_ANSWER"}};

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const fake_step_t steps[] = {
            {"/user/token", .http_status = 200, .body = "{\"token\":\"t\"}"},
            {"/system/connect", .http_status = 200, .body = bodies[i][0]}};
        sso_identity_t *who;
        fake_io_t fake;
        const sso_error_t *error = ask("services", steps, 2, &who, &fake, p);

        assert_code(error, bodies[i][1]);
    }
}

T(a_token_cannot_smuggle_a_header)
{
    const fake_step_t steps[] = {
        {"/user/token", .http_status = 200, .body = "{\"token\":\"a\\r\\nCookie: x\"}"},
        {"/system/connect", .http_status = 200, .body = "{\"user\":{\"uid\":0}}"}};
    sso_identity_t *who;
    fake_io_t fake;

    ask("services", steps, 2, &who, &fake, p);
    assert_non_null(strstr(fake.headers, "X-CSRF-Token: a%0D%0ACookie%3A%20x\n"));
}

T(user_redirects_to_ones_own_page)
{
    const struct {
        int status;
        const char *location, *code;
    } cases[] = {
        {302, URL "/user/2", "none"},
        {302, URL "/de/user/2?x=/user/9", "none"},
        {303, "/user/2", "none"},
        {302, URL "/user/login", "SESSION_UNKNOWN"},
        {302, URL "/user/login?destination=/user/2", "SESSION_UNKNOWN"},
        {302, URL "/user/0", "HTTP_ANSWER"},
        {302, URL "/user/2x", "HTTP_ANSWER"},
        {302, URL "/superuser/2", "HTTP_ANSWER"},
        {302, URL "/", "HTTP_ANSWER"},
        {302, NULL, "HTTP_ANSWER"},
        {200, NULL, "HTTP_ANSWER"},
        {403, NULL, "HTTP_ANSWER"},
        {503, NULL, "HTTP_DOWN"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const fake_step_t step = {"GET " URL "/user", .http_status = cases[i].status,
                                  .location = cases[i].location};
        sso_identity_t *who;
        fake_io_t fake;
        const sso_error_t *error = ask("user", &step, 1, &who, &fake, p);

        assert_code(error, cases[i].code);
        if (error == NULL)
            assert_string_equal(who->claims[SSO_CLAIM_IDNUMBER], "2");
    }
}

#define ENTRY                                                                           \
    "{\"jsonapi\":{\"version\":\"1.0\"},\"meta\":{\"links\":{\"me\":{\"meta\":{\"id\":" \
    "\"ece35137-815b\"},\"href\":\"x\"}}}}"

T(jsonapi_reads_the_account_behind_links_me)
{
    const fake_step_t steps[] = {
        {"GET " URL "/jsonapi", .http_status = 200, .body = ENTRY},
        {"GET " URL
         "/jsonapi/user/user/ece35137-815b?fields%5Buser--user%5D=drupal_internal__uid,name,"
         "mail,preferred_langcode,status,field_first_name",
         .http_status = 200,
         .body = "{\"data\":{\"id\":\"ece35137-815b\",\"attributes\":{\"drupal_internal__uid\":2,"
                 "\"name\":"
                 "\"alice\",\"mail\":\"a@x\",\"preferred_langcode\":\"en\",\"field_first_name\":"
                 "\"Alice\"}}}"}};
    sso_identity_t *who;
    fake_io_t fake;

    assert_no_error(ask("jsonapi", steps, 2, &who, &fake, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "2");
    assert_string_equal(who->claims[SSO_CLAIM_GIVEN_NAME], "Alice");
}

/* Anonymous gets 200 for the account as well, with its label only. */
T(jsonapi_with_status_200_proves_nothing)
{
    const char *entries[][2] = {{"{\"jsonapi\":{},\"data\":[]}", "SESSION_UNKNOWN"},
                                {"{\"data\":[]}", "HTTP_ANSWER"}};
    const char *accounts[] = {
        "{\"data\":{\"id\":\"ece35137-815b\",\"attributes\":{\"display_name\":\"alice\"}}}",
        "{\"data\":{\"id\":\"other\",\"attributes\":{\"drupal_internal__uid\":2,\"name\":\"a\"}}}",
        "{\"data\":{\"id\":\"ece35137-815b\",\"attributes\":{\"drupal_internal__uid\":0}}}",
        "{\"data\":{}}"};
    sso_identity_t *who;
    fake_io_t fake;

    for (int i = 0; i < 2; i++) {
        const fake_step_t step = {"/jsonapi", .http_status = 200, .body = entries[i][0]};
        const sso_error_t *error = ask("jsonapi", &step, 1, &who, &fake, p);
        assert_code(error, entries[i][1]);
    }
    for (int i = 0; i < 4; i++) {
        const fake_step_t steps[] = {{"/jsonapi", .http_status = 200, .body = ENTRY},
                                     {"/jsonapi/user", .http_status = 200, .body = accounts[i]}};
        assert_error(ask("jsonapi", steps, 2, &who, &fake, p), HTTP_ANSWER);
    }
}

T(faults_are_unavailable)
{
    const fake_step_t down = {"/jsonapi", .status = SSO_IO_DOWN},
                      slow = {"/jsonapi", .status = SSO_IO_TIMEOUT},
                      ill = {"/jsonapi", .http_status = 502};
    sso_identity_t *who;
    fake_io_t fake;

    assert_error(ask("jsonapi", &down, 1, &who, &fake, p), HTTP_DOWN);
    assert_error(ask("jsonapi", &slow, 1, &who, &fake, p), HTTP_TIMEOUT);
    assert_error(ask("jsonapi", &ill, 1, &who, &fake, p), HTTP_DOWN);
}

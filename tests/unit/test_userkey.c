/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server: tests/httpd/test_74_userkey.py. */
#include "runner.h"

#include <apr_file_io.h>

#include "fake_io.h"
#include "sso/userkey.h"

#define SITE   "https://moodle.example.test/sub"
#define REST   "POST " SITE "/webservice/rest/server.php"
#define LOGIN  SITE "/auth/userkey/login.php"
#define KEY    "b512b16c2d52f691d566093e199a08ab"
#define URL    LOGIN "?key=" KEY
#define ANSWER "{\"loginurl\":\"" URL "\"}"
#define LINE   "MoodleSession=604b3d310f80aa24b82b6ad173ddf108; path=/; HttpOnly"

static const char *take(const char *words, sso_userkey_t **userkey, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 4), p};
    sso_span_t rest = sso_span(words), word;
    char *path = apr_pstrdup(p, "/tmp/moodlesso-token-XXXXXX");
    apr_file_t *file;
    const char *sentence;

    assert_int_equal(apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE, p), 0);
    apr_file_puts("secret&token\n", file);
    apr_file_close(file);
    sso_options_add(&options, apr_pstrcat(p, "token=file:", path, NULL));
    while (sso_span_word(&rest, &word))
        assert_null(sso_options_add(&options, apr_pstrmemdup(p, word.at, word.len)));
    sentence = sso_userkey_take(&options, userkey);
    apr_file_remove(path, p);
    return sentence;
}

static const sso_userkey_t *taken(const char *words, apr_pool_t *p)
{
    sso_userkey_t *userkey;

    assert_null(take(apr_pstrcat(p, "url=" SITE "/ ", words, NULL), &userkey, p));
    return userkey;
}

T(options_have_defaults_and_mistakes_are_sentences)
{
    const sso_userkey_t *plain = taken("", p), *full = taken("mapping=email ip=on create=on", p);
    sso_userkey_t *userkey;

    assert_int_equal(plain->field, SSO_USERKEY_USERNAME);
    assert_int_equal(plain->service.timeout, apr_time_from_sec(3));
    assert_false(plain->sends_ip || plain->creates);
    assert_true(full->field == SSO_USERKEY_EMAIL && full->sends_ip && full->creates);
    assert_sentence(take("url=http://moodle.example.test", &userkey, p), "no https URL");
    assert_sentence(take("url=" SITE " mapping=uid", &userkey, p), "mapping=uid");
    assert_sentence(take("url=" SITE " timeout=11s", &userkey, p), "10s at most");
}

static sso_identity_t *alice(apr_pool_t *p)
{
    sso_identity_t *who = apr_pcalloc(p, sizeof(*who));

    sso_identity_set(who, SSO_CLAIM_USERNAME, "alice", p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, "alice+a@example.test", p);
    sso_identity_add(who, "email_verified", "true", p);
    sso_identity_set(who, SSO_CLAIM_GIVEN_NAME, "Al&ce", p);
    sso_identity_set(who, SSO_CLAIM_FAMILY_NAME, "Who", p);
    return who;
}

static sso_userkey_person_t person(apr_pool_t *p)
{
    return (sso_userkey_person_t){alice(p), "ALICE", "192.0.2.7", NULL};
}

static const sso_error_t *sign_in(const sso_userkey_t *userkey, const fake_step_t *steps, int count,
                                  const char **line, apr_pool_t *p)
{
    const sso_userkey_person_t who = person(p);
    const sso_error_t *error;
    fake_io_t fake;

    *line = NULL;
    fake_io_init(&fake, steps, count);
    error = sso_userkey_sign_in(userkey, &who, "MoodleSession", &fake.io, line, p);
    fake_io_done(&fake);
    return error;
}

T(a_key_is_requested_and_redeemed_without_standing_in_a_url)
{
    const fake_step_t steps[] = {
        {.expect = REST,
         .argument = "wstoken=secret%26token&wsfunction=auth_userkey_request_login_url&"
                     "moodlewsrestformat=json&user%5Busername%5D=alice",
         .http_status = 200,
         .body = ANSWER},
        {.expect = "POST " LOGIN,
         .argument = "key=" KEY,
         .http_status = 303,
         .location = SITE,
         .set_cookie = LINE},
    };
    const sso_userkey_person_t who = {alice(p), "alice", "192.0.2.7", "MoodleSession=anonymous"};
    const char *line = NULL;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    assert_no_error(sso_userkey_sign_in(taken("", p), &who, "MoodleSession", &fake.io, &line, p));
    fake_io_done(&fake);
    assert_string_equal(line, LINE);
    assert_string_equal(fake.headers, "X-Forwarded-For: 192.0.2.7\nConnection: close\n");
    assert_string_equal(fake.cookie, "MoodleSession=anonymous");
}

T(the_plugin_gets_the_fields_its_settings_name_and_no_more)
{
    const struct {
        const char *options, *form;
    } cases[] = {
        {"mapping=email", "&user%5Bemail%5D=alice%2Ba%40example.test"},
        {"mapping=email ip=on", "&user%5Bemail%5D=alice%2Ba%40example.test&user%5Bip%5D=192.0.2.7"},
        {"create=on", "&user%5Busername%5D=alice&user%5Bemail%5D=alice%2Ba%40example.test&"
                      "user%5Bfirstname%5D=Al%26ce&user%5Blastname%5D=Who"},
        {"create=on mapping=email", "&user%5Bemail%5D=alice%2Ba%40example.test&"
                                    "user%5Busername%5D=alice&user%5Bfirstname%5D=Al%26ce&"
                                    "user%5Blastname%5D=Who"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const fake_step_t step = {.expect = REST,
                                  .argument = apr_pstrcat(p, "json", cases[i].form, NULL),
                                  .status = SSO_IO_DOWN};
        const char *line;

        assert_error(sign_in(taken(cases[i].options, p), &step, 1, &line, p), MOODLE_SERVICE_DOWN);
    }
}

T(who_has_no_value_for_the_mapping_is_not_asked_for)
{
    const char *line;

    assert_error(sign_in(taken("mapping=idnumber", p), NULL, 0, &line, p), MOODLE_USERKEY_USER);
}

/* What a person, or an application, wrote would choose the account. */
T(an_email_that_nobody_verified_finds_nobody)
{
    const sso_userkey_t *by_email = taken("mapping=email", p);
    sso_identity_t *who = apr_pcalloc(p, sizeof(*who));
    const sso_userkey_person_t one = {who, "alice", "192.0.2.7", NULL};
    const char *line;
    fake_io_t fake;

    sso_identity_set(who, SSO_CLAIM_EMAIL, "boss@example.test", p);
    assert_null(sso_userkey_value(by_email, &one, p));
    fake_io_init(&fake, NULL, 0);
    assert_error(sso_userkey_sign_in(by_email, &one, "MoodleSession", &fake.io, &line, p),
                 MOODLE_USERKEY_USER);
    assert_string_equal(sso_userkey_value(taken("", p), &one, p), "alice");
    sso_identity_add(who, "email_verified", "true", p);
    assert_string_equal(sso_userkey_value(by_email, &one, p), "boss@example.test");
}

T(what_the_plugin_says_has_a_reason)
{
    const struct {
        fake_step_t step;
        const char *reason;
    } cases[] = {
        {{.status = SSO_IO_TIMEOUT}, "MOODLE_SERVICE_TIMEOUT"},
        {{.http_status = 403, .body = ""}, "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidtoken")}, "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("accessexception")},
         "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidrecord")}, "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidrecordunknown")},
         "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidparameter")}, "MOODLE_USERKEY_USER"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("sitemaintenance")}, "MOODLE_SERVICE_DOWN"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("other")}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "{}"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "[]"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "null"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "{\"loginurl\":7}"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "{\"loginurl\":\"https://evil.example/?key=a\"}"},
         "MOODLE_SERVICE_ANSWER"},
    };
    const char *line;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_step_t step = cases[i].step;
        const sso_error_t *error;

        step.expect = REST;
        error = sign_in(taken("", p), &step, 1, &line, p);
        assert_string_equal(error ? error->name : "none", cases[i].reason);
    }
}

T(what_comes_of_the_key_has_a_reason)
{
    const struct {
        fake_step_t step;
        const char *reason;
    } cases[] = {
        {{.status = SSO_IO_DOWN}, "MOODLE_SERVICE_DOWN"},
        {{.status = SSO_IO_TIMEOUT}, "MOODLE_SERVICE_TIMEOUT"},
        {{.status = SSO_IO_ANSWER}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 503}, "MOODLE_SERVICE_DOWN"},
        /* the session of an error's page is nobody's */
        {{.http_status = 404, .set_cookie = LINE}, "MOODLE_USERKEY_REFUSED"},
        {{.http_status = 200, .set_cookie = LINE}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=deleted; path=/"},
         "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=a%3Bb; path=/"},
         "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=; path=/"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=a; path=/\x01"},
         "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=a; path=/\xc3\xa4"},
         "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 303, .set_cookie = "MoodleSession=a%2Cb-; path=/; SameSite=Lax"}, "none"},
    };
    const char *line;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const fake_step_t key = {.expect = REST, .http_status = 200, .body = ANSWER};
        fake_step_t steps[] = {key, cases[i].step};
        const sso_error_t *error;

        steps[1].expect = "POST " LOGIN;
        error = sign_in(taken("", p), steps, 2, &line, p);
        assert_string_equal(error ? error->name : "none", cases[i].reason);
        assert_true((line != NULL) == (error == NULL));
    }
}

T(only_the_plugins_own_address_holds_a_key)
{
    const char *others[] = {"",
                            LOGIN,
                            LOGIN "?key=",
                            LOGIN "?key=a&wantsurl=x",
                            LOGIN "?key=a%20b",
                            LOGIN "/x?key=a",
                            LOGIN "?Key=a",
                            SITE "/../auth/userkey/login.php?key=a",
                            SITE "x/auth/userkey/login.php?key=a",
                            "/sub/auth/userkey/login.php?key=a",
                            "http://moodle.example.test/sub/auth/userkey/login.php?key=a",
                            "https://moodle.example.test:8443/sub/auth/userkey/login.php?key=a",
                            "https://moodle.example.test.evil.example/sub/auth/userkey/"
                            "login.php?key=a",
                            "https://x@moodle.example.test/sub/auth/userkey/login.php?key=a",
                            "https://169.254.169.254/sub/auth/userkey/login.php?key=a",
                            "https://moodle.example.test/auth/userkey/login.php?key=a"};
    const sso_userkey_t *userkey = taken("", p);

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(sso_userkey_key(userkey, others[i], p).len, 0);
    assert_span(sso_userkey_key(userkey, URL, p), KEY);
    assert_span(sso_userkey_key(userkey,
                                "https://MOODLE.example.test:443/sub/auth/userkey/login.php?key=a1",
                                p),
                "a1");
}

T(a_session_is_of_whom_the_plugin_finds)
{
    sso_identity_t *session = apr_pcalloc(p, sizeof(*session));

    sso_identity_set(session, SSO_CLAIM_USERNAME, "alice", p);
    sso_identity_set(session, SSO_CLAIM_EMAIL, "Alice@example.test", p);
    sso_identity_set(session, SSO_CLAIM_IDNUMBER, "E-1", p);
    assert_true(sso_userkey_is_of(taken("", p), "ALICE", session));
    assert_false(sso_userkey_is_of(taken("", p), "alic", session));
    assert_false(sso_userkey_is_of(taken("", p), NULL, session));
    assert_true(sso_userkey_is_of(taken("mapping=email", p), "alice@EXAMPLE.test", session));
    assert_true(sso_userkey_is_of(taken("mapping=idnumber", p), "E-1", session));
    assert_false(sso_userkey_is_of(taken("mapping=idnumber", p), "e-1", session));
}

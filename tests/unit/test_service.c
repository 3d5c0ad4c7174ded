/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server: tests/httpd/test_64_match_service.py. */
#include "runner.h"

#include <apr_file_io.h>

#include "fake_io.h"
#include "sso/service.h"

#define URL "https://moodle.example.test/sub/webservice/rest/server.php"

static const char *make(const char *kind, const char *words, sso_service_t **service, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 4), p};
    sso_span_t rest = sso_span(words), word;
    char *path = apr_pstrdup(p, "/tmp/moodlesso-token-XXXXXX");
    apr_file_t *file;
    const char *sentence;

    assert_int_equal(apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE, p), 0);
    apr_file_puts("secret&token\n", file);
    apr_file_close(file);
    while (sso_span_word(&rest, &word)) {
        const char *option = apr_pstrmemdup(p, word.at, word.len);
        if (strcmp(option, "token") == 0)
            option = apr_pstrcat(p, "token=file:", path, NULL);
        assert_null(sso_options_add(&options, option));
    }
    sentence = sso_service_make("m", kind, &options, service);
    apr_file_remove(path, p);
    return sentence;
}

T(a_service_has_defaults)
{
    sso_service_t *service;

    assert_null(make("moodle", "url=https://moodle.example.test/sub/ token", &service, p));
    assert_string_equal(service->url, URL);
    assert_string_equal(service->token, "secret&token");
    assert_int_equal(service->timeout, apr_time_from_sec(2));
    assert_null(service->ca);
    assert_null(make("moodle", "url=http://127.0.0.1:8080 token timeout=1s ca=/c", &service, p));
    assert_int_equal(service->timeout, apr_time_from_sec(1));
    assert_string_equal(service->ca, "/c");
}

T(mistakes_are_sentences)
{
    const char *wrong[][2] = {{"token", "url= is missing"},
                              {"url=http://moodle.example.test token", "no https URL"},
                              {"url=https://moodle.example.test?wstoken=x token", "no https URL"},
                              {"url=https://moodle.example.test", "token= is missing"},
                              {"url=https://moodle.example.test token tokens=x", "url, token"}};
    sso_service_t *service;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(make("moodle", wrong[i][0], &service, p), wrong[i][1]);
    assert_sentence(make("matrix", "url=https://x token", &service, p), "write moodle");
}

static const sso_error_t *call(fake_step_t step, json_t **answer, apr_pool_t *p)
{
    sso_service_t *service;
    const sso_error_t *error;
    fake_io_t fake;

    step.expect = "POST " URL;
    assert_null(make("moodle", "url=https://moodle.example.test/sub token", &service, p));
    fake_io_init(&fake, &step, 1);
    error = sso_service_call(service, "core_x", "field=a%26b", &fake.io, answer, p);
    fake_io_done(&fake);
    return error;
}

T(the_token_is_in_the_form)
{
    fake_step_t step = {.argument = "wstoken=secret%26token&wsfunction=core_x&moodlewsrestformat="
                                    "json&field=a%26b",
                        .http_status = 200,
                        .body = "[]"};
    json_t *answer;

    assert_no_error(call(step, &answer, p));
    assert_true(json_is_array(answer));
}

T(what_is_no_answer_has_a_reason)
{
    const struct {
        fake_step_t step;
        const char *reason;
    } cases[] = {
        {{.status = SSO_IO_DOWN}, "MOODLE_SERVICE_DOWN"},
        {{.status = SSO_IO_TIMEOUT}, "MOODLE_SERVICE_TIMEOUT"},
        {{.status = SSO_IO_ANSWER}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 503, .body = ""}, "MOODLE_SERVICE_DOWN"},
        {{.http_status = 403, .body = ""}, "MOODLE_SERVICE_DENIED"},
        {{.http_status = 303, .body = ""}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 404, .body = "[]"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "<html>"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = ""}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidtoken")}, "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("accessexception")},
         "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("wsaccessusersuspended")},
         "MOODLE_SERVICE_DENIED"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("sitemaintenance")}, "MOODLE_SERVICE_DOWN"},
        {{.http_status = 200, .body = MOODLE_EXCEPTION("invalidrecord")}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "{\"exception\":\"x\"}"}, "MOODLE_SERVICE_ANSWER"},
        {{.http_status = 200, .body = "{\"exception\":null}"}, "MOODLE_SERVICE_ANSWER"},
    };
    json_t *answer;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_error_t *error = call(cases[i].step, &answer, p);

        assert_string_equal(error ? error->name : "none", cases[i].reason);
        assert_int_equal(error->class, SSO_UNAVAILABLE);
    }
}

T(an_exception_can_be_looked_at)
{
    json_t *answer;

    assert_error(
        call((fake_step_t){.http_status = 200, .body = MOODLE_EXCEPTION("invalidparameter")},
             &answer, p),
        MOODLE_SERVICE_ANSWER);
    assert_string_equal(sso_service_exception(answer), "invalidparameter");
    assert_error(call((fake_step_t){.http_status = 200, .body = "no"}, &answer, p),
                 MOODLE_SERVICE_ANSWER);
    assert_null(sso_service_exception(answer));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>

#include "runner.h"

#include "io/http.h"
#include "loopback.h"

/* Longer than any answer here takes; of one that never comes nobody waits for the end of it. */
#define PATIENCE apr_time_from_sec(60)

static apr_status_t ask_for(apr_interval_time_t time, const loopback_step_t *step,
                            sso_exchange_t *exchange, const char **heard, apr_pool_t *p)
{
    int port;
    loopback_t *server = loopback_start(step, 1, &port);
    const char *why;
    apr_status_t status;

    sso_http_init();
    exchange->url = apr_psprintf(p, "http://127.0.0.1:%d/user", port);
    if (exchange->method == NULL)
        exchange->method = "GET";
    if (exchange->max_body == 0)
        exchange->max_body = 65536;
    status = sso_http_exchange(exchange, apr_time_now() + time, &why, p);
    if (heard != NULL)
        *heard = apr_pstrdup(p, loopback_heard(server));
    loopback_stop(server);
    return status;
}

static apr_status_t ask(const loopback_step_t *step, sso_exchange_t *exchange, const char **heard,
                        apr_pool_t *p)
{
    return ask_for(PATIENCE, step, exchange, heard, p);
}

T(status_location_and_body_are_read_and_redirects_not_followed)
{
    loopback_step_t step = {.answer =
                                "HTTP/1.1 302 Found\r\nlocation:  /user/2 \r\nSet-Cookie: a=b\r\n"
                                "Content-Length: 2\r\n\r\nhi"};
    sso_exchange_t e = {.cookie = "S=1"};
    const char *heard;

    assert_int_equal(ask(&step, &e, &heard, p), APR_SUCCESS);
    assert_int_equal(e.status, 302);
    assert_string_equal(e.location, "/user/2");
    assert_span(e.body, "hi");
    assert_non_null(strstr(heard, "GET /user HTTP/1.1\r\n"));
    assert_non_null(strstr(heard, "Cookie: S=1\r\n"));
}

static apr_time_t date_in(const char *headers, apr_pool_t *p)
{
    loopback_step_t step = {.answer = apr_pstrcat(p, "HTTP/1.1 200 OK\r\n", headers,
                                                  "Connection: close\r\n\r\n", NULL)};
    sso_exchange_t e = {0};

    assert_int_equal(ask(&step, &e, NULL, p), APR_SUCCESS);
    return apr_time_sec(e.date);
}

/* RFC 9110 6.6.1, RFC 9111 5.1 */
T(the_servers_clock_is_its_date_and_its_age_together)
{
    assert_int_equal(date_in("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n", p), 1800000000);
    assert_int_equal(date_in("date: Fri, 15 Jan 2027 08:00:00 GMT\r\nAge: 90\r\n", p), 1800000090);
    assert_int_equal(date_in("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nAge: x\r\n", p), 1800000000);
    assert_int_equal(date_in("Date: yesterday\r\nAge: 90\r\n", p), 0);
    assert_int_equal(date_in("Age: 90\r\n", p), 0);
}

T(a_post_has_its_headers_and_no_body)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    const char *headers[] = {"X-CSRF-Token: t", NULL};
    sso_exchange_t e = {.method = "POST", .headers = headers};
    const char *heard;

    assert_int_equal(ask(&step, &e, &heard, p), APR_SUCCESS);
    assert_non_null(strstr(heard, "POST /user HTTP/1.1\r\n"));
    assert_non_null(strstr(heard, "X-CSRF-Token: t\r\n"));
    assert_non_null(strstr(heard, "Content-Length: 0\r\n"));
}

/* Its length says what a GET would have got. */
T(a_head_has_fields_and_no_body)
{
    const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX-Frame-Options:  DENY \r\n"
                         "x-frame-options: SAMEORIGIN\r\nEmpty:\r\n";
    loopback_step_t step;
    sso_exchange_t e = {.method = "HEAD", .fields = apr_table_make(p, 4)};
    const char *heard;

    for (int i = 0; i < 200; i++)
        answer = apr_pstrcat(p, answer, "X-More: 1\r\n", NULL);
    step = (loopback_step_t){.answer = apr_pstrcat(p, answer, "\r\n", NULL)};
    assert_int_equal(ask(&step, &e, &heard, p), APR_SUCCESS);
    assert_non_null(strstr(heard, "HEAD /user HTTP/1.1\r\n"));
    assert_int_equal(e.body.len, 0);
    assert_string_equal(apr_table_getm(p, e.fields, "X-Frame-Options"), "DENY,SAMEORIGIN");
    assert_string_equal(apr_table_get(e.fields, "Empty"), "");
    assert_int_equal(apr_table_elts(e.fields)->nelts, 100);
}

/* A cookie set in one exchange must not be sent in the next, of another visitor. */
T(cookies_of_the_answer_are_forgotten)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nSet-Cookie: S=evil; path=/\r\n"
                                      "Content-Length: 0\r\n\r\n",
                            .keep = true};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    const char *why;

    sso_http_init();
    for (int i = 0; i < 2; i++) {
        sso_exchange_t e = {
            .method = "GET", .max_body = 10, .url = apr_psprintf(p, "http://127.0.0.1:%d/", port)};
        assert_int_equal(sso_http_exchange(&e, apr_time_now() + PATIENCE, &why, p), APR_SUCCESS);
    }
    assert_null(strstr(loopback_heard(server), "Cookie"));
    assert_int_equal(loopback_connections(server), 1);
    loopback_stop(server);
}

T(the_last_line_of_the_cookie_that_is_wanted_is_handed_over)
{
    loopback_step_t step = {.answer = "HTTP/1.1 303 See Other\r\nSet-Cookie: S=one\r\n"
                                      "set-cookie:  S=two; path=/; HttpOnly \r\n"
                                      "Set-Cookie: Sx=three\r\nContent-Length: 0\r\n\r\n"};
    sso_exchange_t wanted = {.wanted_cookie = "S"}, other = {.wanted_cookie = "s"}, none = {0};

    assert_int_equal(ask(&step, &wanted, NULL, p), APR_SUCCESS);
    assert_string_equal(wanted.set_cookie, "S=two; path=/; HttpOnly");
    assert_int_equal(ask(&step, &other, NULL, p), APR_SUCCESS);
    assert_null(other.set_cookie);
    assert_int_equal(ask(&step, &none, NULL, p), APR_SUCCESS);
    assert_null(none.set_cookie);
}

T(what_is_too_long_too_slow_or_no_http_is_a_fault)
{
    const struct {
        loopback_step_t step;
        apr_size_t max;
        apr_status_t status;
    } cases[] = {
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901"}, 10, SSO_IO_ANSWER},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890"}, 10, APR_SUCCESS},
        {{.silent = true}, 10, SSO_IO_TIMEOUT},
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", .drip = 200000},
         10,
         SSO_IO_TIMEOUT},
        {{.answer = NULL}, 10, SSO_IO_DOWN},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_exchange_t e = {.max_body = cases[i].max};
        apr_interval_time_t time = cases[i].status == SSO_IO_TIMEOUT ? 300000 : PATIENCE;

        assert_int_equal(ask_for(time, &cases[i].step, &e, NULL, p), cases[i].status);
    }
}

T(other_protocols_and_spent_time_are_refused)
{
    sso_exchange_t e = {.method = "GET", .url = "file:///etc/passwd", .max_body = 10};
    const char *why;

    sso_http_init();
    assert_int_equal(sso_http_exchange(&e, apr_time_now() + PATIENCE, &why, p), SSO_IO_ANSWER);
    assert_int_equal(sso_http_exchange(&e, apr_time_now() - 1, &why, p), SSO_IO_TIMEOUT);
}

static void *stop_when_asked(void *of_server)
{
    while (loopback_connections(of_server) == 0)
        sched_yield();
    sso_http_stop();
    return NULL;
}

/* The deadline is far, so only the stop can end it. */
T(a_process_that_ends_waits_for_no_answer)
{
    loopback_step_t step = {.silent = true};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_exchange_t e = {
        .method = "GET", .max_body = 10, .url = apr_psprintf(p, "http://127.0.0.1:%d/", port)};
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(3600);
    const char *why;
    pthread_t stopper;

    sso_http_init();
    pthread_create(&stopper, NULL, stop_when_asked, server);
    assert_int_equal(sso_http_exchange(&e, deadline, &why, p), SSO_IO_DOWN);
    pthread_join(stopper, NULL);
    assert_int_equal(sso_http_exchange(&e, deadline, &why, p), SSO_IO_DOWN);
    loopback_stop(server);
    sso_http_init();
}

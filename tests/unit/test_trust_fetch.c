/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/http.h"
#include "io/trust_fetch.h"
#include "loopback.h"
#include "trust_data.h"

#define NOW apr_time_from_sec(1800000000)

#define ANSWER(headers, body) "HTTP/1.1 200 OK\r\n" headers "Connection: close\r\n\r\n" body

static const char *fetch(const char *answer, sso_trust_copy_t *copy, apr_time_t *date,
                         apr_pool_t *p)
{
    const loopback_step_t step = {.answer = answer};
    sso_issuer_t issuer = {.name = "i"};
    const char *sentence;
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);

    sso_http_init();
    issuer.jwks_url = apr_psprintf(p, "http://127.0.0.1:%d/keys", port);
    sentence = sso_trust_fetch(&issuer, NOW, copy, date, p);
    loopback_stop(server);
    return sentence;
}

static apr_int64_t fresh_for(const char *answer, apr_pool_t *p)
{
    sso_trust_copy_t copy;
    apr_time_t date;

    assert_null(fetch(answer, &copy, &date, p));
    assert_true(sso_span_equal(copy.keys, TRUST_KEYS));
    assert_true(copy.fetched == NOW);
    return apr_time_sec(copy.fresh_until - NOW);
}

T(keys_are_fresh_for_as_long_as_is_said)
{
    assert_int_equal(fresh_for(ANSWER("", TRUST_KEYS), p), 3600);
    assert_int_equal(fresh_for(ANSWER("Cache-Control: max-age=7200\r\n", TRUST_KEYS), p), 7200);
    assert_int_equal(fresh_for(ANSWER("Cache-Control: max-age=1\r\n", TRUST_KEYS), p), 300);
    assert_int_equal(fresh_for(ANSWER("Cache-Control: max-age=99999999\r\n", TRUST_KEYS), p),
                     86400);
}

T(the_clock_of_the_sender_is_told)
{
    sso_trust_copy_t copy;
    apr_time_t date;

    assert_null(
        fetch(ANSWER("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n", TRUST_KEYS), &copy, &date, p));
    assert_true(date == apr_time_from_sec(1800000000));
    assert_null(fetch(ANSWER("", TRUST_KEYS), &copy, &date, p));
    assert_true(date == 0);
}

T(what_goes_wrong_is_a_sentence_with_the_address)
{
    sso_trust_copy_t copy;
    apr_time_t date;

    assert_sentence(fetch("HTTP/1.1 404 No\r\nConnection: close\r\n\r\n", &copy, &date, p),
                    "/keys answers with status 404");
    assert_sentence(fetch(NULL, &copy, &date, p), "http://127.0.0.1:");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <sys/wait.h>
#include <unistd.h>

#include "io/http.h"
#include "io/trusts.h"
#include "loopback.h"
#include "trust_data.h"

#define ANSWER(headers, body) "HTTP/1.1 200 OK\r\n" headers "Connection: close\r\n\r\n" body

typedef struct said_t {
    int good, bad;
    const char *last;
    apr_pool_t *p;
} said_t;

static void say(void *of_said, bool is_good, const char *text)
{
    said_t *said = of_said;

    *(is_good ? &said->good : &said->bad) += 1;
    said->last = apr_pstrdup(said->p, text);
}

/* One issuer whose keys are at this port. */
static sso_trusts_t *trusts_at(int port, const char *folder, sso_issuer_t *issuer, apr_pool_t *p)
{
    apr_array_header_t *issuers = apr_array_make(p, 1, sizeof(const sso_issuer_t *));
    sso_trusts_t *trusts;

    sso_http_init();
    issuer->name = "i";
    issuer->jwks_url = apr_psprintf(p, "http://127.0.0.1:%d/keys", port);
    APR_ARRAY_PUSH(issuers, const sso_issuer_t *) = issuer;
    assert_int_equal(sso_trusts_create(&trusts, issuers, folder, p), APR_SUCCESS);
    assert_int_equal(sso_trusts_enter(trusts), APR_SUCCESS);
    return trusts;
}

#define NOW     apr_time_from_sec(1800000000)
#define SECONDS APR_USEC_PER_SEC

T(keys_are_fetched_kept_and_there_at_the_next_start)
{
    loopback_step_t step = {.answer = ANSWER("", TRUST_KEYS)};
    const char *folder = trust_data_folder("trusts", p);
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_trusts_t *trusts = trusts_at(port, folder, &issuer, p);

    assert_null(sso_trusts_get(trusts, &issuer));
    sso_trusts_refresh(trusts, NOW, say, &said);
    assert_int_equal(sso_trusts_get(trusts, &issuer)->keys->count, 1);
    sso_trusts_refresh(trusts, NOW + 60 * SECONDS, say, &said);
    assert_int_equal(loopback_connections(server), 1);
    loopback_stop(server);

    /* Nobody listens there any more. */
    trusts = trusts_at(port, folder, &issuer, p);
    assert_int_equal(sso_trusts_get(trusts, &issuer)->keys->count, 1);
    sso_trusts_refresh(trusts, NOW + 60 * SECONDS, say, &said);
    assert_int_equal(said.bad + said.good, 0);
    sso_trusts_refresh(trusts, NOW + 2 * 3600 * SECONDS, say, &said);
    assert_int_equal(said.bad, 1);
    assert_sentence(said.last, "its last good keys stay in force");
    assert_int_equal(sso_trusts_get(trusts, &issuer)->keys->count, 1);
}

T(an_issuer_that_fails_is_asked_less_and_less_and_told_once)
{
    loopback_step_t steps[] = {{.answer = "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"},
                               {.answer = ANSWER("", "{\"keys\": []}")},
                               {.answer = ANSWER("", TRUST_KEYS)}};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(steps, 3, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);

    sso_trusts_refresh(trusts, NOW, say, &said);
    assert_sentence(said.last, "answers with status 500; until it answers");
    sso_trusts_refresh(trusts, NOW + SECONDS / 2, say, &said);
    assert_int_equal(loopback_connections(server), 1);
    sso_trusts_refresh(trusts, NOW + 2 * SECONDS, say, &said);
    assert_int_equal(sso_trusts_state(trusts, &issuer).failures, 2);
    assert_true(sso_trusts_state(trusts, &issuer).next > NOW + 3 * SECONDS);
    sso_trusts_refresh(trusts, NOW + 9 * SECONDS, say, &said);
    assert_int_equal(sso_trusts_state(trusts, &issuer).keys, 1);
    assert_int_equal(said.bad, 1);
    assert_int_equal(said.good, 1);
    loopback_stop(server);
}

T(a_process_that_ends_blames_no_issuer)
{
    loopback_step_t step = {.answer = ANSWER("", TRUST_KEYS)};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);

    sso_http_stop();
    sso_trusts_refresh(trusts, NOW, say, &said);
    assert_null(sso_trusts_get(trusts, &issuer));
    assert_int_equal(said.bad, 0);
    assert_int_equal(sso_trusts_state(trusts, &issuer).failures, 0);
    /* The next one does not wait until a pause is over. */
    sso_http_init();
    sso_trusts_refresh(trusts, NOW, say, &said);
    assert_int_equal(sso_trusts_get(trusts, &issuer)->keys->count, 1);
    loopback_stop(server);
}

T(an_unknown_key_asks_early_but_once_in_five_minutes)
{
    loopback_step_t step = {.answer = ANSWER("Cache-Control: max-age=86400\r\n", TRUST_KEYS)};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);
    const sso_trust_t *first;

    sso_trusts_refresh(trusts, NOW, say, &said);
    first = sso_trusts_get(trusts, &issuer);
    assert_false(sso_trusts_is_due(trusts, &issuer, NOW + SECONDS));
    sso_trusts_want(trusts, &issuer, NOW);
    assert_true(sso_trusts_is_due(trusts, &issuer, NOW));
    for (int i = 1; i < 300; i++) {
        sso_trusts_want(trusts, &issuer, NOW + i * SECONDS);
        sso_trusts_refresh(trusts, NOW + i * SECONDS, say, &said);
    }
    assert_int_equal(loopback_connections(server), 2);
    assert_ptr_not_equal(sso_trusts_get(trusts, &issuer), first);
    assert_int_equal(first->keys->count, 1); /* still there, for who holds it */
    sso_trusts_want(trusts, &issuer, NOW + 301 * SECONDS);
    sso_trusts_refresh(trusts, NOW + 301 * SECONDS, say, &said);
    assert_int_equal(loopback_connections(server), 3);
    loopback_stop(server);
}

static apr_time_t age_for(const char *answer, apr_pool_t *p)
{
    loopback_step_t step = {.answer = answer};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);

    sso_trusts_refresh(trusts, NOW, say, &said);
    loopback_stop(server);
    return apr_time_sec(sso_trusts_state(trusts, &issuer).next - NOW);
}

/* Give or take a tenth. */
#define assert_about(value, expected) \
    assert_in_range((value), (expected) - (expected) / 10, (expected) + (expected) / 10)

T(what_the_issuer_says_of_its_age_counts_within_bounds)
{
    assert_about(age_for(ANSWER("", TRUST_KEYS), p), 3600);
    assert_about(age_for(ANSWER("Cache-Control: public, max-age=7200\r\n", TRUST_KEYS), p), 7200);
    assert_about(age_for(ANSWER("cache-control: max-age=1\r\n", TRUST_KEYS), p), 300);
    assert_about(age_for(ANSWER("Cache-Control: no-store\r\n", TRUST_KEYS), p), 300);
    assert_about(age_for(ANSWER("Cache-Control: max-age=99999999999\r\n", TRUST_KEYS), p), 86400);
    assert_about(age_for(ANSWER("Cache-Control: max-age=x\r\n", TRUST_KEYS), p), 300);
}

/* One process fetches, the others read the file. */
T(other_processes_follow)
{
    loopback_step_t step = {.answer = ANSWER("", TRUST_KEYS)};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port, status;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_trusts_t *trusts = trusts_at(port, trust_data_folder("follow", p), &issuer, p);
    pid_t child = fork();

    if (child == 0) {
        sso_trusts_refresh(trusts, NOW, say, &said);
        _exit(sso_trusts_get(trusts, &issuer) != NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_null(sso_trusts_get(trusts, &issuer));
    sso_trusts_follow(trusts);
    assert_int_equal(sso_trusts_get(trusts, &issuer)->keys->count, 1);
    sso_trusts_refresh(trusts, NOW + 60 * SECONDS, say, &said);
    assert_int_equal(loopback_connections(server), 1);
    loopback_stop(server);
}

/* An answer whose Date is so far from ours, and which has been in a cache for a minute. */
static const char *dated(int seconds, apr_pool_t *p)
{
    char date[APR_RFC822_DATE_LEN];

    apr_rfc822_date(date, apr_time_now() + (seconds - 60) * SECONDS);
    return apr_psprintf(p, "HTTP/1.1 200 OK\r\nDate: %s\r\nAge: 60\r\nConnection: close\r\n\r\n%s",
                        date, TRUST_KEYS);
}

T(the_issuers_clock_is_seen_when_keys_are_fetched)
{
    loopback_step_t steps[] = {{.answer = dated(600, p)}, {.answer = ANSWER("", TRUST_KEYS)}};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(steps, 2, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);
    sso_trust_state_t state = sso_trusts_state(trusts, &issuer);

    assert_int_equal(state.measured, 0);
    sso_trusts_refresh(trusts, NOW, say, &said);
    state = sso_trusts_state(trusts, &issuer);
    assert_true(state.measured > 0);
    assert_about(state.ahead / SECONDS, 600);
    /* One that says nothing of the time leaves what was seen. */
    sso_trusts_want(trusts, &issuer, NOW + 400 * SECONDS);
    sso_trusts_refresh(trusts, NOW + 400 * SECONDS, say, &said);
    assert_int_equal(loopback_connections(server), 2);
    assert_int_equal(sso_trusts_state(trusts, &issuer).ahead, state.ahead);
    loopback_stop(server);
}

T(what_went_wrong_last_is_kept_cut_to_its_place)
{
    loopback_step_t steps[] = {{.answer = "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"},
                               {.answer = ANSWER("", "{\"keys\": []}")}};
    sso_issuer_t issuer = {0};
    said_t said = {.p = p};
    int port;
    loopback_t *server = loopback_start(steps, 2, &port);
    sso_trusts_t *trusts = trusts_at(port, NULL, &issuer, p);

    assert_string_equal(sso_trusts_state(trusts, &issuer).error, "");
    sso_trusts_refresh(trusts, NOW, say, &said);
    assert_sentence(sso_trusts_state(trusts, &issuer).error, "answers with status 500");
    sso_trusts_refresh(trusts, NOW + 9 * SECONDS, say, &said);
    assert_null(strstr(sso_trusts_state(trusts, &issuer).error, "status"));
    assert_in_range(strlen(sso_trusts_state(trusts, &issuer).error), 1, SSO_TRUST_ERROR_MAX - 1);
    loopback_stop(server);
}

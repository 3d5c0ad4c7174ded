/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/pipeline.h"

/* A source whose settings say what it answers: "ok", or a reason code at finding or resolving. */
typedef struct play_t {
    int find, resolve; /* a code, -1 for none */
} play_t;

static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    const play_t *play = source->settings;

    return play->find >= 0 ? sso_error((sso_code_t)play->find) : NULL;
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    const play_t *play = source->settings;

    if (play->resolve >= 0)
        return sso_error((sso_code_t)play->resolve);
    *who = apr_pcalloc(p, sizeof(**who));
    (*who)->claims[SSO_CLAIM_SUBJECT] = "1";
    return NULL;
}

static const sso_kind_t kind = {"play", false, NULL, NULL, find, resolve};

static sso_decision_t decide(play_t a, play_t b, apr_pool_t *p)
{
    sso_source_t one = {.name = "one", .issuer = "x", .kind = &kind, .settings = &a};
    sso_source_t two = {.name = "two", .issuer = "y", .kind = &kind, .settings = &b};
    const sso_source_t *sources[] = {&one, &two};
    sso_request_t request = {0};
    sso_decision_t decision;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    sso_identify(sources, 2, &request, &fake.io, &decision, p);
    decision.source = decision.source ? apr_pmemdup(p, decision.source, sizeof(one)) : NULL;
    return decision;
}

#define OK_     ((play_t){-1, -1})
#define FIND(c) ((play_t){SSO_##c, -1})
#define ASK(c)  ((play_t){-1, SSO_##c})

T(the_first_to_vouch_wins)
{
    assert_string_equal(decide(OK_, OK_, p).source->name, "one");
    assert_string_equal(decide(FIND(NO_CREDENTIAL), OK_, p).source->name, "two");
}

T(a_stale_cookie_does_not_hide_a_valid_one)
{
    sso_decision_t decision = decide(ASK(SESSION_TIMED_OUT), OK_, p);

    assert_non_null(decision.who);
    assert_null(decision.why);
    assert_non_null(decide(ASK(DB_DOWN), OK_, p).who);
    assert_non_null(decide(FIND(DUPLICATE_COOKIE), OK_, p).who);
}

T(the_gravest_error_is_reported)
{
    assert_error(decide(ASK(DB_DOWN), ASK(SESSION_UNKNOWN), p).why, DB_DOWN);
    assert_error(decide(ASK(SESSION_UNKNOWN), ASK(DB_DOWN), p).why, DB_DOWN);
    assert_error(decide(ASK(SESSION_UNKNOWN), ASK(USER_SUSPENDED), p).why, USER_SUSPENDED);
    assert_error(decide(FIND(NO_CREDENTIAL), ASK(SESSION_ANONYMOUS), p).why, SESSION_ANONYMOUS);
    assert_error(decide(ASK(SESSION_UNKNOWN), ASK(SESSION_TIMED_OUT), p).why, SESSION_UNKNOWN);
    assert_error(decide(ASK(DB_QUERY), ASK(DB_DOWN), p).why, DB_QUERY);
    assert_string_equal(decide(ASK(SESSION_UNKNOWN), ASK(DB_DOWN), p).source->name, "two");
}

T(nothing_to_check_is_no_credential)
{
    sso_request_t request = {0};
    sso_decision_t decision;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    sso_identify(NULL, 0, &request, &fake.io, &decision, p);
    assert_error(decision.why, NO_CREDENTIAL);
    assert_null(decision.who);
    assert_null(decide(FIND(NO_CREDENTIAL), FIND(NO_CREDENTIAL), p).source);
}

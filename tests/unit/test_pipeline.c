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

T(only_a_token_or_a_sign_of_a_source_may_be_for_it)
{
    sso_source_t moodle = {.sign = "MoodleSession"}, drupal = {.sign = "SESS1"}, other = {0};
    const sso_source_t *sources[] = {&moodle, &drupal, &other};
    const sso_request_t none = {0}, others = {.cookies = "_ga=1; SESS2=x"},
                        moodles = {.cookies = "_ga=1; MoodleSession=x"},
                        drupals = {.cookies = "_ga=1; SSESS1=x"}, token = {.authorization = "x"};

    assert_false(sso_may_identify(sources, 2, &none));
    assert_false(sso_may_identify(sources, 2, &others));
    assert_true(sso_may_identify(sources, 2, &moodles));
    assert_true(sso_may_identify(sources, 2, &drupals));
    assert_false(sso_may_identify(sources, 1, &drupals));
    assert_true(sso_may_identify(sources, 2, &token));
    /* One that knows no sign has to be asked. */
    assert_true(sso_may_identify(sources, 3, &others));
    assert_false(sso_may_identify(sources, 3, &none));
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

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const sso_identity_t alice = {
    .claims = {[SSO_CLAIM_ISSUER] = "https://i.example", [SSO_CLAIM_SUBJECT] = "7"}};

/* Who is known by a session that source "one" for "aud" started, when sources "one" and "two" are
 * asked, which have no proof of their own? */
static sso_decision_t decide_by_session(const char *site, fake_io_t *fake, play_t play,
                                        apr_pool_t *p)
{
    sso_source_t *one = apr_pcalloc(p, sizeof(*one)), *two = apr_pcalloc(p, sizeof(*two));
    const sso_source_t *sources[] = {two, one};
    sso_sessions_t sessions = {.policy = {APR_INT64_C(3600000000), APR_INT64_C(36000000000)},
                               .site = site};
    sso_session_bond_t bond = {SSO_SESSION_COOKIE, "https://a.example", "one", "aud"};
    sso_session_t session = {FAKE_NOW - 9, FAKE_NOW - 9, "sid", &alice};
    sso_request_t request = {.now = FAKE_NOW, .sessions = &sessions};
    sso_decision_t decision;

    *one = (sso_source_t){.name = "one", .audience = "aud", .kind = &kind};
    one->settings = apr_pmemdup(p, &play, sizeof(play));
    /* To it, the session is forged. */
    *two = (sso_source_t){.name = "two", .audience = "aud", .kind = &kind};
    two->settings = one->settings;
    assert_true(sso_seal_add(&sessions.seal, sso_span(secret), "session"));
    request.cookies = apr_pstrcat(p, SSO_SESSION_COOKIE, "=",
                                  sso_session_seal(&sessions.seal, &bond, &session, p), NULL);
    sso_identify(sources, 2, &request, &fake->io, &decision, p);
    return decision;
}

T(a_session_of_ours_counts_where_there_is_no_other_proof)
{
    sso_decision_t decision;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    decision = decide_by_session("https://a.example", &fake, FIND(NO_CREDENTIAL), p);
    assert_string_equal(decision.who->claims[SSO_CLAIM_SUBJECT], "7");
    assert_string_equal(decision.source->name, "one");
    assert_true(decision.session->created == FAKE_NOW - 9);
    decision = decide_by_session("https://b.example", &fake, FIND(NO_CREDENTIAL), p);
    assert_error(decision.why, SESSION_FORGED);
    assert_null(decision.who);
    decision = decide_by_session("https://a.example", &fake, FIND(COOKIE_MALFORMED), p);
    assert_error(decision.why, COOKIE_MALFORMED);
}

T(an_ended_session_is_none)
{
    static const char *const kinds[] = {"site", "subject", "sid"};
    fake_io_t fake;

    for (int i = 0; i < 3; i++) {
        fake_io_init(&fake, NULL, 0);
        fake.ended = kinds[i];
        fake.ended_at = FAKE_NOW - 9;
        assert_error(decide_by_session("https://a.example", &fake, FIND(NO_CREDENTIAL), p).why,
                     SESSION_REVOKED);
        fake.ended_at--;
        assert_null(decide_by_session("https://a.example", &fake, FIND(NO_CREDENTIAL), p).why);
    }
}

T(a_source_that_is_off_is_not_asked)
{
    play_t play = OK_;
    sso_source_t source = {.name = "one", .issuer = "x", .kind = &kind, .settings = &play};
    const sso_source_t *sources[] = {&source};
    sso_request_t request = {0};
    sso_decision_t decision;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.is_off = true;
    sso_identify(sources, 1, &request, &fake.io, &decision, p);
    assert_error(decision.why, SOURCE_OFF);
    assert_null(decision.who);
    play = FIND(NO_CREDENTIAL);
    sso_identify(sources, 1, &request, &fake.io, &decision, p);
    assert_error(decision.why, NO_CREDENTIAL);
}

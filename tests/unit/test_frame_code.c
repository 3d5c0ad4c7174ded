/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/digest.h"
#include "fake_io.h"
#include "sso/frame_code.h"

#define VERIFIER "a verifier that a frame made"

static const sso_sessions_t *sessions(const char *site, apr_pool_t *p)
{
    sso_sessions_t *made = apr_pcalloc(p, sizeof(*made));
    const sso_span_t secret = sso_span("01234567890123456789012345678901");

    made->site = site;
    assert_true(sso_seal_add(&made->codes, secret, "code"));
    assert_true(sso_seal_add(&made->seal, secret, "session"));
    return made;
}

static sso_source_t idp = {.name = "idp", .audience = "us"},
                    other = {.name = "other", .audience = "us"};

static const char *code_for(const char *verifier, apr_pool_t *p)
{
    static const sso_identity_t alice = {
        .claims = {[SSO_CLAIM_SUBJECT] = "alice", [SSO_CLAIM_ISSUER] = "https://id"}};
    const sso_session_t session = {FAKE_NOW, FAKE_NOW, "s1", &alice, NULL};

    return sso_frame_code_make(sessions("https://us", p), &idp, &session,
                               sso_digest(sso_span(verifier), p), p);
}

static const sso_error_t *open(const sso_sessions_t *at, const char *code, const char *verifier,
                               apr_time_t now, sso_session_t *session, apr_pool_t *p)
{
    const sso_source_t *sources[] = {&other, &idp}, *source = NULL;
    const sso_error_t *error =
        sso_frame_code_open(at, sources, 2, code, verifier, now, &source, session, p);

    assert_true(error != NULL || source == &idp);
    return error;
}

T(the_frame_with_the_verifier_gets_the_session)
{
    sso_session_t session;

    assert_no_error(
        open(sessions("https://us", p), code_for(VERIFIER, p), VERIFIER, FAKE_NOW, &session, p));
    assert_string_equal(session.sid, "s1");
    assert_string_equal(session.who->claims[SSO_CLAIM_SUBJECT], "alice");
}

T(nobody_else_does)
{
    const sso_sessions_t *ours = sessions("https://us", p);
    const char *code = code_for(VERIFIER, p);
    sso_session_t session;

    assert_error(open(ours, code, "another", FAKE_NOW, &session, p), FRAME_CODE);
    assert_error(open(ours, code, NULL, FAKE_NOW, &session, p), FRAME_CODE);
    assert_error(open(ours, NULL, VERIFIER, FAKE_NOW, &session, p), FRAME_CODE);
    assert_error(open(ours, "x", VERIFIER, FAKE_NOW, &session, p), FRAME_CODE);
    assert_error(open(sessions("https://them", p), code, VERIFIER, FAKE_NOW, &session, p),
                 FRAME_CODE);
}

T(it_is_good_for_a_minute)
{
    const sso_sessions_t *ours = sessions("https://us", p);
    const char *code = code_for(VERIFIER, p);
    apr_time_t end = FAKE_NOW + SSO_FRAME_CODE_LIFETIME;
    sso_session_t session;

    assert_no_error(open(ours, code, VERIFIER, end - 1, &session, p));
    assert_error(open(ours, code, VERIFIER, end, &session, p), FRAME_CODE);
}

T(it_is_no_session)
{
    const sso_sessions_t *ours = sessions("https://us", p);
    const sso_session_policy_t policy = {SSO_FRAME_CODE_LIFETIME, SSO_FRAME_CODE_LIFETIME};
    const sso_session_bond_t bond = {SSO_SESSION_COOKIE, ours->site, idp.name, idp.audience};
    sso_session_t session;

    assert_error(sso_session_open(&ours->seal, &bond, sso_span(code_for(VERIFIER, p)), &policy,
                                  FAKE_NOW, &session, p),
                 SESSION_FORGED);
}

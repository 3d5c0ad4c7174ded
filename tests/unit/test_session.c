/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/session.h"

#define NOW apr_time_from_sec(1800000000)

static const sso_session_policy_t policy = {APR_INT64_C(3600000000), APR_INT64_C(36000000000)};
static const sso_session_bond_t bond = {SSO_SESSION_COOKIE, "https://a.example", "teams",
                                        "api://x"};

static const sso_seal_t *seal_of(apr_pool_t *p)
{
    sso_seal_t *seal = apr_pcalloc(p, sizeof(*seal));

    assert_true(sso_seal_add(seal, sso_span("0123456789abcdef0123456789abcdef"), "session"));
    return seal;
}

static sso_identity_t alice(void)
{
    return (sso_identity_t){.claims = {[SSO_CLAIM_SOURCE] = "teams",
                                       [SSO_CLAIM_ISSUER] = "https://issuer.example",
                                       [SSO_CLAIM_SUBJECT] = "tid:oid",
                                       [SSO_CLAIM_USERNAME] = "alice",
                                       [SSO_CLAIM_NAME] = "Alice Anders"}};
}

static const char *sealed(const sso_identity_t *who, apr_time_t created, apr_time_t at,
                          apr_pool_t *p)
{
    sso_session_t session = {created, at, "provider-sid", who};

    return sso_session_seal(seal_of(p), &bond, &session, p);
}

static const sso_error_t *opened(const char *value, const sso_session_bond_t *as, apr_time_t now,
                                 sso_session_t *session, apr_pool_t *p)
{
    return sso_session_open(seal_of(p), as, sso_span(value), &policy, now, session, p);
}

T(a_session_comes_back_whole)
{
    sso_identity_t who = alice();
    sso_session_t session;

    assert_no_error(opened(sealed(&who, NOW - 5, NOW, p), &bond, NOW, &session, p));
    assert_true(session.created == NOW - 5 && session.sealed == NOW);
    assert_string_equal(session.sid, "provider-sid");
    assert_string_equal(session.who->claims[SSO_CLAIM_SUBJECT], "tid:oid");
    assert_string_equal(session.who->claims[SSO_CLAIM_NAME], "Alice Anders");
    assert_true(session.who->expires == NOW + policy.idle);
}

T(it_is_none_under_another_cookie_host_source_or_audience)
{
    sso_identity_t who = alice();
    const char *value = sealed(&who, NOW, NOW, p);
    sso_session_bond_t others[] = {bond, bond, bond, bond, bond};
    sso_session_t session;

    others[0].cookie = SSO_SESSION_COOKIE_FRAMED;
    others[1].site = "https://b.example";
    others[2].source = "keycloak";
    others[3].audience = "api://y";
    others[4].site = "https://a.example\nteams";
    for (int i = 0; i < 5; i++)
        assert_error(opened(value, &others[i], NOW, &session, p), SESSION_FORGED);
    assert_error(opened("", &bond, NOW, &session, p), SESSION_FORGED);
    assert_error(opened("AAAA", &bond, NOW, &session, p), SESSION_FORGED);
}

T(it_ends_unused_and_it_ends_anyway)
{
    sso_identity_t who = alice();
    sso_session_t session;
    const char *idle = sealed(&who, NOW, NOW, p),
               *old = sealed(&who, NOW - policy.lifetime + 9, NOW, p);

    assert_no_error(opened(idle, &bond, NOW + policy.idle - 1, &session, p));
    assert_error(opened(idle, &bond, NOW + policy.idle, &session, p), SESSION_TIMED_OUT);
    assert_no_error(opened(old, &bond, NOW + 8, &session, p));
    assert_true(session.who->expires == NOW + 9);
    assert_error(opened(old, &bond, NOW + 9, &session, p), SESSION_TIMED_OUT);
}

T(it_is_written_anew_when_half_of_its_idle_time_has_gone)
{
    sso_session_t session = {NOW, NOW, "", NULL};

    assert_false(sso_session_is_stale(&session, &policy, NOW + policy.idle / 2));
    assert_true(sso_session_is_stale(&session, &policy, NOW + policy.idle / 2 + 1));
}

static const char *long_text(apr_size_t length, apr_pool_t *p)
{
    char *text = apr_palloc(p, length + 1);

    memset(text, 'x', length);
    text[length] = '\0';
    return text;
}

T(what_is_too_large_is_cut_and_the_rest_stays)
{
    sso_identity_t who = alice();
    sso_session_t session;
    const char *value;

    who.claims[SSO_CLAIM_ROLES] = long_text(800, p);
    sso_identity_add(&who, "field", long_text(300, p), p);
    value = sealed(&who, NOW, NOW, p);
    assert_true(strlen(value) <= SSO_SESSION_MAX_BYTES);
    assert_no_error(opened(value, &bond, NOW, &session, p));
    assert_null(session.who->claims[SSO_CLAIM_ROLES]);
    assert_int_equal(session.who->extra_count, 0);
    assert_string_equal(session.who->claims[SSO_CLAIM_NAME], "Alice Anders");
    who.claims[SSO_CLAIM_EMAIL] = long_text(1000, p);
    assert_null(sealed(&who, NOW, NOW, p));
}

T(what_decides_who_may_pass_stays_longest)
{
    const char *const kept[] = {"tid", "hd", "email_verified", "acr"};
    sso_identity_t who = alice();
    sso_session_t session;

    sso_identity_add(&who, "field", long_text(900, p), p);
    for (size_t i = 0; i < 4; i++)
        sso_identity_add(&who, kept[i], "v", p);
    assert_no_error(opened(sealed(&who, NOW, NOW, p), &bond, NOW, &session, p));
    assert_int_equal(session.who->extra_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(sso_identity_claim(session.who, kept[i]), "v");
}

T(the_largest_session_still_fits)
{
    for (apr_size_t length = 300; length < 640; length++) {
        sso_identity_t who = alice();
        sso_session_t session;
        const char *value;

        who.claims[SSO_CLAIM_EMAIL] = long_text(length, p);
        if ((value = sealed(&who, NOW, NOW, p)) == NULL)
            continue;
        assert_true(strlen(value) <= SSO_SESSION_MAX_BYTES);
        assert_no_error(opened(value, &bond, NOW, &session, p));
    }
}

T(a_frames_session_comes_before_that_of_the_top_level)
{
    sso_identity_t who = alice();
    sso_sessions_t sessions = {.policy = policy, .site = bond.site};
    sso_session_bond_t framed = bond;
    sso_session_t session = {NOW - 7, NOW, "framed", &who}, found;
    const char *top = sealed(&who, NOW, NOW, p), *cookies;

    sessions.seal = *seal_of(p);
    framed.cookie = SSO_SESSION_COOKIE_FRAMED;
    cookies = apr_pstrcat(p, SSO_SESSION_COOKIE "=", top, "; " SSO_SESSION_COOKIE_FRAMED "=",
                          sso_session_seal(&sessions.seal, &framed, &session, p), NULL);
    assert_no_error(sso_session_find(&sessions, cookies, "teams", "api://x", NOW, &found, p));
    assert_string_equal(found.sid, "framed");
    cookies = apr_pstrcat(p, SSO_SESSION_COOKIE_FRAMED "=", top, NULL);
    assert_error(sso_session_find(&sessions, cookies, "teams", "api://x", NOW, &found, p),
                 SESSION_FORGED);
    assert_error(sso_session_find(&sessions, "a=b", "teams", "api://x", NOW, &found, p),
                 NO_CREDENTIAL);
    assert_error(sso_session_find(&sessions, NULL, "teams", "api://x", NOW, &found, p),
                 NO_CREDENTIAL);
    cookies = apr_pstrcat(p, SSO_SESSION_COOKIE "=", top, "; " SSO_SESSION_COOKIE "=x", NULL);
    assert_error(sso_session_find(&sessions, cookies, "teams", "api://x", NOW, &found, p),
                 DUPLICATE_COOKIE);
}

T(applications_do_not_see_our_sessions)
{
    static const char *const other = "a=b; __Host-moodlesso-frame=1; __Host-moodlessox=2";

    assert_ptr_equal(sso_session_hide(other, p), other);
    assert_string_equal(
        sso_session_hide("a=b; __Host-moodlesso=x;c; __Host-moodlesso-framed = y;  d=e", p),
        "a=b;c;  d=e");
    assert_string_equal(sso_session_hide("__Host-moodlesso=x; d=e", p), "d=e");
    assert_null(sso_session_hide("__Host-moodlesso-framed=x", p));
    assert_null(sso_session_hide(NULL, p));
}

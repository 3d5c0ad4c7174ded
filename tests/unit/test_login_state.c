/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/digest.h"
#include "fake_io.h"
#include "sso/login_state.h"

#define SITE "https://moodle.example.edu"
#define KEY  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static const sso_login_browser_t browser = {KEY, 0};
static const sso_login_browser_t other = {"oooooooooooooooooooooooooooooooo", 0};
static const sso_login_browser_t nobody = {NULL, 0};

static sso_seal_t seal_of(const char *purpose)
{
    sso_seal_t seal = {0};

    assert_true(sso_seal_add(&seal, sso_span("01234567890123456789012345678901"), purpose));
    return seal;
}

static sso_login_t login_of(void)
{
    return (sso_login_t){.id = "id",
                         .source = "idp",
                         .site = SITE,
                         .back = SITE "/course?id=5",
                         .created = FAKE_NOW,
                         .purpose = SSO_LOGIN_SESSION,
                         .max_age = -1};
}

static const sso_error_t *open(const char *state, const char *site, const sso_login_browser_t *of,
                               apr_time_t now, sso_login_t *login, apr_pool_t *p)
{
    sso_seal_t seal = seal_of("login");

    return sso_login_open(&seal, state, site, of, now, login, p);
}

static const char *state_of(const sso_login_t *login, apr_pool_t *p)
{
    sso_seal_t seal = seal_of("login");

    return sso_login_seal(&seal, login, &browser, p);
}

T(a_login_comes_back_as_it_was)
{
    sso_login_t login = login_of(), back;

    login.purpose = SSO_LOGIN_LINK;
    login.is_popup = login.is_silent = login.is_restarted = true;
    login.frame = "challenge";
    login.acr = "urn:mfa";
    login.max_age = 60;
    assert_no_error(open(state_of(&login, p), SITE, &browser, FAKE_NOW, &back, p));
    assert_string_equal(back.id, "id");
    assert_string_equal(back.source, "idp");
    assert_string_equal(back.back, SITE "/course?id=5");
    assert_string_equal(back.frame, "challenge");
    assert_string_equal(back.acr, "urn:mfa");
    assert_int_equal(back.purpose, SSO_LOGIN_LINK);
    assert_int_equal(back.max_age, 60);
    assert_true(back.is_popup && back.is_silent && back.is_restarted);
    assert_true(back.created == FAKE_NOW);
}

T(an_acr_can_stand_in_a_state_and_in_a_challenge)
{
    char text[SSO_LOGIN_ACR_MAX + 2];

    assert_true(sso_login_is_acr("urn:mfa https://refeds.org/profile/mfa"));
    for (const char *bad = "\"\\;\n\t\x7f\xc3"; *bad; bad++) {
        const char of_one[] = {'a', *bad, '\0'};
        assert_false(sso_login_is_acr(of_one));
    }
    memset(text, 'a', sizeof(text));
    text[SSO_LOGIN_ACR_MAX] = '\0';
    assert_true(sso_login_is_acr(text));
    text[SSO_LOGIN_ACR_MAX] = 'a';
    text[SSO_LOGIN_ACR_MAX + 1] = '\0';
    assert_false(sso_login_is_acr(text));
}

T(what_was_not_wished_is_not_there)
{
    sso_login_t login = login_of(), back;

    assert_no_error(open(state_of(&login, p), SITE, &browser, FAKE_NOW, &back, p));
    assert_null(back.frame);
    assert_null(back.acr);
    assert_int_equal(back.max_age, -1);
    assert_false(back.is_popup || back.is_silent || back.is_restarted);
}

T(what_went_astray_is_told_apart)
{
    sso_login_t login = login_of(), back;
    const char *state = state_of(&login, p);
    apr_time_t late = FAKE_NOW + SSO_LOGIN_LIFETIME;

    assert_error(open(state, "https://other", &browser, FAKE_NOW, &back, p), LOGIN_OTHER_SITE);
    assert_error(open(state, SITE, &nobody, FAKE_NOW, &back, p), LOGIN_NO_COOKIE);
    assert_error(open(state, SITE, &other, FAKE_NOW, &back, p), LOGIN_OTHER_BROWSER);
    assert_no_error(open(state, SITE, &browser, late - 1, &back, p));
    assert_error(open(state, SITE, &browser, late, &back, p), LOGIN_EXPIRED);
    assert_string_equal(back.back, login.back);
}

T(a_state_that_is_not_ours_is_unknown)
{
    sso_login_t login = login_of(), back;
    sso_seal_t of_session = seal_of("session");
    const char *wrong[] = {NULL,
                           "",
                           "x",
                           sso_login_seal(&of_session, &login, &browser, p),
                           apr_pstrcat(p, state_of(&login, p), "A", NULL),
                           memset(apr_pcalloc(p, 3001), 'A', 3000)};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_error(open(wrong[i], SITE, &browser, FAKE_NOW, &back, p), LOGIN_UNKNOWN);
}

T(a_sealed_text_of_another_form_is_unknown)
{
    const char *texts[] = {"",
                           "1",
                           "2\nid\nidp\n" SITE "\n1\ns\n-1\nh\n\n\n/",
                           "1\nid\nidp\n" SITE "\n1\nx\n-1\nh\n\n\n/",
                           "1\nid\nidp\n" SITE "\nx\ns\n-1\nh\n\n\n/",
                           "1\nid\nidp\n" SITE "\n1\ns\n-1\nh\n\n\n/\nmore"};
    sso_seal_t seal = seal_of("login");
    sso_login_t back;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_error(open(sso_seal(&seal, sso_span("state"), sso_span(texts[i]), p), SITE, &browser,
                          FAKE_NOW, &back, p),
                     LOGIN_UNKNOWN);
}

T(nonce_and_verifier_are_of_one_browser_and_one_login)
{
    sso_login_t login = login_of(), later = login_of();

    later.id = "id2";
    assert_string_equal(sso_login_nonce(&login, &browser, p), sso_login_nonce(&login, &browser, p));
    assert_string_not_equal(sso_login_nonce(&login, &browser, p),
                            sso_login_verifier(&login, &browser, p));
    assert_string_not_equal(sso_login_nonce(&login, &browser, p),
                            sso_login_nonce(&later, &browser, p));
    assert_string_not_equal(sso_login_verifier(&login, &browser, p),
                            sso_login_verifier(&login, &other, p));
    assert_int_equal(strlen(sso_login_verifier(&login, &browser, p)), 43);
}

T(a_browser_is_known_by_its_cookie)
{
    sso_login_browser_t found = sso_login_browser("a=b; __Host-moodlesso-login=" KEY "; c=d", p);

    assert_string_equal(found.key, KEY);
    assert_true(found.done == 0);
    found.done = FAKE_NOW;
    found = sso_login_browser(
        apr_pstrcat(p, "__Host-moodlesso-login=", sso_login_browser_cookie(&found, p), NULL), p);
    assert_string_equal(found.key, KEY);
    assert_true(found.done == FAKE_NOW);
}

T(what_is_no_cookie_of_ours_is_none)
{
    const char *wrong[] = {NULL,
                           "",
                           "x=" KEY,
                           "__Host-moodlesso-login=",
                           "__Host-moodlesso-login=" KEY "k",
                           "__Host-moodlesso-login=." KEY,
                           "__Host-moodlesso-login=" KEY "; __Host-moodlesso-login=x"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(sso_login_browser(wrong[i], p).key);
    assert_true(sso_login_browser("__Host-moodlesso-login=" KEY ".x", p).done == 0);
    assert_true(sso_login_browser("__Host-moodlesso-login=" KEY ".99999999999999999", p).done == 0);
}

T(a_long_address_is_cut_to_its_path)
{
    const char *many = memset(apr_pcalloc(p, 600), 'x', 599);

    assert_string_equal(sso_login_back(SITE "/a?b", p), SITE "/a?b");
    assert_string_equal(sso_login_back(apr_pstrcat(p, SITE "/a?", many, NULL), p), SITE "/a");
    assert_string_equal(sso_login_back(apr_pstrcat(p, SITE "/", many, NULL), p), SITE "/");
    assert_string_equal(sso_login_back(apr_pstrcat(p, "https://", many, "/", NULL), p), "/");
}

T(a_challenge_is_a_hash)
{
    assert_true(sso_login_is_challenge(sso_digest(sso_span("x"), p)));
    assert_false(sso_login_is_challenge("x"));
    assert_false(sso_login_is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c."));
    assert_false(sso_login_is_challenge(""));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/account_form.h"

static const sso_sessions_t *sessions(const char *site, apr_pool_t *p)
{
    sso_sessions_t *made = apr_pcalloc(p, sizeof(*made));
    const sso_span_t secret = sso_span("01234567890123456789012345678901");

    made->site = site;
    assert_true(sso_seal_add(&made->accounts, secret, "account"));
    return made;
}

static sso_identity_t person(const char *username, const char *subject)
{
    return (sso_identity_t){.claims = {[SSO_CLAIM_USERNAME] = username,
                                       [SSO_CLAIM_ISSUER] = "https://id",
                                       [SSO_CLAIM_SUBJECT] = subject}};
}

static const char *holder_of(const char *username, const char *subject, apr_time_t created,
                             apr_pool_t *p)
{
    const sso_identity_t who = person(username, subject);
    const sso_session_t session = {created, created, "", &who, NULL};

    return sso_account_holder(&who, created ? &session : NULL, p);
}

T(a_holder_is_a_person_in_a_session)
{
    const char *alice = holder_of("alice", "1", FAKE_NOW, p);

    assert_string_equal(holder_of("alice", "1", FAKE_NOW, p), alice);
    assert_string_not_equal(holder_of("alice", "1", FAKE_NOW + 1, p), alice);
    assert_string_not_equal(holder_of("alice", "1", 0, p), alice);
    assert_string_not_equal(holder_of("alice", "2", FAKE_NOW, p), alice);
    assert_string_not_equal(holder_of("bob", "1", FAKE_NOW, p), alice);
}

T(a_token_is_good_for_its_holder_for_an_hour)
{
    const sso_sessions_t *ours = sessions("https://us", p), *theirs = sessions("https://it", p);
    const char *alice = holder_of("alice", "1", FAKE_NOW, p);
    const char *bob = holder_of("bob", "2", FAKE_NOW, p);
    const char *token = sso_account_token(ours, alice, FAKE_NOW, p);

    assert_true(sso_account_token_holds(ours, alice, token, FAKE_NOW, p));
    assert_true(
        sso_account_token_holds(ours, alice, token, FAKE_NOW + SSO_ACCOUNT_FORM_LIFETIME - 1, p));
    assert_false(
        sso_account_token_holds(ours, alice, token, FAKE_NOW + SSO_ACCOUNT_FORM_LIFETIME, p));
    assert_false(sso_account_token_holds(ours, alice, token, FAKE_NOW - 1, p));
    assert_false(sso_account_token_holds(ours, bob, token, FAKE_NOW, p));
    assert_false(sso_account_token_holds(theirs, alice, token, FAKE_NOW, p));
    assert_false(sso_account_token_holds(ours, alice, "", FAKE_NOW, p));
    assert_false(sso_account_token_holds(ours, alice, token + 1, FAKE_NOW, p));
}

static const sso_error_t *open(const sso_sessions_t *at, const char *proof, const char *holder,
                               apr_time_t now, const sso_identity_t **account, apr_pool_t *p)
{
    static const sso_source_t idp = {.name = "idp", .audience = "us"};
    static const sso_source_t other = {.name = "other", .audience = "us"};
    const sso_source_t *sources[] = {&other, &idp};

    return sso_account_proof_open(at, sources, 2, proof, holder, now, account, p);
}

T(a_proof_is_good_for_its_holder_for_five_minutes)
{
    static const sso_source_t idp = {.name = "idp", .audience = "us"};
    const sso_sessions_t *ours = sessions("https://us", p), *theirs = sessions("https://it", p);
    const char *alice = holder_of("alice", "1", FAKE_NOW, p);
    const char *bob = holder_of("bob", "2", FAKE_NOW, p);
    const sso_identity_t second = person("al", "9"), *account;
    const char *proof = sso_account_proof(ours, &idp, &second, alice, FAKE_NOW, p);
    apr_time_t late = FAKE_NOW + SSO_ACCOUNT_PROOF_LIFETIME;

    assert_no_error(open(ours, proof, alice, FAKE_NOW, &account, p));
    assert_string_equal(account->claims[SSO_CLAIM_SUBJECT], "9");
    assert_no_error(open(ours, proof, alice, late - 1, &account, p));
    assert_error(open(ours, proof, alice, late, &account, p), FORM_EXPIRED);
    assert_error(open(ours, proof, bob, FAKE_NOW, &account, p), FORM_EXPIRED);
    assert_error(open(theirs, proof, alice, FAKE_NOW, &account, p), FORM_EXPIRED);
    assert_error(open(ours, "x", alice, FAKE_NOW, &account, p), FORM_EXPIRED);
    assert_error(
        open(ours, sso_account_token(ours, alice, FAKE_NOW, p), alice, FAKE_NOW, &account, p),
        FORM_EXPIRED);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/digest.h"
#include "judge.h"
#include "signer.h"
#include "sso/id_token.h"

#define ISSUER "https://id.example.edu"
#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"us\",\"nonce\":\"n\"," TIMES

static const sso_id_token_wish_t any = {.nonce = "n", .max_age = -1};

static const sso_error_t *judge_header(const char *typ, const char *claims,
                                       const sso_id_token_wish_t *wish, apr_pool_t *p)
{
    sso_token_rules_t of_source = rules_for("somebody-else", p), rules;
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    const char *header = apr_psprintf(p, "{\"alg\":\"ES256\",\"kid\":\"p256\"%s}", typ);
    const char *text =
        signer_sign(signer("ES256"), header, apr_pstrcat(p, "{", claims, "}", NULL), p);
    sso_token_t token;

    of_source.scopes = list("never", p);
    of_source.clients = list("nobody", p);
    rules = sso_id_token_rules(&of_source, "us", p);
    SSO_TRY(judge_text(text, &rules, &trust, ISSUER, p));
    SSO_TRY(sso_token_read(sso_span(text), &rules, &token, p));
    return sso_id_token_check(&token, "us", wish, rules.skew, FAKE_NOW, p);
}

static const sso_error_t *judge(const char *claims, const sso_id_token_wish_t *wish, apr_pool_t *p)
{
    return judge_header("", claims, wish, p);
}

T(the_answer_to_what_we_asked_is_taken)
{
    assert_no_error(judge(CLAIMS, &any, p));
    assert_no_error(judge_header(",\"typ\":\"JWT\"", CLAIMS, &any, p));
    assert_no_error(judge(CLAIMS ",\"typ\":\"ID\",\"scp\":\"x\"", &any, p));
}

/* OpenID Connect Core 3.1.3.7, 3 to 5 */
T(it_is_made_for_us_and_nobody_else)
{
#define FOR(aud) "\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"nonce\":\"n\"," TIMES ",\"aud\":" aud
    assert_error(judge(FOR("\"them\""), &any, p), TOKEN_AUDIENCE);
    assert_error(judge(FOR("\"somebody-else\""), &any, p), TOKEN_AUDIENCE);
    assert_error(judge(FOR("[\"us\",\"them\"]"), &any, p), TOKEN_CLIENT);
    assert_error(judge(FOR("[\"us\",\"them\"],\"azp\":\"them\""), &any, p), TOKEN_CLIENT);
    assert_error(judge(FOR("\"us\",\"azp\":\"them\""), &any, p), TOKEN_CLIENT);
    assert_error(judge(FOR("\"us\",\"azp\":7"), &any, p), TOKEN_CLIENT);
    assert_no_error(judge(FOR("[\"us\"]"), &any, p));
    assert_no_error(judge(FOR("[\"us\",\"them\"],\"azp\":\"us\""), &any, p));
}

/* 11 */
T(the_nonce_is_that_of_this_login)
{
#define SAYS(nonce) "\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"us\"," TIMES nonce
    assert_error(judge(SAYS(""), &any, p), TOKEN_NONCE);
    assert_error(judge(SAYS(",\"nonce\":\"m\""), &any, p), TOKEN_NONCE);
    assert_error(judge(SAYS(",\"nonce\":\"\""), &any, p), TOKEN_NONCE);
    assert_error(judge(SAYS(",\"nonce\":[\"n\"]"), &any, p), TOKEN_NONCE);
}

/* 3.1.3.8 */
T(its_hash_is_that_of_the_access_token)
{
    sso_id_token_wish_t with = {.nonce = "n", .max_age = -1, .access_token = "access"};
    const char *good = apr_pstrcat(p, CLAIMS ",\"at_hash\":\"",
                                   sso_digest_half("SHA256", sso_span("access"), p), "\"", NULL);

    assert_no_error(judge(good, &with, p));
    assert_no_error(judge(CLAIMS, &with, p));
    assert_no_error(judge(CLAIMS ",\"at_hash\":\"x\"", &any, p));
    assert_error(judge(CLAIMS ",\"at_hash\":\"x\"", &with, p), TOKEN_HASH);
    assert_error(judge(CLAIMS ",\"at_hash\":7", &with, p), TOKEN_HASH);
}

/* 12 and 13 */
T(strength_and_age_are_checked_when_asked_for)
{
    sso_id_token_wish_t mfa = {.nonce = "n", .max_age = -1, .acr = "mfa"};
    sso_id_token_wish_t fresh = {.nonce = "n", .max_age = 30};

    assert_no_error(judge(CLAIMS ",\"acr\":\"mfa\"", &mfa, p));
    assert_error(judge(CLAIMS, &mfa, p), TOKEN_ACR);
    assert_error(judge(CLAIMS ",\"acr\":\"pwd\"", &mfa, p), TOKEN_ACR);
    assert_error(judge(CLAIMS ",\"acr\":[\"mfa\"]", &mfa, p), TOKEN_ACR);
    mfa.acr = "hwk mfa";
    assert_no_error(judge(CLAIMS ",\"acr\":\"mfa\"", &mfa, p));
    assert_error(judge(CLAIMS ",\"acr\":\"hwk mfa\"", &mfa, p), TOKEN_ACR);
    assert_no_error(judge(CLAIMS ",\"auth_time\":1795317010", &fresh, p));
    assert_error(judge(CLAIMS ",\"auth_time\":1795317009", &fresh, p), TOKEN_ACR);
    assert_error(judge(CLAIMS, &fresh, p), TOKEN_CLAIMS);
    assert_error(judge(CLAIMS ",\"auth_time\":\"1\"", &fresh, p), TOKEN_CLAIMS);
}

T(an_acr_is_one_of_those_wanted)
{
    assert_true(sso_acr_is_one_of("a", "b a"));
    assert_false(sso_acr_is_one_of("a", "ab"));
    assert_false(sso_acr_is_one_of("", "a b"));
    assert_false(sso_acr_is_one_of(NULL, "a"));
}

T(other_tokens_are_none)
{
    assert_error(judge_header(",\"typ\":\"at+jwt\"", CLAIMS, &any, p), TOKEN_TYPE);
    assert_error(judge_header(",\"typ\":\"logout+jwt\"", CLAIMS, &any, p), TOKEN_TYPE);
    assert_error(judge(CLAIMS ",\"typ\":\"Bearer\"", &any, p), TOKEN_TYPE);
    assert_error(judge(CLAIMS ",\"events\":{}", &any, p), TOKEN_TYPE);
    assert_error(
        judge("\"iss\":\"" ISSUER "\",\"aud\":\"us\",\"nonce\":\"n\",\"exp\":1795317200", &any, p),
        TOKEN_CLAIMS);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "judge.h"
#include "signer.h"

#define ISSUER "https://id.example.edu"

#define PLAIN "\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"us\"," TIMES

static const sso_error_t *judge(const char *claims, const sso_token_rules_t *rules, apr_pool_t *p)
{
    sso_trust_t trust = trust_of(ISSUER, NULL, p);

    return judge_text(signer_token(signer("ES256"), apr_pstrcat(p, "{", claims, "}", NULL), p),
                      rules, &trust, ISSUER, p);
}

typedef struct case_t {
    const char *claims, *code;
} case_t;

static void try_all(const case_t *cases, size_t count, const sso_token_rules_t *rules,
                    apr_pool_t *p)
{
    for (size_t i = 0; i < count; i++) {
        const sso_error_t *error = judge(cases[i].claims, rules, p);
        const char *code = error ? error->name : "none";

        if (strcmp(code, cases[i].code) != 0)
            fail_msg("%s: %s, not %s", cases[i].claims, code, cases[i].code);
    }
}

#define TRY_ALL(cases, rules) try_all(cases, sizeof(cases) / sizeof((cases)[0]), rules, p)

T(an_access_token_for_us_is_taken)
{
    sso_token_rules_t rules = rules_for("us", p);

    assert_no_error(judge(PLAIN, &rules, p));
}

/* RFC 7519 4.1.4-4.1.6; one skew for all three. */
T(times_are_numbers_and_hold_within_the_skew)
{
    sso_token_rules_t rules = rules_for("us", p);
#define WITH(times) "\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"us\"" times
    const case_t cases[] = {
        {WITH(""), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":\"1795317200\""), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":null"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":-1"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":1e300"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":1e999"), "TOKEN_MALFORMED"},
        {WITH(",\"exp\":9999999999999999999999"), "TOKEN_MALFORMED"},
        {WITH(",\"exp\":253402300800"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":[1795317200]"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":true"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":1795317200,\"nbf\":\"0\""), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":1795317200,\"nbf\":-1"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":1795317200,\"iat\":{}"), "TOKEN_CLAIMS"},
        {WITH(",\"exp\":0"), "TOKEN_EXPIRED"},
        {WITH(",\"exp\":1795317040"), "TOKEN_EXPIRED"},
        {WITH(",\"exp\":1795317040.5"), "none"},
        {WITH(",\"exp\":1795317041"), "none"},
        {WITH(",\"exp\":1795317200"), "none"},
        {WITH(",\"exp\":1.7953172e9"), "none"},
        {WITH(",\"exp\":1795317200,\"nbf\":1795317160"), "none"},
        {WITH(",\"exp\":1795317200,\"nbf\":1795317161"), "TOKEN_NOT_YET_VALID"},
        {WITH(",\"exp\":1795317200,\"iat\":1795317160"), "none"},
        {WITH(",\"exp\":1795317200,\"iat\":1795317161"), "TOKEN_NOT_YET_VALID"},
        {WITH(",\"exp\":1795317200000,\"iat\":1"), "TOKEN_CLAIMS"} /* milliseconds */};

    TRY_ALL(cases, &rules);
}

/* RFC 7519 4.1.3 */
T(the_audience_is_compared_to_the_letter)
{
    sso_token_rules_t rules = rules_for("us api://us/1", p);
#define FOR(aud) "\"iss\":\"" ISSUER "\",\"sub\":\"a\"," TIMES aud
    const case_t cases[] = {{FOR(""), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":7"), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":{\"us\":1}"), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":[]"), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":[\"us\",7]"), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":[[\"us\"]]"), "TOKEN_CLAIMS"},
                            {FOR(",\"aud\":\"\""), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":\"US\""), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":\"us \""), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":\"us api://us/1\""), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":\"api://us/1/\""), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":[\"them\"]"), "TOKEN_AUDIENCE"},
                            {FOR(",\"aud\":\"us\""), "none"},
                            {FOR(",\"aud\":[\"us\"]"), "none"},
                            {FOR(",\"aud\":[\"api://us/1\"]"), "none"},
                            {FOR(",\"aud\":[\"them\",\"us\"]"), "TOKEN_CLIENT"},
                            {FOR(",\"aud\":[\"them\",\"us\"],\"azp\":7"), "TOKEN_CLIENT"},
                            {FOR(",\"aud\":[\"them\",\"us\"],\"azp\":\"app\""), "none"}};

    TRY_ALL(cases, &rules);
}

T(the_issuer_is_compared_to_the_letter)
{
    sso_token_rules_t rules = rules_for("us", p);
#define BY(iss) iss "\"sub\":\"a\",\"aud\":\"us\"," TIMES
    const case_t cases[] = {{BY(""), "TOKEN_CLAIMS"},
                            {BY("\"iss\":7,"), "TOKEN_CLAIMS"},
                            {BY("\"iss\":[\"" ISSUER "\"],"), "TOKEN_CLAIMS"},
                            {BY("\"iss\":\"\","), "TOKEN_ISSUER"},
                            {BY("\"iss\":\"" ISSUER "/\","), "TOKEN_ISSUER"},
                            {BY("\"iss\":\"https://ID.example.edu\","), "TOKEN_ISSUER"},
                            {BY("\"iss\":\"https://id.example.ed\","), "TOKEN_ISSUER"},
                            {BY("\"iss\":\"" ISSUER "\","), "none"}};

    TRY_ALL(cases, &rules);
}

/* RFC 8725 3.12; OpenID Connect Core 3.1.3.6, 3.3.2.11; Back-Channel Logout 2.4 */
T(other_tokens_of_the_same_issuer_are_no_access_tokens)
{
    sso_token_rules_t rules = rules_for("us", p), keycloak = rules;
    const case_t cases[] = {
        {PLAIN ",\"nonce\":\"n\"", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"nonce\":null", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"at_hash\":\"h\"", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"c_hash\":\"h\"", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"typ\":\"ID\"", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}",
         "TOKEN_TYPE"},
        {PLAIN ",\"typ\":\"Bearer\"", "none"},
        {PLAIN ",\"typ\":\"something\"", "none"}};
    const case_t of_keycloak[] = {
        {PLAIN, "TOKEN_TYPE"},
        {PLAIN ",\"typ\":\"ID\"", "TOKEN_IS_ID_TOKEN"},
        {PLAIN ",\"typ\":\"Refresh\"", "TOKEN_TYPE"},
        {PLAIN ",\"typ\":\"bearer\"", "TOKEN_TYPE"},
        {PLAIN ",\"typ\":\"Bearer\"", "none"},
        {PLAIN ",\"typ\":\"Bearer\",\"nonce\":\"n\"", "none"}}; /* before Keycloak 24 */

    TRY_ALL(cases, &rules);
    keycloak.says_bearer = true;
    TRY_ALL(of_keycloak, &keycloak);
}

/* RFC 8725 3.11, RFC 9068 4 */
T(the_header_says_access_token_or_nothing)
{
    sso_token_rules_t rules = rules_for("us", p);
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    const char *good[] = {"", "\"typ\":\"JWT\",", "\"typ\":\"jwt\",", "\"typ\":\"at+jwt\",",
                          "\"typ\":\"application/at+JWT\","};
    const char *wrong[] = {"\"typ\":\"\",",
                           "\"typ\":\"logout+jwt\",",
                           "\"typ\":\"dpop+jwt\",",
                           "\"typ\":\"secevent+jwt\",",
                           "\"typ\":\"JWS\",",
                           "\"typ\":\"at+jwt \",",
                           "\"typ\":\"application/jwt\","};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_no_error(judge_text(
            signer_sign(signer("ES256"),
                        apr_pstrcat(p, "{", good[i], "\"alg\":\"ES256\",\"kid\":\"p256\"}", NULL),
                        "{" PLAIN "}", p),
            &rules, &trust, ISSUER, p));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_error(
            judge_text(signer_sign(signer("ES256"),
                                   apr_pstrcat(p, "{", wrong[i],
                                               "\"alg\":\"ES256\",\"kid\":\"p256\"}", NULL),
                                   "{" PLAIN "}", p),
                       &rules, &trust, ISSUER, p),
            TOKEN_TYPE);
}

/* RFC 8725 3.1, 3.2 */
T(only_allowed_algorithms_count_and_none_is_never_allowed)
{
    sso_token_rules_t rules = rules_for("us", p);
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    const char *names[] = {"none", "None", "NONE", "HS256", "RS256", "PS256", "es256", ""};
    const char *good = signer_token(signer("ES256"), "{" PLAIN "}", p);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *header = apr_psprintf(p, "{\"alg\":\"%s\",\"kid\":\"p256\"}", names[i]);
        const char *text = signer_sign(signer("ES256"), header, "{" PLAIN "}", p);

        assert_error(judge_text(text, &rules, &trust, ISSUER, p), TOKEN_ALGORITHM);
    }
    rules.algs = ~0U;
    assert_no_error(judge_text(good, &rules, &trust, ISSUER, p));
    assert_error(judge_text(signer_sign(signer("ES256"), "{\"alg\":\"none\",\"kid\":\"p256\"}",
                                        "{" PLAIN "}", p),
                            &rules, &trust, ISSUER, p),
                 TOKEN_ALGORITHM);
    /* allowed, but the key is for another */
    assert_error(judge_text(signer_sign(signer("ES256"), "{\"alg\":\"RS256\",\"kid\":\"p256\"}",
                                        "{" PLAIN "}", p),
                            &rules, &trust, ISSUER, p),
                 TOKEN_SIGNATURE);
    rules.algs = SSO_ALG_BIT(SSO_ALG_RS256);
    assert_error(judge_text(good, &rules, &trust, ISSUER, p), TOKEN_ALGORITHM);
}

T(what_is_no_jwt_is_malformed)
{
    sso_token_rules_t rules = rules_for("us", p);
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    const char *payloads[] = {"",
                              "x",
                              "[]",
                              "\"text\"",
                              "7",
                              "null",
                              "{" PLAIN,
                              "{" PLAIN "}x",
                              "{" PLAIN ",\"iss\":\"" ISSUER "\"}",
                              "{" PLAIN ",\"a\":\"\\u0000\"}",
                              "{" PLAIN ",\"a\":\"\xff\"}",
                              "{" PLAIN ",\"a\":\"\xed\xa0\x80\"}"};
    const char *text = signer_token(signer("ES256"), "{" PLAIN "}", p), *deep = "1";

    assert_error(judge_text("", &rules, &trust, ISSUER, p), TOKEN_MALFORMED);
    assert_error(judge_text("secret-token:x", &rules, &trust, ISSUER, p), TOKEN_MALFORMED);
    assert_error(judge_text(apr_pstrcat(p, text, "=", NULL), &rules, &trust, ISSUER, p),
                 TOKEN_MALFORMED);
    assert_error(judge_text(apr_pstrcat(p, text, ".x", NULL), &rules, &trust, ISSUER, p),
                 TOKEN_MALFORMED);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
        assert_error(
            judge_text(signer_token(signer("ES256"), payloads[i], p), &rules, &trust, ISSUER, p),
            TOKEN_MALFORMED);
    for (int i = 0; i < 40; i++)
        deep = apr_pstrcat(p, "[", deep, "]", NULL);
    assert_error(judge(apr_pstrcat(p, PLAIN ",\"deep\":", deep, NULL), &rules, p), TOKEN_MALFORMED);
    assert_error(judge(apr_psprintf(p, PLAIN ",\"long\":\"%016000d\"", 0), &rules, p),
                 TOKEN_MALFORMED);
}

T(a_key_that_is_not_there_and_a_signature_that_does_not_hold_are_told_apart)
{
    sso_token_rules_t rules = rules_for("us", p);
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    char *text = apr_pstrdup(p, signer_token(signer("ES256"), "{" PLAIN "}", p));
    const char *unknown = "{\"alg\":\"ES256\",\"kid\":\"P256\"}";

    assert_error(judge_text(signer_sign(signer("ES256"), unknown, "{" PLAIN "}", p), &rules, &trust,
                            ISSUER, p),
                 TOKEN_KEY_UNKNOWN);
    text[strlen(text) - 5] = text[strlen(text) - 5] == 'A' ? 'B' : 'A';
    assert_error(judge_text(text, &rules, &trust, ISSUER, p), TOKEN_SIGNATURE);
}

T(the_client_is_on_the_list)
{
    sso_token_rules_t rules = rules_for("us", p);
    const case_t cases[] = {{PLAIN, "TOKEN_CLIENT"},
                            {PLAIN ",\"azp\":\"a\"", "none"},
                            {PLAIN ",\"appid\":\"b\"", "none"},
                            {PLAIN ",\"client_id\":\"a\"", "none"},
                            {PLAIN ",\"azp\":\"A\"", "TOKEN_CLIENT"},
                            {PLAIN ",\"azp\":\"c\",\"appid\":\"a\"", "TOKEN_CLIENT"},
                            {PLAIN ",\"azp\":[\"a\"]", "TOKEN_CLIENT"}};

    rules.clients = list("a b", p);
    TRY_ALL(cases, &rules);
}

T(scopes_are_whole_words)
{
    sso_token_rules_t rules = rules_for("us", p);
    const case_t cases[] = {{PLAIN, "TOKEN_SCOPE"},
                            {PLAIN ",\"scp\":\"access_as_user\"", "none"},
                            {PLAIN ",\"scp\":\"a access_as_user b\"", "none"},
                            {PLAIN ",\"scope\":\"openid access_as_user\"", "none"},
                            {PLAIN ",\"scp\":[\"a\",\"access_as_user\"]", "none"},
                            {PLAIN ",\"scp\":\"access_as_user2\"", "TOKEN_SCOPE"},
                            {PLAIN ",\"scp\":\"Access_as_user\"", "TOKEN_SCOPE"},
                            {PLAIN ",\"scp\":\"xaccess_as_user\"", "TOKEN_SCOPE"},
                            {PLAIN ",\"scp\":\"\"", "TOKEN_SCOPE"},
                            {PLAIN ",\"scp\":{\"access_as_user\":1}", "TOKEN_SCOPE"},
                            {PLAIN ",\"roles\":\"access_as_user\"", "TOKEN_SCOPE"}};
    const case_t two[] = {{PLAIN ",\"scp\":\"a b\"", "none"},
                          {PLAIN ",\"scp\":\"a\",\"scope\":\"b\"", "none"},
                          {PLAIN ",\"scp\":\"b\"", "TOKEN_SCOPE"}};

    rules.scopes = list("access_as_user", p);
    TRY_ALL(cases, &rules);
    rules.scopes = list("a b", p);
    TRY_ALL(two, &rules);
}

/* RFC 9068 5; Entra: idtyp, and no scp. */
T(tokens_of_applications_are_not_of_a_person)
{
    sso_token_rules_t rules = rules_for("us", p), entra = rules;
    const case_t cases[] = {{PLAIN ",\"idtyp\":\"app\"", "TOKEN_APP_ONLY"},
                            {PLAIN ",\"idtyp\":\"user\"", "none"},
                            {PLAIN ",\"client_id\":\"alice\"", "TOKEN_APP_ONLY"},
                            {PLAIN ",\"azp\":\"app\"", "none"}};
    const case_t of_entra[] = {{PLAIN ",\"roles\":[\"a\"]", "TOKEN_APP_ONLY"},
                               {PLAIN ",\"scp\":\"a\"", "none"},
                               {PLAIN ",\"scp\":\"a\",\"idtyp\":\"app\"", "TOKEN_APP_ONLY"}};

    TRY_ALL(cases, &rules);
    entra.is_delegated = true;
    TRY_ALL(of_entra, &entra);
}

/* Nobody but Graph can verify them, so no key is looked for. */
T(tokens_for_graph_are_called_by_their_name)
{
    sso_token_rules_t rules = rules_for("us", p);
    const case_t cases[] = {
        {FOR(",\"aud\":\"00000003-0000-0000-c000-000000000000\""), "TOKEN_FOR_GRAPH"},
        {FOR(",\"aud\":\"https://graph.microsoft.com\""), "TOKEN_FOR_GRAPH"},
        {FOR(",\"aud\":\"https://graph.microsoft.com/\""), "TOKEN_FOR_GRAPH"},
        {FOR(",\"aud\":[\"https://graph.microsoft.us\"]"), "TOKEN_FOR_GRAPH"},
        {FOR(",\"aud\":[\"https://graph.microsoft.com\",\"us\"],\"azp\":\"app\""), "none"},
        {FOR(",\"aud\":\"https://graph.evil.example\""), "TOKEN_AUDIENCE"}};

    TRY_ALL(cases, &rules);
}

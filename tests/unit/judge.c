/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c -- a token asked everything that a source asks, in its order. */
#include "runner.h"

#include "judge.h"
#include "signer.h"

apr_array_header_t *list(const char *words, apr_pool_t *p)
{
    apr_array_header_t *made = apr_array_make(p, 2, sizeof(const char *));
    sso_span_t rest = sso_span(words), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(made, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return made;
}

sso_token_rules_t rules_for(const char *audiences, apr_pool_t *p)
{
    sso_token_rules_t rules = {.algs = SSO_ALG_BIT(SSO_ALG_ES256),
                               .audiences = list(audiences, p),
                               .skew = apr_time_from_sec(60)};

    return rules;
}

sso_trust_t trust_of(const char *issuer, const char *of_key, apr_pool_t *p)
{
    const char *more = of_key ? apr_psprintf(p, ",\"issuer\":\"%s\"", of_key) : "";
    const char *set =
        apr_pstrcat(p, "{\"keys\":[", signer_jwk(signer("ES256"), more, p), "]}", NULL);
    sso_trust_t trust = {.issuer = issuer, .keys = sso_jwks_parse(sso_span(set), p)};

    assert_non_null(trust.keys);
    return trust;
}

const sso_error_t *judge_text(const char *text, const sso_token_rules_t *rules,
                              const sso_trust_t *trust, const char *issuers, apr_pool_t *p)
{
    apr_array_header_t *forms = list(issuers, p);
    bool is_ours = false;
    sso_token_t token;

    SSO_TRY(sso_token_read(sso_span(text), rules, &token, p));
    for (int i = 0; i < forms->nelts; i++)
        is_ours |= sso_token_is_from(&token, APR_ARRAY_IDX(forms, i, const char *), p);
    if (!is_ours)
        return sso_error(SSO_TOKEN_ISSUER);
    SSO_TRY(sso_token_verify(&token, trust, forms, p));
    return sso_token_check(&token, rules, FAKE_NOW);
}

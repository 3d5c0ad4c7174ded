/* SPDX-License-Identifier: Apache-2.0 */
/* id_token.c -- is this ID token the answer to what we asked? */
#include "sso/id_token.h"

#include "base/digest.h"

sso_token_rules_t sso_id_token_rules(const sso_token_rules_t *of_source, const char *client_id,
                                     apr_pool_t *p)
{
    apr_array_header_t *audiences = apr_array_make(p, 1, sizeof(const char *));
    sso_token_rules_t rules = {.algs = of_source->algs,
                               .audiences = audiences,
                               .tenants = of_source->tenants,
                               .skew = of_source->skew,
                               .is_id_token = true};

    APR_ARRAY_PUSH(audiences, const char *) = client_id;
    return rules;
}

static bool is_text(const json_t *claims, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(claims, name));

    return text != NULL && sso_span_equal_constant_time(sso_span(text), sso_span(expected));
}

/* No other kind of token: an event (logout), an access token of Keycloak's. */
static const sso_error_t *check_kind(const json_t *claims)
{
    const char *typ = json_string_value(json_object_get(claims, "typ"));

    if (json_object_get(claims, "events") != NULL || (typ != NULL && strcmp(typ, "Bearer") == 0))
        return sso_error(SSO_TOKEN_TYPE);
    return NULL;
}

/* 3.1.3.7, 4 and 5: of several audiences one asked, and that must be us. */
static const sso_error_t *check_client(const json_t *claims, const char *client_id)
{
    bool is_alone = json_array_size(json_object_get(claims, "aud")) <= 1;

    if (json_object_get(claims, "azp") == NULL ? !is_alone : !is_text(claims, "azp", client_id))
        return sso_error(SSO_TOKEN_CLIENT);
    return NULL;
}

/* 3.1.3.8: it is the one that this access token came with. */
static const sso_error_t *check_hash(const sso_token_t *token, const char *access_token,
                                     apr_pool_t *p)
{
    const char *half;

    if (json_object_get(token->claims, "at_hash") == NULL || access_token == NULL)
        return NULL;
    half = sso_digest_half(sso_alg_hash(token->jws.alg), sso_span(access_token), p);
    return half != NULL && is_text(token->claims, "at_hash", half) ? NULL
                                                                   : sso_error(SSO_TOKEN_HASH);
}

bool sso_acr_is_one_of(const char *acr, const char *wanted)
{
    sso_span_t rest = sso_span(wanted), word;

    while (acr != NULL && sso_span_word(&rest, &word)) {
        if (sso_span_equal(word, acr))
            return true;
    }
    return false;
}

/* 3.1.3.7, 12 and 13 */
static const sso_error_t *check_strength(const json_t *claims, const sso_id_token_wish_t *wish,
                                         apr_interval_time_t skew, apr_time_t now)
{
    apr_time_t since;

    if (wish->acr != NULL &&
        !sso_acr_is_one_of(json_string_value(json_object_get(claims, "acr")), wish->acr))
        return sso_error(SSO_TOKEN_ACR);
    if (wish->max_age < 0)
        return NULL;
    if (!sso_token_time(claims, "auth_time", -1, &since) || since < 0)
        return sso_error(SSO_TOKEN_CLAIMS);
    return now - since <= apr_time_from_sec(wish->max_age) + skew ? NULL : sso_error(SSO_TOKEN_ACR);
}

const sso_error_t *sso_id_token_check(const sso_token_t *token, const char *client_id,
                                      const sso_id_token_wish_t *wish, apr_interval_time_t skew,
                                      apr_time_t now, apr_pool_t *p)
{
    SSO_TRY(check_kind(token->claims));
    if (!json_is_number(json_object_get(token->claims, "iat")))
        return sso_error(SSO_TOKEN_CLAIMS);
    SSO_TRY(check_client(token->claims, client_id));
    if (!is_text(token->claims, "nonce", wish->nonce))
        return sso_error(SSO_TOKEN_NONCE);
    SSO_TRY(check_hash(token, wish->access_token, p));
    return check_strength(token->claims, wish, skew, now);
}

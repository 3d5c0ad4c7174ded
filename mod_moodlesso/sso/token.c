/* SPDX-License-Identifier: Apache-2.0 */
/* token.c -- is this bearer token for us? The rules of RFC 7519, RFC 8725 and RFC 9068. */
#include "sso/token.h"

#include <string.h>

#define LAST_SECOND 253402300799 /* of the year 9999 */

/* Microsoft Graph, as aud; beside "https://graph.microsoft.com" and its national clouds. */
#define GRAPH_ID  "00000003-0000-0000-c000-000000000000"
#define GRAPH_URL "https://graph.microsoft."

static bool is_listed(const apr_array_header_t *list, const char *text)
{
    for (int i = 0; i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, const char *), text) == 0)
            return true;
    }
    return false;
}

/* The i-th text of a claim that is a text or an array of texts; NULL behind the last. */
static const char *text_at(const json_t *claim, apr_size_t i)
{
    if (json_is_string(claim))
        return i == 0 ? json_string_value(claim) : NULL;
    return json_string_value(json_array_get(claim, i));
}

/* RFC 7519 4.1.3: one text, or an array of texts. */
static bool is_audience(const json_t *claim)
{
    apr_size_t count = json_array_size(claim);

    for (apr_size_t i = 0; i < count; i++) {
        if (text_at(claim, i) == NULL)
            return false;
    }
    return count > 0 || json_is_string(claim);
}

/* One of our audiences, or one of Graph's when `rules` is NULL. */
static bool is_for(const json_t *audience, const sso_token_rules_t *rules)
{
    const char *text;

    for (apr_size_t i = 0; (text = text_at(audience, i)) != NULL; i++) {
        if (rules != NULL
                ? is_listed(rules->audiences, text)
                : strcmp(text, GRAPH_ID) == 0 || strncmp(text, GRAPH_URL, strlen(GRAPH_URL)) == 0)
            return true;
    }
    return false;
}

/* RFC 9068 2.1, Back-Channel Logout 1.0 2.4; many say JWT, or nothing. Media types are compared
 * without case (RFC 7515 4.1.9). */
static bool type_is_allowed(const char *typ, const sso_token_rules_t *rules)
{
    static const char *const types[][3] = {{"JWT", "at+jwt", "application/at+jwt"},
                                           {"JWT", "logout+jwt", "application/logout+jwt"},
                                           {"JWT", "JWT", "JWT"}};
    int kind = rules->is_id_token ? 2 : rules->is_logout;

    for (int i = 0; typ != NULL && i < 3; i++) {
        if (sso_span_equal_nocase(sso_span(typ), sso_span(types[kind][i])))
            return true;
    }
    return typ == NULL;
}

const sso_error_t *sso_token_read(sso_span_t text, const sso_token_rules_t *rules,
                                  sso_token_t *token, apr_pool_t *p)
{
    const json_t *audience;
    json_t *claims;

    memset(token, 0, sizeof(*token));
    if (!sso_jws_parse(text, &token->jws, p))
        return sso_error(SSO_TOKEN_MALFORMED);
    if (!type_is_allowed(token->jws.typ, rules))
        return sso_error(SSO_TOKEN_TYPE);
    if (token->jws.alg == SSO_ALG_NONE || (rules->algs & SSO_ALG_BIT(token->jws.alg)) == 0)
        return sso_error(SSO_TOKEN_ALGORITHM);
    if (!sso_json_parse(token->jws.payload, SSO_JWS_MAX, &claims, p) || !json_is_object(claims))
        return sso_error(SSO_TOKEN_MALFORMED);
    token->claims = claims;
    token->issuer = json_string_value(json_object_get(claims, "iss"));
    token->tenant = json_string_value(json_object_get(claims, "tid"));
    if (!sso_span_is_guid(sso_span(token->tenant)))
        token->tenant = NULL;
    audience = json_object_get(claims, "aud");
    if (token->issuer == NULL || !is_audience(audience))
        return sso_error(SSO_TOKEN_CLAIMS);
    /* Its header has a nonce, so that nobody but Graph can verify it: no use in looking for a key.
     */
    if (is_for(audience, NULL) && !is_for(audience, rules))
        return sso_error(SSO_TOKEN_FOR_GRAPH);
    return NULL;
}

bool sso_token_is_from(const sso_token_t *token, const char *issuer, apr_pool_t *p)
{
    const char *expected = sso_issuer_for(issuer, token->tenant, p);

    return expected != NULL && strcmp(token->issuer, expected) == 0;
}

/* Entra, "Validate the signing key issuer". Its keys for version 1 tokens name the issuer of
 * version 2, so that any of the source's issuers will do, for this tenant. */
static bool key_is_for(const sso_jwk_t *key, const sso_token_t *token, const sso_trust_t *trust,
                       const apr_array_header_t *issuers, apr_pool_t *p)
{
    const char *named, *issuer = NULL;

    if (key->issuer == NULL)
        return trust->issuer == NULL || !sso_issuer_is_open(trust->issuer);
    named = sso_issuer_for(key->issuer, token->tenant, p);
    for (int i = 0; named != NULL && i < issuers->nelts; i++) {
        issuer = sso_issuer_for(APR_ARRAY_IDX(issuers, i, const char *), token->tenant, p);
        if (issuer != NULL && strcmp(named, issuer) == 0)
            return true;
    }
    return false;
}

const sso_error_t *sso_token_verify(const sso_token_t *token, const sso_trust_t *trust,
                                    const apr_array_header_t *issuers, apr_pool_t *p)
{
    const sso_jwk_t *key = sso_jwks_find(trust->keys, token->jws.kid);

    if (key == NULL)
        return sso_error(SSO_TOKEN_KEY_UNKNOWN);
    if (!key_is_for(key, token, trust, issuers, p))
        return sso_error(SSO_TOKEN_KEY_ISSUER);
    return sso_jws_verify(&token->jws, key) ? NULL : sso_error(SSO_TOKEN_SIGNATURE);
}

bool sso_token_time(const json_t *claims, const char *name, apr_time_t otherwise, apr_time_t *time)
{
    const json_t *claim = json_object_get(claims, name);
    double seconds = json_number_value(claim);

    *time = otherwise;
    if (claim == NULL)
        return true;
    if (!json_is_number(claim) || !(seconds >= 0 && seconds <= LAST_SECOND))
        return false;
    *time = (apr_time_t)(seconds * APR_USEC_PER_SEC);
    return true;
}

/* RFC 7519 4.1.4-4.1.6 */
static const sso_error_t *check_times(sso_token_t *token, const sso_token_rules_t *rules,
                                      apr_time_t now)
{
    apr_time_t expires, not_before, issued;

    if (!sso_token_time(token->claims, "exp", -1, &expires) || expires < 0 ||
        !sso_token_time(token->claims, "nbf", 0, &not_before) ||
        !sso_token_time(token->claims, "iat", 0, &issued))
        return sso_error(SSO_TOKEN_CLAIMS);
    if (now >= expires + rules->skew)
        return sso_error(SSO_TOKEN_EXPIRED);
    if (not_before > now + rules->skew || issued > now + rules->skew)
        return sso_error(SSO_TOKEN_NOT_YET_VALID);
    token->expires = expires;
    return NULL;
}

/* ID tokens and logout tokens have our audience too: RFC 8725 3.12, OpenID Connect Core 3.3.2.11.
 */
static const sso_error_t *check_kind(const json_t *claims, const sso_token_rules_t *rules)
{
    const char *typ = json_string_value(json_object_get(claims, "typ"));

    if (typ != NULL && strcmp(typ, "ID") == 0)
        return sso_error(SSO_TOKEN_IS_ID_TOKEN);
    if (json_object_get(claims, "events") != NULL)
        return sso_error(SSO_TOKEN_TYPE);
    if (rules->says_bearer)
        return typ != NULL && strcmp(typ, "Bearer") == 0 ? NULL : sso_error(SSO_TOKEN_TYPE);
    if (json_object_get(claims, "nonce") != NULL || json_object_get(claims, "at_hash") != NULL ||
        json_object_get(claims, "c_hash") != NULL)
        return sso_error(SSO_TOKEN_IS_ID_TOKEN);
    return NULL;
}

/* Back-Channel Logout 1.0 2.4 and 2.6: the event, once, and whose; a nonce is forbidden, so that no
 * ID token passes for one. */
static const sso_error_t *check_logout(const json_t *claims)
{
    const json_t *events = json_object_get(claims, "events");
    const json_t *event =
        json_object_get(events, "http://schemas.openid.net/event/backchannel-logout");

    if (!json_is_object(event) || json_object_get(claims, "nonce") != NULL ||
        !json_is_number(json_object_get(claims, "iat")) ||
        json_string_length(json_object_get(claims, "jti")) == 0 ||
        (json_string_length(json_object_get(claims, "sub")) == 0 &&
         json_string_length(json_object_get(claims, "sid")) == 0))
        return sso_error(SSO_TOKEN_NO_LOGOUT);
    return NULL;
}

static const sso_error_t *check_tenant(const sso_token_t *token, const sso_token_rules_t *rules)
{
    const sso_span_t tenant = sso_span(token->tenant);

    if (rules->tenants == NULL)
        return NULL;
    for (int i = 0; i < rules->tenants->nelts; i++) {
        if (sso_span_equal_nocase(tenant, sso_span(APR_ARRAY_IDX(rules->tenants, i, const char *))))
            return NULL;
    }
    return sso_error(SSO_TOKEN_TENANT);
}

/* The application it was issued to: Entra's version 2 and OpenID Connect, Entra's version 1,
 * RFC 9068. */
static const char *client_of(const json_t *claims)
{
    static const char *const names[] = {"azp", "appid", "client_id"};
    const char *client = NULL;

    for (apr_size_t i = 0; client == NULL && i < sizeof(names) / sizeof(names[0]); i++)
        client = json_string_value(json_object_get(claims, names[i]));
    return client;
}

static const sso_error_t *check_client(const json_t *claims, const sso_token_rules_t *rules)
{
    const char *client = client_of(claims), *subject, *kind;

    /* For several audiences: who asked for it must be known (OpenID Connect Core 3.1.3.7). */
    if (client == NULL && json_array_size(json_object_get(claims, "aud")) > 1)
        return sso_error(SSO_TOKEN_CLIENT);
    if (rules->clients != NULL && (client == NULL || !is_listed(rules->clients, client)))
        return sso_error(SSO_TOKEN_CLIENT);
    subject = json_string_value(json_object_get(claims, "sub"));
    kind = json_string_value(json_object_get(claims, "idtyp"));
    /* RFC 9068 5: an application's own token has the application as its subject. */
    if ((kind != NULL && strcmp(kind, "app") == 0) ||
        (client != NULL && subject != NULL && strcmp(client, subject) == 0))
        return sso_error(SSO_TOKEN_APP_ONLY);
    return NULL;
}

/* Is it one of the words of the claim: "a b c", or ["a", "b"]? */
static bool has_word(const json_t *claim, const char *word)
{
    const char *text;

    for (apr_size_t i = 0; (text = text_at(claim, i)) != NULL; i++) {
        sso_span_t rest = sso_span(text), item;

        while (sso_span_next(&rest, ' ', &item)) {
            if (sso_span_equal(item, word))
                return true;
        }
    }
    return false;
}

/* scope: RFC 8693 4.2, RFC 9068 2.2.3; scp: Entra and others. */
static const sso_error_t *check_scope(const json_t *claims, const sso_token_rules_t *rules)
{
    const json_t *scp = json_object_get(claims, "scp"), *scope = json_object_get(claims, "scope");

    if (rules->is_delegated && scp == NULL && scope == NULL)
        return sso_error(SSO_TOKEN_APP_ONLY);
    for (int i = 0; rules->scopes != NULL && i < rules->scopes->nelts; i++) {
        const char *word = APR_ARRAY_IDX(rules->scopes, i, const char *);

        if (!has_word(scp, word) && !has_word(scope, word))
            return sso_error(SSO_TOKEN_SCOPE);
    }
    return NULL;
}

const sso_error_t *sso_token_check(sso_token_t *token, const sso_token_rules_t *rules,
                                   apr_time_t now)
{
    SSO_TRY(check_times(token, rules, now));
    if (!is_for(json_object_get(token->claims, "aud"), rules))
        return sso_error(SSO_TOKEN_AUDIENCE);
    SSO_TRY(check_tenant(token, rules));
    if (rules->is_logout)
        return check_logout(token->claims);
    if (rules->is_id_token)
        return NULL;
    SSO_TRY(check_kind(token->claims, rules));
    SSO_TRY(check_client(token->claims, rules));
    return check_scope(token->claims, rules);
}

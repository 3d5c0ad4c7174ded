/* SPDX-License-Identifier: Apache-2.0 */
/* source_oidc.c -- bearer tokens of OpenID Connect providers: options, the token, who it stands
 * for.
 *
 * Nothing is asked of the provider here: its keys are known already, or the answer is that they are
 * not. The payload is read before the signature is checked, since it says by whose keys. */
#include "sso/source_oidc.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "sso/session.h"

#define SKEW      apr_time_from_sec(60)
#define SKEW_MOST apr_time_from_sec(600)

/* Verifying takes less than a millisecond; this is for a machine that stands still. */
#define TIMEOUT apr_time_from_sec(1)

#define KEYS                                                                                     \
    "issuer, tenants, audience, clients, algs, scope, preset, cloud, skew, subject, jwks, "      \
    "metadata, ca, client_id, client_secret, client_key, client_kid, client_auth, login_scope, " \
    "response_mode, try_silent, timeout, logins, title, icon, color and priority"

/* azp and appid of Microsoft's own clients that show tabs (Microsoft, "Configure your app in
 * Microsoft Entra ID", read on 2026-11-22). */
static const char *const teams[] = {
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264", /* Teams for desktop and mobile */
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", /* Teams for web */
    "4765445b-32c6-49b0-83e6-1d93765276ca", /* Microsoft 365 for web */
    "0ec893e0-5785-4de6-99da-4ed124e5296c", /* Microsoft 365 for desktop */
    "d3590ed6-52b3-4102-aeff-aad2292ab01c", /* Microsoft 365 for mobile, Outlook for desktop */
    "bc59ab01-8403-45c6-8796-ac3ef710b3e3", /* Outlook for web */
    "27922004-5251-4030-b22d-91ecd9a37ea4", /* Outlook for mobile */
};

static const char *configure_algs(sso_oidc_t *oidc, sso_options_t *options)
{
    const apr_array_header_t *names = NULL;
    const char *sentence;

    if ((sentence = sso_options_take_list(options, "algs", &names)) || names == NULL)
        return sentence;
    oidc->rules.algs = 0;
    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        sso_alg_t alg = sso_alg(sso_span(name));

        if (alg == SSO_ALG_NONE)
            return apr_psprintf(options->p,
                                "algs=: %s is not verified here; write RS256, RS384, RS512, PS256, "
                                "PS384, PS512, ES256, ES384, ES512 or EdDSA",
                                name);
        oidc->rules.algs |= SSO_ALG_BIT(alg);
    }
    return NULL;
}

static const char *configure_clients(sso_oidc_t *oidc, sso_options_t *options)
{
    const apr_array_header_t *names = NULL;
    apr_array_header_t *clients = apr_array_make(options->p, 8, sizeof(const char *));
    const char *sentence;

    if ((sentence = sso_options_take_list(options, "clients", &names)) || names == NULL)
        return sentence;
    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (strcmp(name, "teams") != 0) {
            APR_ARRAY_PUSH(clients, const char *) = name;
            continue;
        }
        for (apr_size_t j = 0; j < sizeof(teams) / sizeof(teams[0]); j++)
            APR_ARRAY_PUSH(clients, const char *) = teams[j];
    }
    oidc->rules.clients = clients;
    return NULL;
}

static const char *configure_tenants(sso_oidc_t *oidc, sso_options_t *options)
{
    const apr_array_header_t *tenants = NULL;
    const char *sentence;

    if ((sentence = sso_options_take_list(options, "tenants", &tenants)))
        return sentence;
    for (int i = 0; tenants != NULL && i < tenants->nelts; i++) {
        const char *tenant = APR_ARRAY_IDX(tenants, i, const char *);

        if (!sso_span_is_guid(sso_span(tenant)))
            return apr_psprintf(
                options->p,
                "tenants=: %s is no tenant ID; Entra shows it in its overview, like "
                "72f988bf-86f1-41af-91ab-2d7cd011db47",
                tenant);
    }
    oidc->rules.tenants = tenants;
    return NULL;
}

static const apr_array_header_t *list_of_one(const char *text, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(list, const char *) = text;
    return list;
}

static const char *configure_rest(sso_source_t *source, sso_oidc_t *oidc, sso_options_t *options)
{
    int by_sub = !oidc->by_oid;
    const char *sentence;

    if ((sentence = sso_options_take_list(options, "audience", &oidc->rules.audiences)) ||
        (sentence = sso_options_take_list(options, "scope", &oidc->rules.scopes)) ||
        (sentence = sso_options_take_choice(options, "subject", "oid+tid|sub", &by_sub)) ||
        (sentence = sso_options_take_duration(options, "skew", &oidc->rules.skew)))
        return sentence;
    oidc->by_oid = !by_sub;
    if (oidc->rules.audiences == NULL && oidc->client != NULL)
        oidc->rules.audiences = list_of_one(oidc->client->id, options->p);
    if (oidc->rules.audiences == NULL)
        return "audience= is missing: for whom tokens must be made, as their aud says it; tokens "
               "for other sites would be taken without it";
    source->audience = apr_array_pstrcat(options->p, oidc->rules.audiences, ',');
    if (oidc->rules.skew > SKEW_MOST)
        return "skew= is more than 10min; set the clock of this machine instead";
    return sso_options_done(options, KEYS);
}

static const char *configure(sso_source_t *source, sso_options_t *options)
{
    sso_oidc_t *oidc = apr_pcalloc(options->p, sizeof(*oidc));
    const char *sentence;

    source->settings = oidc;
    source->timeout = TIMEOUT;
    /* Its own proofs are no cookies; the names of its sessions begin with this one. */
    source->sign = sso_cookie_sign(SSO_SESSION_COOKIE, options->p);
    oidc->rules.algs = SSO_ALG_BIT(SSO_ALG_RS256);
    oidc->rules.skew = SKEW;
    if ((sentence = configure_tenants(oidc, options)) ||
        (sentence = sso_oidc_issuers(source, oidc, options)) ||
        (sentence = sso_oidc_client(source, oidc, options)) ||
        (sentence = configure_algs(oidc, options)) || (sentence = configure_clients(oidc, options)))
        return sentence;
    return configure_rest(source, oidc, options);
}

static const char *freeze(sso_source_t *source, const sso_definitions_t *definitions, apr_pool_t *p)
{
    const sso_oidc_t *oidc = source->settings;

    if (oidc->client != NULL)
        oidc->client->breaker = (*definitions->breakers)++;
    return NULL;
}

const apr_array_header_t *sso_source_issuers(const sso_source_t *source)
{
    const sso_oidc_t *oidc = source->settings;

    return source->kind == &sso_kind_oidc ? oidc->issuers : NULL;
}

/* RFC 6750 2.1: the scheme, blanks, one token. Its letters are looked at when it is taken apart: a
 * token that was seen before shall cost its fingerprint and no more. */
static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    sso_span_t rest = sso_span(request->authorization), scheme;

    if (!sso_span_word(&rest, &scheme) || !sso_span_equal_nocase(scheme, sso_span("Bearer")))
        return sso_error(SSO_NO_CREDENTIAL);
    rest = sso_span_trim(rest);
    if (rest.len == 0 || rest.len > SSO_JWS_MAX)
        return sso_error(SSO_TOKEN_MALFORMED);
    credential->name = "Authorization";
    credential->secret = rest;
    credential->https = request->https;
    return NULL;
}

/* Which of the issuers made it, by its own word; NULL: none. */
static const sso_issuer_t *issuer_of(const sso_oidc_t *oidc, const sso_token_t *token,
                                     apr_pool_t *p)
{
    for (int i = 0; i < oidc->forms->nelts; i++) {
        if (sso_token_is_from(token, APR_ARRAY_IDX(oidc->forms, i, const char *), p))
            return APR_ARRAY_IDX(oidc->issuers, i, sso_issuer_t *);
    }
    return NULL;
}

const sso_error_t *sso_oidc_verify(const sso_oidc_t *oidc, const sso_token_t *token, sso_io_t *io,
                                   apr_pool_t *p)
{
    const sso_issuer_t *issuer = issuer_of(oidc, token, p);
    const sso_trust_t *trust;
    const sso_error_t *error;

    if (issuer == NULL)
        return sso_error(SSO_TOKEN_ISSUER);
    trust = io->trust(io, issuer);
    if (trust == NULL)
        return sso_error(SSO_TRUST_MISSING);
    error = sso_token_verify(token, trust, oidc->forms, p);
    if (error != NULL && error->code == SSO_TOKEN_KEY_UNKNOWN)
        io->want_trust(io, issuer);
    return error;
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    const sso_oidc_t *oidc = source->settings;
    sso_token_t token;

    SSO_TRY(sso_token_read(credential->secret, &oidc->rules, &token, p));
    SSO_TRY(sso_oidc_verify(oidc, &token, io, p));
    SSO_TRY(sso_token_check(&token, &oidc->rules, io->now));
    *who = apr_pcalloc(p, sizeof(**who));
    return sso_oidc_claims(oidc, &token, *who, p);
}

/* Aud, iss and the signature as for access tokens; client and scope are not said there. */
static sso_token_rules_t logout_rules(const sso_oidc_t *oidc)
{
    sso_token_rules_t rules = oidc->rules;

    rules.is_logout = true;
    return rules;
}

const sso_error_t *sso_oidc_logout(const sso_source_t *source, sso_span_t text, sso_io_t *io,
                                   sso_logout_t *logout, apr_pool_t *p)
{
    const sso_oidc_t *oidc = source->settings;
    const sso_token_rules_t rules = logout_rules(oidc);
    sso_token_t token;

    SSO_TRY(sso_token_read(text, &rules, &token, p));
    SSO_TRY(sso_oidc_verify(oidc, &token, io, p));
    SSO_TRY(sso_token_check(&token, &rules, io->now));
    logout->issuer = token.issuer;
    logout->subject = sso_json_string_at(token.claims, "sub");
    logout->sid = sso_json_string_at(token.claims, "sid");
    logout->jti = sso_json_string_at(token.claims, "jti");
    logout->expires = token.expires;
    logout->at =
        apr_time_from_sec((apr_time_t)json_number_value(json_object_get(token.claims, "iat"))) +
        rules.skew;
    if (logout->at > io->now)
        logout->at = io->now;
    return NULL;
}

static bool is_tenant(const sso_oidc_t *oidc, const char *form, const char *issuer, apr_pool_t *p)
{
    const apr_array_header_t *tenants = oidc->rules.tenants;

    for (int i = 0; sso_issuer_is_open(form) && tenants != NULL && i < tenants->nelts; i++) {
        const char *tenant = APR_ARRAY_IDX(tenants, i, const char *);

        if (strcmp(sso_issuer_for(form, tenant, p), issuer) == 0)
            return true;
    }
    return false;
}

bool sso_oidc_knows_issuer(const sso_source_t *source, const char *issuer, apr_pool_t *p)
{
    const sso_oidc_t *oidc = source->settings;

    for (int i = 0; i < oidc->forms->nelts; i++) {
        const char *form = APR_ARRAY_IDX(oidc->forms, i, const char *);

        if (strcmp(form, issuer) == 0 ? !sso_issuer_is_open(form)
                                      : is_tenant(oidc, form, issuer, p))
            return true;
    }
    return false;
}

const sso_kind_t sso_kind_oidc = {"oidc", false, configure, freeze, find, resolve, NULL};

/* SPDX-License-Identifier: Apache-2.0 */
/* source_oidc_issuer.c -- whose tokens a source takes, and where their keys are: issuer= and
 * preset=.
 */
#include <string.h>

#include <apr_strings.h>

#include "sso/source_oidc.h"

#define WELL_KNOWN "/.well-known/openid-configuration"
#define ENTRA_SKEW apr_time_from_sec(300) /* that of Microsoft's own libraries */
#define GOOGLE     "https://accounts.google.com"

/* Microsoft Graph, "National cloud deployments": hosts that sign in, and their part in iss. */
static const char *const entra_hosts[] = {"login.microsoftonline.com", "login.microsoftonline.us",
                                          "login.partner.microsoftonline.cn"};
#define CLOUDS "global|us|china"

enum { PRESET_NONE = -1, PRESET_ENTRA, PRESET_GOOGLE, PRESET_KEYCLOAK };

/* What the options say of the places of keys. */
typedef struct places_t {
    int preset;
    const apr_array_header_t *metadata; /* const char *; NULL: derived from the issuer */
    const char *jwks, *ca;
} places_t;

static void add(const sso_source_t *source, sso_oidc_t *oidc, const char *form,
                const sso_issuer_t *issuer, apr_pool_t *p)
{
    sso_issuer_t *made = apr_pmemdup(p, issuer, sizeof(*issuer));

    made->name =
        oidc->issuers->nelts == 0 ? source->name : apr_pstrcat(p, source->name, "-v1", NULL);
    APR_ARRAY_PUSH(oidc->issuers, sso_issuer_t *) = made;
    APR_ARRAY_PUSH(oidc->forms, const char *) = form;
}

static const char *metadata_at(const places_t *places, int i)
{
    if (places->metadata == NULL || i >= places->metadata->nelts)
        return NULL;
    return APR_ARRAY_IDX(places->metadata, i, const char *);
}

/* Version 1 tokens come from another issuer than version 2 tokens, whichever way the client signed
 * in: the application's registration decides (accessTokenAcceptedVersion). One tenant has metadata
 * and keys of its own; several share those of "common", whose keys say for whom they are. */
static void add_entra(const sso_source_t *source, sso_oidc_t *oidc, int cloud,
                      const places_t *places, apr_pool_t *p)
{
    const apr_array_header_t *tenants = oidc->rules.tenants;
    const char *tenant = tenants->nelts == 1 ? APR_ARRAY_IDX(tenants, 0, const char *) : NULL;
    const char *host = entra_hosts[cloud];
    const char *place = apr_pstrcat(p, "https://", host, "/", tenant ? tenant : "common", NULL);
    const char *forms[] = {apr_pstrcat(p, "https://", host, "/{tenantid}/v2.0", NULL),
                           "https://sts.windows.net/{tenantid}/"};
    const char *metadata[] = {apr_pstrcat(p, place, "/v2.0" WELL_KNOWN, NULL),
                              apr_pstrcat(p, place, WELL_KNOWN, NULL)};
    /* What version 1 calls itself in the national clouds is not documented. */
    int versions = cloud == 0 ? 2 : 1;

    for (int i = 0; i < versions; i++) {
        sso_issuer_t issuer = {.ca = places->ca};

        issuer.metadata_url = places->metadata ? metadata_at(places, i) : metadata[i];
        issuer.issuer = tenant ? sso_issuer_for(forms[i], tenant, p) : forms[i];
        if (issuer.metadata_url != NULL)
            add(source, oidc, forms[i], &issuer, p);
    }
    oidc->trusts_email = tenant != NULL;
}

static const char *entra(const sso_source_t *source, sso_oidc_t *oidc, const places_t *places,
                         int cloud, apr_pool_t *p)
{
    apr_array_header_t *scopes = apr_array_make(p, 1, sizeof(const char *));

    if (oidc->rules.tenants == NULL)
        return "tenants= is missing: the tenant IDs of those who may sign in, with commas between; "
               "everybody with any Microsoft account could without it";
    if (places->jwks != NULL)
        return "jwks= does not go with preset=entra, whose metadata say more than keys; use "
               "metadata=";
    add_entra(source, oidc, cloud, places, p);
    APR_ARRAY_PUSH(scopes, const char *) = "access_as_user";
    oidc->rules.scopes = scopes;
    oidc->rules.skew = ENTRA_SKEW;
    oidc->rules.is_delegated = true;
    oidc->by_oid = true;
    return NULL;
}

/* OpenID Connect Discovery 4.1: without the '/' at its end, if it has one. */
static const char *derived(const char *issuer, apr_pool_t *p)
{
    apr_size_t length = strlen(issuer);

    return apr_pstrcat(p,
                       apr_pstrmemdup(p, issuer, issuer[length - 1] == '/' ? length - 1 : length),
                       WELL_KNOWN, NULL);
}

static const char *plain(const sso_source_t *source, sso_oidc_t *oidc, const char *name,
                         const places_t *places, apr_pool_t *p)
{
    sso_issuer_t issuer = {.issuer = name, .jwks_url = places->jwks, .ca = places->ca};

    /* OpenID Connect Discovery 3: no query, no fragment. ';' is not published as it is. */
    if (!sso_trust_url_is_safe(name, p) || strpbrk(name, "?#;") != NULL)
        return "issuer= is no https URL, as the iss of its tokens and its metadata say it";
    if (strchr(name, '{') != NULL && !sso_issuer_is_open(name))
        return "issuer= may hold {tenantid}, and no other braces";
    if (sso_issuer_is_open(name) && oidc->rules.tenants == NULL)
        return "tenants= is missing: issuer= with {tenantid} stands for every tenant there is";
    if (sso_issuer_is_open(name) && places->metadata == NULL)
        return "metadata= is missing: it cannot be derived from an issuer= with {tenantid}";
    issuer.metadata_url = metadata_at(places, 0);
    if (places->metadata == NULL && places->jwks == NULL)
        issuer.metadata_url = derived(name, p);
    add(source, oidc, name, &issuer, p);
    return NULL;
}

static const char *take_places(places_t *places, sso_options_t *options)
{
    const char *sentence;

    if ((sentence = sso_options_take_choice(options, "preset", "entra|google|keycloak",
                                            &places->preset)) ||
        (sentence = sso_options_take_list(options, "metadata", &places->metadata)))
        return sentence;
    places->jwks = sso_options_take(options, "jwks", NULL);
    places->ca = sso_options_take(options, "ca", NULL);
    if (places->metadata != NULL &&
        places->metadata->nelts > (places->preset == PRESET_ENTRA ? 2 : 1))
        return "metadata= is one URL; with preset=entra two, for tokens of version 2 and version 1";
    for (int i = 0; metadata_at(places, i) != NULL; i++) {
        if (!sso_trust_url_is_safe(metadata_at(places, i), options->p))
            return "metadata= is no https URL";
    }
    if (places->jwks != NULL && !sso_trust_url_is_safe(places->jwks, options->p))
        return "jwks= is no https URL";
    return NULL;
}

const char *sso_oidc_issuers(sso_source_t *source, sso_oidc_t *oidc, sso_options_t *options)
{
    const char *issuer = sso_options_take(options, "issuer", NULL), *sentence;
    places_t places = {.preset = PRESET_NONE};
    int cloud = -1;

    oidc->issuers = apr_array_make(options->p, 2, sizeof(sso_issuer_t *));
    oidc->forms = apr_array_make(options->p, 2, sizeof(const char *));
    if ((sentence = take_places(&places, options)) ||
        (sentence = sso_options_take_choice(options, "cloud", CLOUDS, &cloud)))
        return sentence;
    if (cloud >= 0 && places.preset != PRESET_ENTRA)
        return "cloud= goes with preset=entra only";
    if (issuer != NULL && (places.preset == PRESET_ENTRA || places.preset == PRESET_GOOGLE))
        return "issuer= does not go with this preset=, which knows it";
    if (places.preset == PRESET_ENTRA)
        return entra(source, oidc, &places, cloud < 0 ? 0 : cloud, options->p);
    if (places.preset == PRESET_GOOGLE)
        issuer = GOOGLE;
    if (issuer == NULL)
        return "issuer= is missing: whose tokens are taken, as their iss says it";
    oidc->rules.says_bearer = places.preset == PRESET_KEYCLOAK;
    return plain(source, oidc, issuer, &places, options->p);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* source_oidc_claims.c -- who a verified token stands for.
 *
 * A person is known by what the issuer never gives to another one: sub, or for Entra tid and oid.
 * Names and addresses change hands; they are shown, never compared with an account here. */
#include <string.h>

#include <apr_strings.h>

#include "base/utf8.h"
#include "sso/source_oidc.h"

#define SUBJECT_MAX 255    /* bytes; OpenID Connect Core 2 */
#define VALUES_END  '\x1f' /* between roles; no role that is kept holds it */

static const char *text_of(const sso_token_t *token, const char *name)
{
    return json_string_value(json_object_get(token->claims, name));
}

/* Some providers say true in a text. */
static bool is_true(const json_t *claim)
{
    const char *text = json_string_value(claim);

    if (text != NULL)
        return strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    return json_is_true(claim) || json_integer_value(claim) == 1;
}

static const char *lower_case(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *c = copy; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
    return copy;
}

/* Put into the environment as it is, or not at all: two people must not become one. */
static bool is_subject(const char *text)
{
    return text != NULL && *text != '\0' && strlen(text) <= SUBJECT_MAX &&
           strchr(text, ';') == NULL && sso_utf8_is_clean(sso_span(text));
}

static const sso_error_t *set_subject(const sso_oidc_t *oidc, const sso_token_t *token,
                                      sso_identity_t *who, apr_pool_t *p)
{
    const char *subject = text_of(token, "sub"), *oid = text_of(token, "oid");

    if (oidc->by_oid) {
        if (token->tenant == NULL || !sso_span_is_guid(sso_span(oid)))
            return sso_error(SSO_TOKEN_CLAIMS);
        subject = lower_case(apr_pstrcat(p, token->tenant, ":", oid, NULL), p);
    }
    if (!is_subject(subject))
        return sso_error(SSO_TOKEN_CLAIMS);
    who->claims[SSO_CLAIM_SUBJECT] = subject;
    return NULL;
}

/* The same for both versions of Entra's tokens: a person does not change with the version. */
static void set_issuer(const sso_oidc_t *oidc, const sso_token_t *token, sso_identity_t *who,
                       apr_pool_t *p)
{
    const char *tenant = token->tenant ? lower_case(token->tenant, p) : NULL;

    sso_identity_set(who, SSO_CLAIM_ISSUER,
                     sso_issuer_for(APR_ARRAY_IDX(oidc->forms, 0, const char *), tenant, p), p);
}

/* Never email: whoever can write it into a profile would have the name of another. */
static void set_username(const sso_token_t *token, sso_identity_t *who, apr_pool_t *p)
{
    static const char *const names[] = {"preferred_username", "upn", "unique_name"};

    for (apr_size_t i = 0; who->claims[SSO_CLAIM_USERNAME] == NULL && i < 3; i++)
        sso_identity_set(who, SSO_CLAIM_USERNAME, text_of(token, names[i]), p);
}

/* A guest of the tenant: its address is the word of another tenant (idp). */
static bool is_guest(const sso_token_t *token)
{
    const char *idp = text_of(token, "idp");

    return idp != NULL && strcmp(idp, token->issuer) != 0;
}

static void set_email(const sso_oidc_t *oidc, const sso_token_t *token, sso_identity_t *who,
                      apr_pool_t *p)
{
    const char *email = text_of(token, "email"), *at = email ? strchr(email, '@') : NULL;

    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL)
        return;
    if (is_true(json_object_get(token->claims, "email_verified")) ||
        is_true(json_object_get(token->claims, "xms_edov")) ||
        (oidc->trusts_email && !is_guest(token)))
        sso_identity_set(who, SSO_CLAIM_EMAIL, email, p);
    if (who->claims[SSO_CLAIM_EMAIL] != NULL)
        sso_identity_add(who, "email_verified", "true", p);
}

static void set_roles(const sso_token_t *token, sso_identity_t *who, apr_pool_t *p)
{
    const json_t *roles = json_object_get(token->claims, "roles");
    const char separator[] = {VALUES_END, '\0'}, *list = NULL;

    for (apr_size_t i = 0; i < json_array_size(roles); i++) {
        const char *role = json_string_value(json_array_get(roles, i));

        if (role == NULL || *role == '\0' || !sso_utf8_is_clean(sso_span(role)))
            continue;
        list = list ? apr_pstrcat(p, list, separator, role, NULL) : role;
    }
    sso_identity_set_list(who, SSO_CLAIM_ROLES, list, VALUES_END, p);
}

const sso_error_t *sso_oidc_claims(const sso_oidc_t *oidc, const sso_token_t *token,
                                   sso_identity_t *who, apr_pool_t *p)
{
    /* tid and hd tell institutions apart, oid joins with Graph, sid ends sessions by the provider,
     * acr is how the person signed in. */
    static const char *const more[] = {"tid", "oid", "hd", "sid", "acr"};

    SSO_TRY(set_subject(oidc, token, who, p));
    set_issuer(oidc, token, who, p);
    set_username(token, who, p);
    set_email(oidc, token, who, p);
    set_roles(token, who, p);
    sso_identity_set(who, SSO_CLAIM_GIVEN_NAME, text_of(token, "given_name"), p);
    sso_identity_set(who, SSO_CLAIM_FAMILY_NAME, text_of(token, "family_name"), p);
    sso_identity_set(who, SSO_CLAIM_NAME, text_of(token, "name"), p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, text_of(token, "locale"), p);
    for (apr_size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
        sso_identity_add(who, more[i], text_of(token, more[i]), p);
    who->expires = token->expires;
    return NULL;
}

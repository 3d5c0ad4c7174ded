/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_token_read, sso_token_is_from, sso_token_verify, sso_token_check,
 * sso_oidc_claims, on compact tokens and (input that begins with '{') on claims put into one. The
 * corpus holds tokens signed with keys that nobody has any more. */
#include "fuzz.h"

#include "base/base64url.h"
#include "base/utf8.h"
#include "sso/source_oidc.h"

#define NOW apr_time_from_sec(1795317100)

static const char set[] = "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"p256\",\"crv\":\"P-256\","
                          "\"x\":\"iN_7Cxji61xg5ZJjGRj3bWzaVMLVE71jvQbxNDknOeM\","
                          "\"y\":\"y1I1WfaxDHrQzVotzJitvGWZmy5ESHEHL9RfueaXau4\","
                          "\"issuer\":\"https://login.microsoftonline.com/{tenantid}/v2.0\"},"
                          "{\"kty\":\"OKP\",\"kid\":\"ed25519\",\"crv\":\"Ed25519\","
                          "\"x\":\"LumVVcba0d1n00aQt4D4rb_T488WRgQM5HhuBO3kINc\"}]}";

static apr_array_header_t *list(const char *one, const char *two, apr_pool_t *p)
{
    apr_array_header_t *made = apr_array_make(p, 2, sizeof(const char *));

    APR_ARRAY_PUSH(made, const char *) = one;
    if (two != NULL)
        APR_ARRAY_PUSH(made, const char *) = two;
    return made;
}

/* As preset=entra makes them. */
static void make_settings(sso_oidc_t *oidc, sso_trust_t *trust)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    oidc->rules.algs = ~0U;
    oidc->rules.audiences = list("us", NULL, p);
    oidc->rules.tenants = list("72f988bf-86f1-41af-91ab-2d7cd011db47", NULL, p);
    oidc->rules.clients = list("app", NULL, p);
    oidc->rules.scopes = list("access_as_user", NULL, p);
    oidc->rules.skew = apr_time_from_sec(300);
    oidc->rules.is_delegated = true;
    oidc->by_oid = true;
    oidc->forms = list("https://login.microsoftonline.com/{tenantid}/v2.0",
                       "https://sts.windows.net/{tenantid}/", p);
    trust->issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    trust->keys = sso_jwks_parse(sso_span(set), p);
    must(trust->keys != NULL);
}

static void check_identity(const sso_oidc_t *oidc, const sso_token_t *token, apr_pool_t *p)
{
    sso_identity_t *who = apr_pcalloc(p, sizeof(*who));

    if (sso_oidc_claims(oidc, token, who, p) != NULL)
        return;
    must(who->claims[SSO_CLAIM_SUBJECT] != NULL && who->claims[SSO_CLAIM_ISSUER] != NULL);
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        const char *claim = who->claims[i];

        must(claim == NULL ||
             (*claim != '\0' && strchr(claim, ';') == NULL && sso_utf8_is_clean(sso_span(claim))));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static sso_oidc_t oidc;
    static sso_trust_t trust;
    apr_pool_t *p = fuzz_pool();
    sso_span_t text = fuzz_span(bytes, length);
    const sso_error_t *error;
    sso_token_t token;

    if (oidc.forms == NULL)
        make_settings(&oidc, &trust);
    if (length > 0 && bytes[0] == '{')
        text = sso_span(apr_pstrcat(p, "eyJhbGciOiJFUzI1NiJ9.",
                                    sso_base64url_encode(bytes, length, p), ".AAAA", NULL));
    error = sso_token_read(text, &oidc.rules, &token, p);
    if (error != NULL) {
        must(error->class == SSO_REJECTED);
        return 0;
    }
    must(text.len <= SSO_JWS_MAX && token.issuer != NULL);
    if (sso_token_is_from(&token, "https://login.microsoftonline.com/{tenantid}/v2.0", p))
        must(token.tenant != NULL);
    error = sso_token_verify(&token, &trust, oidc.forms, p);
    must(error == NULL || error->class == SSO_REJECTED);
    /* Whether or not the signature holds: more cases come so far. */
    if (sso_token_check(&token, &oidc.rules, NOW) == NULL)
        must(token.expires + oidc.rules.skew > NOW && token.tenant != NULL);
    check_identity(&oidc, &token, p);
    return 0;
}

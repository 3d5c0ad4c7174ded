/* SPDX-License-Identifier: Apache-2.0 */
/* trust.c -- whom tokens are believed: issuers, their metadata and their keys. */
#include "sso/trust.h"

#include <string.h>

#include <apr_strings.h>

#include "base/uri.h"

#define PLACEHOLDER "{tenantid}" /* Microsoft's documentation writes {tenantId} too */

static const char *placeholder(const char *issuer)
{
    const sso_span_t name = sso_span(PLACEHOLDER);
    const char *brace = strchr(issuer, '{');

    if (brace == NULL || strlen(brace) < name.len ||
        !sso_span_equal_nocase((sso_span_t){brace, name.len}, name))
        return NULL;
    return brace;
}

bool sso_issuer_is_open(const char *issuer)
{
    return placeholder(issuer) != NULL;
}

const char *sso_issuer_for(const char *issuer, const char *tenant, apr_pool_t *p)
{
    const char *brace = placeholder(issuer);

    if (brace == NULL)
        return issuer;
    if (tenant == NULL)
        return NULL;
    return apr_pstrcat(p, apr_pstrmemdup(p, issuer, (apr_size_t)(brace - issuer)), tenant,
                       brace + strlen(PLACEHOLDER), NULL);
}

bool sso_trust_url_is_safe(const char *url, apr_pool_t *p)
{
    sso_uri_t uri;

    if (!sso_uri_parse(url, &uri, p))
        return false;
    return strcmp(uri.scheme, "https") == 0 || strcmp(uri.host, "127.0.0.1") == 0 ||
           strcmp(uri.host, "[::1]") == 0 || strcmp(uri.host, "localhost") == 0;
}

static const char *read_url(const json_t *metadata, const char *member, const char **url,
                            apr_pool_t *p)
{
    const json_t *value = json_object_get(metadata, member);

    *url = NULL;
    if (value == NULL || json_is_null(value))
        return NULL;
    if (!json_is_string(value) || !sso_trust_url_is_safe(json_string_value(value), p))
        return apr_psprintf(p, "%s in the metadata is no https URL", member);
    *url = apr_pstrdup(p, json_string_value(value));
    return NULL;
}

static const char *read_issuer(const json_t *metadata, const sso_issuer_t *issuer,
                               sso_trust_t *trust, apr_pool_t *p)
{
    const char *text = sso_json_string_at(metadata, "issuer");

    if (text == NULL)
        return "the metadata names no issuer";
    trust->issuer = apr_pstrdup(p, text);
    /* Both filled in alike: the letters inside the braces do not count, all others do. */
    if (issuer->issuer != NULL && strcmp(sso_issuer_for(text, PLACEHOLDER, p),
                                         sso_issuer_for(issuer->issuer, PLACEHOLDER, p)) != 0)
        return apr_psprintf(p, "the metadata is of another issuer than %s", issuer->issuer);
    return NULL;
}

static const char *read_metadata(const json_t *metadata, const sso_issuer_t *issuer,
                                 sso_trust_t *trust, apr_pool_t *p)
{
    const char *sentence;

    if ((sentence = read_issuer(metadata, issuer, trust, p)) ||
        (sentence = read_url(metadata, "jwks_uri", &trust->jwks_url, p)) ||
        (sentence =
             read_url(metadata, "authorization_endpoint", &trust->authorization_endpoint, p)) ||
        (sentence = read_url(metadata, "token_endpoint", &trust->token_endpoint, p)) ||
        (sentence = read_url(metadata, "end_session_endpoint", &trust->end_session_endpoint, p)))
        return sentence;
    trust->names_itself =
        json_is_true(json_object_get(metadata, "authorization_response_iss_parameter_supported"));
    if (issuer->jwks_url != NULL)
        trust->jwks_url = issuer->jwks_url;
    return trust->jwks_url ? NULL : "the metadata does not say where the keys are (jwks_uri)";
}

const char *sso_trust_read(sso_span_t metadata, const sso_issuer_t *issuer, sso_trust_t *trust,
                           apr_pool_t *p)
{
    const char *sentence = "the metadata is no JSON, or longer than 64 KiB";
    sso_trust_t read = *trust;
    apr_pool_t *scratch;
    json_t *value;

    apr_pool_create(&scratch, p);
    if (sso_json_parse(metadata, SSO_METADATA_MAX, &value, scratch))
        sentence = read_metadata(value, issuer, &read, p);
    apr_pool_destroy(scratch);
    if (sentence == NULL)
        *trust = read;
    return sentence;
}

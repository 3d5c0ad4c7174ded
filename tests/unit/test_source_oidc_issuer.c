/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"

#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define OTHER  "9188040d-6c67-4c5b-b112-36a304b66dad"
#define ENTRA  "preset=entra audience=us tenants="

static const sso_issuer_t *issuer(const char *options, int i, apr_pool_t *p)
{
    const apr_array_header_t *issuers =
        sso_source_issuers(fake_source("oidc", options, SSO_SQLITE3, p));

    return i < issuers->nelts ? APR_ARRAY_IDX(issuers, i, sso_issuer_t *) : NULL;
}

T(metadata_are_derived_from_the_issuer)
{
    const sso_issuer_t *one = issuer("issuer=https://id.example.edu/realms/a audience=us", 0, p);

    assert_string_equal(one->name, "src");
    assert_string_equal(one->issuer, "https://id.example.edu/realms/a");
    assert_string_equal(one->metadata_url,
                        "https://id.example.edu/realms/a/.well-known/openid-configuration");
    assert_null(one->jwks_url);
    assert_null(one->ca);
    one = issuer("issuer=https://id.example.edu/ audience=us ca=/etc/ca.pem", 0, p);
    assert_string_equal(one->issuer, "https://id.example.edu/");
    assert_string_equal(one->metadata_url,
                        "https://id.example.edu/.well-known/openid-configuration");
    assert_string_equal(one->ca, "/etc/ca.pem");
    assert_null(issuer("issuer=https://id.example.edu audience=us", 1, p));
}

T(keys_may_be_named_instead_of_metadata_or_beside_them)
{
    const char *start = "issuer=https://id.example.edu audience=us jwks=https://k/keys ";
    const sso_issuer_t *one = issuer(start, 0, p);

    assert_null(one->metadata_url);
    assert_string_equal(one->jwks_url, "https://k/keys");
    one = issuer(apr_pstrcat(p, start, "metadata=http://127.0.0.1:80/m", NULL), 0, p);
    assert_string_equal(one->metadata_url, "http://127.0.0.1:80/m");
    assert_string_equal(one->jwks_url, "https://k/keys");
}

T(one_tenant_of_entra_has_metadata_of_its_own_in_two_versions)
{
    const sso_issuer_t *v2 = issuer(ENTRA TENANT, 0, p), *v1 = issuer(ENTRA TENANT, 1, p);

    assert_string_equal(v2->name, "src");
    assert_string_equal(v2->issuer, "https://login.microsoftonline.com/" TENANT "/v2.0");
    assert_string_equal(v2->metadata_url, "https://login.microsoftonline.com/" TENANT
                                          "/v2.0/.well-known/openid-configuration");
    assert_string_equal(v1->name, "src-v1");
    assert_string_equal(v1->issuer, "https://sts.windows.net/" TENANT "/");
    assert_string_equal(v1->metadata_url, "https://login.microsoftonline.com/" TENANT
                                          "/.well-known/openid-configuration");
    assert_null(v1->jwks_url);
}

T(several_tenants_share_the_metadata_of_all)
{
    const sso_issuer_t *v2 = issuer(ENTRA TENANT "," OTHER, 0, p);
    const sso_issuer_t *v1 = issuer(ENTRA TENANT "," OTHER, 1, p);

    assert_string_equal(v2->issuer, "https://login.microsoftonline.com/{tenantid}/v2.0");
    assert_string_equal(
        v2->metadata_url,
        "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration");
    assert_string_equal(v1->issuer, "https://sts.windows.net/{tenantid}/");
    assert_string_equal(
        v1->metadata_url,
        "https://login.microsoftonline.com/common/.well-known/openid-configuration");
}

T(national_clouds_have_hosts_of_their_own)
{
    const sso_issuer_t *us = issuer(ENTRA TENANT " cloud=us", 0, p);

    assert_string_equal(us->issuer, "https://login.microsoftonline.us/" TENANT "/v2.0");
    assert_string_equal(us->metadata_url, "https://login.microsoftonline.us/" TENANT
                                          "/v2.0/.well-known/openid-configuration");
    assert_null(issuer(ENTRA TENANT " cloud=us", 1, p));
    assert_string_equal(issuer(ENTRA TENANT " cloud=china", 0, p)->issuer,
                        "https://login.partner.microsoftonline.cn/" TENANT "/v2.0");
    assert_non_null(issuer(ENTRA TENANT " cloud=global", 1, p));
}

/* For keys of one application (?appid=) and for tests. */
T(metadata_of_entra_may_be_elsewhere)
{
    const char *both = ENTRA TENANT " metadata=https://m/2?appid=1,https://m/1?appid=1";

    assert_string_equal(issuer(both, 0, p)->metadata_url, "https://m/2?appid=1");
    assert_string_equal(issuer(both, 0, p)->issuer,
                        "https://login.microsoftonline.com/" TENANT "/v2.0");
    assert_string_equal(issuer(both, 1, p)->metadata_url, "https://m/1?appid=1");
    assert_null(issuer(ENTRA TENANT " metadata=https://m/2", 1, p));
}

T(google_and_keycloak_are_known)
{
    const sso_issuer_t *google = issuer("preset=google audience=us", 0, p);

    assert_string_equal(google->issuer, "https://accounts.google.com");
    assert_string_equal(google->metadata_url,
                        "https://accounts.google.com/.well-known/openid-configuration");
    assert_string_equal(
        issuer("preset=keycloak issuer=https://k/realms/a audience=us", 0, p)->metadata_url,
        "https://k/realms/a/.well-known/openid-configuration");
}

T(an_issuer_of_every_tenant_needs_tenants_and_metadata)
{
    const char *start = "issuer=https://l/{tenantid}/ audience=us ";
    const char *good = apr_pstrcat(p, start, "tenants=" TENANT " metadata=https://l/m", NULL);

    assert_sentence(fake_source_sentence("oidc", start, p), "tenants= is missing");
    assert_sentence(fake_source_sentence("oidc", apr_pstrcat(p, start, "tenants=" TENANT, NULL), p),
                    "metadata= is missing");
    assert_sentence(
        fake_source_sentence("oidc",
                             apr_pstrcat(p, start, "tenants=" TENANT " jwks=https://l/k", NULL), p),
        "metadata= is missing");
    assert_string_equal(issuer(good, 0, p)->issuer, "https://l/{tenantid}/");
}

T(mistakes_are_sentences)
{
    const char *cases[][2] = {
        {"preset=entra audience=us", "tenants= is missing"},
        {"preset=azure audience=us", "none of entra|google|keycloak"},
        {ENTRA TENANT " issuer=https://login.microsoftonline.com/" TENANT "/v2.0",
         "issuer= does not go with this preset="},
        {ENTRA TENANT " jwks=https://k/", "jwks= does not go"},
        {ENTRA TENANT " cloud=mars", "none of global|us|china"},
        {ENTRA TENANT " metadata=https://a/,https://b/,https://c/", "metadata= is one URL"},
        {"preset=google issuer=https://accounts.google.com audience=us", "does not go"},
        {"preset=keycloak audience=us", "issuer= is missing"},
        {"issuer=https://i audience=us cloud=us", "cloud= goes with preset=entra"},
        {"issuer=http://id.example.edu audience=us", "issuer= is no https URL"},
        {"issuer=accounts.google.com audience=us", "issuer= is no https URL"},
        {"issuer=https://i/?a audience=us", "issuer= is no https URL"},
        {"issuer=https://i/#a audience=us", "issuer= is no https URL"},
        {"issuer=https://i/;a audience=us", "issuer= is no https URL"},
        {"issuer=https://i/{tenant}/ audience=us", "no other braces"},
        {"issuer=https://i audience=us jwks=http://k/", "jwks= is no https URL"},
        {"issuer=https://i audience=us metadata=k", "metadata= is no https URL"},
        {"issuer=https://i audience=us metadata=https://a/,https://b/", "metadata= is one URL"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_sentence(fake_source_sentence("oidc", cases[i][0], p), cases[i][1]);
}

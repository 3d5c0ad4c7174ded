/* SPDX-License-Identifier: Apache-2.0 */
/* Entra's tokens: the decoded samples of its documentation, with other times, signed anew. */
#include "runner.h"

#include "judge.h"
#include "signer.h"

#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define OTHER  "9188040d-6c67-4c5b-b112-36a304b66dad"
#define V2     "https://login.microsoftonline.com/{tenantid}/v2.0"
#define V1     "https://sts.windows.net/{tenantid}/"

#define SAMPLE_V2(tenant, in_issuer)                                                          \
    "{\"aud\":\"6e74172b-be56-4843-9ff4-e66a39bb12e3\","                                      \
    "\"iss\":\"https://login.microsoftonline.com/" in_issuer "/v2.0\"," TIMES                 \
    ",\"aio\":\"..\",\"azp\":\"1fec8e78-bce4-4aaf-ab1b-5451cc387264\",\"azpacr\":\"0\","      \
    "\"name\":\"Abe Lincoln\",\"oid\":\"690222be-ff1a-4d56-abd1-7e4f7d38e474\","              \
    "\"preferred_username\":\"abeli@microsoft.com\",\"rh\":\"I\",\"scp\":\"access_as_user\"," \
    "\"sub\":\"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ\",\"tid\":\"" tenant "\","         \
    "\"uti\":\"fqiBqXLPj0eQa82S-IYFAA\",\"ver\":\"2.0\"}"
#define SAMPLE_V1(tenant, in_issuer)                                                       \
    "{\"aud\":\"api://us/6e74\",\"iss\":\"https://sts.windows.net/" in_issuer "/\"," TIMES \
    ",\"acr\":\"1\",\"amr\":[\"wia\"],\"appid\":\"5e3ce6c0-2b1f-4285-8d4b-75ee78787346\"," \
    "\"appidacr\":\"0\",\"email\":\"AbeLi@microsoft.com\",\"family_name\":\"Lincoln\","    \
    "\"given_name\":\"Abe (MSFT)\",\"name\":\"abeli\","                                    \
    "\"oid\":\"02223b6b-aa1d-42d4-9ec0-1b2bb9194438\",\"scp\":\"access_as_user\","         \
    "\"sub\":\"l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA\",\"tid\":\"" tenant "\","       \
    "\"unique_name\":\"abeli@microsoft.com\",\"uti\":\"FVsGxYXI30-TuikuuUoFAA\",\"ver\":\"1.0\"}"

static const sso_error_t *judge_entra(const char *claims, const sso_trust_t *trust, apr_pool_t *p)
{
    sso_token_rules_t rules = rules_for("6e74172b-be56-4843-9ff4-e66a39bb12e3 api://us/6e74", p);

    rules.skew = apr_time_from_sec(300);
    rules.is_delegated = true;
    rules.tenants = list(TENANT, p);
    rules.scopes = list("access_as_user", p);
    rules.clients = list("1fec8e78-bce4-4aaf-ab1b-5451cc387264 "
                         "5e3ce6c0-2b1f-4285-8d4b-75ee78787346",
                         p);
    return judge_text(signer_token(signer("ES256"), claims, p), &rules, trust, V2 " " V1, p);
}

T(tokens_of_entra_are_taken_in_both_versions)
{
    sso_trust_t own = trust_of("https://login.microsoftonline.com/" TENANT "/v2.0", NULL, p);
    sso_trust_t common = trust_of(V2, V2, p);
    sso_trust_t capital = trust_of("https://login.microsoftonline.com/{tenantId}/v2.0",
                                   "https://login.microsoftonline.com/{TenantId}/v2.0", p);

    assert_no_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &own, p));
    assert_no_error(judge_entra(SAMPLE_V1(TENANT, TENANT), &own, p));
    assert_no_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &common, p));
    assert_no_error(judge_entra(SAMPLE_V1(TENANT, TENANT), &common, p));
    assert_no_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &capital, p));
}

T(the_tenant_in_the_issuer_is_that_of_the_token)
{
    sso_trust_t own = trust_of("https://login.microsoftonline.com/" TENANT "/v2.0", NULL, p);

    assert_error(judge_entra(SAMPLE_V2(TENANT, OTHER), &own, p), TOKEN_ISSUER);
    assert_error(judge_entra(SAMPLE_V2(OTHER, TENANT), &own, p), TOKEN_ISSUER);
    assert_error(judge_entra(SAMPLE_V2("", ""), &own, p), TOKEN_ISSUER);
    assert_error(judge_entra(SAMPLE_V2("common", "common"), &own, p), TOKEN_ISSUER);
    assert_error(judge_entra(SAMPLE_V2("{tenantid}", "{tenantid}"), &own, p), TOKEN_ISSUER);
    /* the version 1 sample as it stands in the documentation: no GUID, and another one */
    assert_error(judge_entra(SAMPLE_V1("fa15d692-e9c7-4460-a743-29f2956fd429",
                                       "fa15d692-e9c7-4460-a743-29f29522229"),
                             &own, p),
                 TOKEN_ISSUER);
    assert_error(judge_entra(SAMPLE_V2(OTHER, OTHER), &own, p), TOKEN_TENANT);
}

T(a_key_signs_for_the_issuer_it_names)
{
    sso_trust_t nameless = trust_of(V2, NULL, p);
    sso_trust_t other = trust_of(V2, "https://login.microsoftonline.com/" OTHER "/v2.0", p);
    sso_trust_t own = trust_of(V2, "https://login.microsoftonline.com/" TENANT "/v2.0", p);
    sso_trust_t odd = trust_of(V2, "https://evil.example/{tenantid}/v2.0", p);
    sso_trust_t alone = trust_of(NULL, NULL, p);

    assert_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &nameless, p), TOKEN_KEY_ISSUER);
    assert_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &other, p), TOKEN_KEY_ISSUER);
    assert_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &odd, p), TOKEN_KEY_ISSUER);
    assert_no_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &own, p));
    assert_no_error(judge_entra(SAMPLE_V2(TENANT, TENANT), &alone, p));
    assert_error(judge_entra(SAMPLE_V2(OTHER, OTHER), &own, p), TOKEN_KEY_ISSUER);
}

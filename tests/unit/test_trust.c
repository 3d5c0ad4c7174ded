/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/trust.h"

#define ISSUER "https://id.example.edu/realms/a"

static const sso_issuer_t one = {.name = "src", .issuer = ISSUER};

static const char *read_as(const sso_issuer_t *issuer, const char *metadata, sso_trust_t *trust,
                           apr_pool_t *p)
{
    return sso_trust_read(sso_span(metadata), issuer, trust, p);
}

static const char *with_issuer(const char *issuer, apr_pool_t *p)
{
    return apr_psprintf(p, "{\"issuer\":\"%s\",\"jwks_uri\":\"https://k/\"}", issuer);
}

T(metadata_are_read)
{
    sso_trust_t trust = {.fetched = 7};

    assert_null(read_as(&one,
                        "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://id.example.edu/keys\","
                        "\"authorization_endpoint\":\"https://id.example.edu/auth\","
                        "\"token_endpoint\":\"https://id.example.edu/token\","
                        "\"end_session_endpoint\":null,\"scopes_supported\":[\"openid\"]}",
                        &trust, p));
    assert_string_equal(trust.issuer, ISSUER);
    assert_string_equal(trust.jwks_url, "https://id.example.edu/keys");
    assert_string_equal(trust.authorization_endpoint, "https://id.example.edu/auth");
    assert_string_equal(trust.token_endpoint, "https://id.example.edu/token");
    assert_null(trust.end_session_endpoint);
    assert_true(trust.fetched == 7);
}

/* RFC 9207 3 */
T(who_names_itself_says_so)
{
#define SAYS "\"authorization_response_iss_parameter_supported\":"
    static const char *const more[] = {"", "," SAYS "false", "," SAYS "\"true\"", "," SAYS "true"};

    for (int i = 0; i < 4; i++) {
        sso_trust_t trust = {.names_itself = i != 3};

        assert_null(read_as(&one,
                            apr_pstrcat(p, "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\"",
                                        more[i], "}", NULL),
                            &trust, p));
        assert_int_equal(trust.names_itself, i == 3);
    }
}

/* OpenID Connect Discovery 4.3: the issuer MUST be identical. */
T(metadata_of_another_issuer_are_refused)
{
    const char *others[] = {ISSUER "/",
                            "https://id.example.edu/realms/A",
                            "https://ID.example.edu/realms/a",
                            "http://id.example.edu/realms/a",
                            ISSUER "b",
                            "https://id.example.edu/realms/",
                            "{tenantid}"};
    sso_trust_t trust = {0};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_sentence(read_as(&one, with_issuer(others[i], p), &trust, p), "another issuer");
    assert_null(trust.issuer);
    assert_null(trust.jwks_url);
}

T(an_issuer_for_every_tenant_is_compared_outside_its_braces)
{
    sso_issuer_t open = {.issuer = "https://login/{tenantid}/v2.0"}, any = {.name = "any"};
    sso_trust_t trust = {0};

    assert_null(read_as(&open, with_issuer("https://login/{tenantid}/v2.0", p), &trust, p));
    assert_null(read_as(&open, with_issuer("https://login/{tenantId}/v2.0", p), &trust, p));
    assert_string_equal(trust.issuer, "https://login/{tenantId}/v2.0");
    assert_sentence(read_as(&open, with_issuer("https://login/{tenant}/v2.0", p), &trust, p),
                    "another");
    assert_sentence(read_as(&open, with_issuer("https://login/x/v2.0", p), &trust, p), "another");
    assert_sentence(read_as(&open, with_issuer("https://LOGIN/{tenantid}/v2.0", p), &trust, p),
                    "another");
    assert_null(read_as(&any, with_issuer("whatever", p), &trust, p));
    assert_string_equal(trust.issuer, "whatever");
}

T(configured_keys_stand_in_for_those_of_the_metadata)
{
    sso_issuer_t issuer = {.issuer = ISSUER, .jwks_url = "https://elsewhere/keys"};
    sso_trust_t trust = {0};

    assert_null(read_as(&issuer, with_issuer(ISSUER, p), &trust, p));
    assert_string_equal(trust.jwks_url, "https://elsewhere/keys");
    assert_null(read_as(&issuer, "{\"issuer\":\"" ISSUER "\"}", &trust, p));
}

T(what_is_no_metadata_is_refused)
{
    const char *wrong[] = {"",
                           "[]",
                           "{}",
                           "{\"issuer\":7,\"jwks_uri\":\"https://k/\"}",
                           "{\"issuer\":\"" ISSUER "\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":[\"https://k/\"]}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://k/\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"file:///etc/passwd\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://u:p@k/\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\","
                           "\"token_endpoint\":\"http://t/\"}",
                           "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\","
                           "\"authorization_endpoint\":7}",
                           "{\"issuer\":\"x\",\"issuer\":\"" ISSUER
                           "\",\"jwks_uri\":\"https://k/\"}"};
    sso_trust_t trust = {.issuer = "kept"};
    char *long_one = apr_palloc(p, SSO_METADATA_MAX + 2);
    const char *good = with_issuer(ISSUER, p);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_non_null(read_as(&one, wrong[i], &trust, p));
    memset(long_one, ' ', SSO_METADATA_MAX + 1);
    memcpy(long_one, good, strlen(good));
    long_one[SSO_METADATA_MAX + 1] = '\0';
    assert_sentence(read_as(&one, long_one, &trust, p), "64 KiB");
    assert_string_equal(trust.issuer, "kept");
    long_one[SSO_METADATA_MAX] = '\0';
    assert_null(read_as(&one, long_one, &trust, p));
}

T(keys_come_over_https_or_from_this_machine)
{
    const char *safe[] = {"https://id.example.edu/k?appid=1", "http://127.0.0.1:8080/k",
                          "http://localhost/k", "http://[::1]:99/k"};
    const char *unsafe[] = {"http://id.example.edu/k",
                            "http://127.0.0.1.evil.example/",
                            "http://localhost.evil.example/",
                            "http://127.0.0.2/",
                            "ftp://localhost/",
                            "localhost",
                            ""};

    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
        assert_true(sso_trust_url_is_safe(safe[i], p));
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        assert_false(sso_trust_url_is_safe(unsafe[i], p));
}

T(a_tenant_takes_the_place_of_the_braces)
{
    assert_string_equal(sso_issuer_for("https://l/{tenantid}/v2.0", "t", p), "https://l/t/v2.0");
    assert_string_equal(sso_issuer_for("https://l/{TenantId}/", "t", p), "https://l/t/");
    assert_string_equal(sso_issuer_for("https://l/x", "t", p), "https://l/x");
    assert_string_equal(sso_issuer_for("https://l/x", NULL, p), "https://l/x");
    assert_null(sso_issuer_for("https://l/{tenantid}/", NULL, p));
    assert_true(sso_issuer_is_open("{tenantID}"));
    assert_false(sso_issuer_is_open("https://l/{tenant}"));
    assert_false(sso_issuer_is_open("https://l/{tenantid"));
    assert_false(sso_issuer_is_open(""));
}

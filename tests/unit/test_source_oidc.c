/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "judge.h"
#include "signer.h"
#include "sso/pipeline.h"
#include "sso/source_oidc.h"

#define ISSUER "https://id.example.edu"
#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"us\"," TIMES
#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define OTHER  "9188040d-6c67-4c5b-b112-36a304b66dad"
#define OID    "690222be-ff1a-4d56-abd1-7e4f7d38e474"
#define V2     "https://login.microsoftonline.com/" TENANT "/v2.0"
#define V1     "https://sts.windows.net/" TENANT "/"

static sso_source_t *source(const char *options, apr_pool_t *p)
{
    return fake_source("oidc", options, SSO_SQLITE3, p);
}

static sso_source_t *plain(apr_pool_t *p)
{
    return source("issuer=" ISSUER " audience=us algs=ES256", p);
}

static const char *bearer(const char *claims, apr_pool_t *p)
{
    return apr_pstrcat(p, "Bearer ",
                       signer_token(signer("ES256"), apr_pstrcat(p, "{", claims, "}", NULL), p),
                       NULL);
}

/* Ask with the same keys for every issuer of the source. */
static const sso_error_t *ask(const sso_source_t *of, const char *authorization,
                              sso_identity_t **who, apr_pool_t *p)
{
    sso_trust_t trust = trust_of(NULL, NULL, p);
    fake_trust_t trusts[] = {{"src", &trust}, {"src-v1", &trust}};
    fake_io_t fake;

    *who = NULL;
    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = 2;
    return fake_ask_bearer(of, &fake, authorization, who, p);
}

T(a_bearer_token_becomes_an_identity)
{
    sso_identity_t *who;

    assert_no_error(ask(plain(p), bearer(CLAIMS, p), &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SOURCE], "src");
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], ISSUER);
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_EXPIRES], "1795317200");
    assert_true(who->expires == apr_time_from_sec(1795317200));
}

T(its_sessions_have_its_sign)
{
    static const char *const names[] = {SSO_SESSION_COOKIE, SSO_SESSION_COOKIE_FRAMED};
    const sso_source_t *of = plain(p);

    for (int i = 0; i < 2; i++) {
        const sso_request_t request = {.cookies = apr_pstrcat(p, "a=1; ", names[i], "=x", NULL)};
        assert_true(sso_may_identify(&of, 1, &request));
    }
    assert_false(sso_may_identify(&of, 1, &(sso_request_t){.cookies = "_ga=1; MoodleSession=x"}));
}

/* RFC 6750 2.1, RFC 9110 11.4 */
T(the_authorization_header_has_one_form)
{
    sso_source_t *of = plain(p);
    const char *good = bearer(CLAIMS, p) + strlen("Bearer ");
    const char *others[] = {"",
                            " ",
                            "Basic YTpi",
                            "Bearerx",
                            "Digest a=b",
                            "Negotiate x",
                            apr_pstrcat(p, "Bearer:", good, NULL),
                            good};
    const char *wrong[] = {"Bearer",
                           "Bearer ",
                           "bearer  ",
                           "Bearer a b",
                           apr_pstrcat(p, "Bearer ", good, " x", NULL),
                           apr_pstrcat(p, "Bearer ", good, ",", NULL),
                           apr_pstrcat(p, "Bearer \"", good, "\"", NULL),
                           apr_pstrcat(p, "Bearer token=", good, NULL),
                           apr_psprintf(p, "Bearer %016385d", 0)};
    sso_identity_t *who;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_error(ask(of, others[i], &who, p), NO_CREDENTIAL);
    assert_error(ask(of, NULL, &who, p), NO_CREDENTIAL);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_error(ask(of, wrong[i], &who, p), TOKEN_MALFORMED);
    assert_no_error(ask(of, apr_pstrcat(p, "bearer ", good, NULL), &who, p));
    assert_no_error(ask(of, apr_pstrcat(p, "BEARER   ", good, " ", NULL), &who, p));
}

T(options_become_rules)
{
    const struct {
        const char *options, *claims, *code;
    } cases[] = {{"audience=them", CLAIMS, "TOKEN_AUDIENCE"},
                 {"audience=them,us", CLAIMS, "none"},
                 {"audience=us clients=app", CLAIMS, "TOKEN_CLIENT"},
                 {"audience=us clients=app", CLAIMS ",\"azp\":\"app\"", "none"},
                 {"audience=us clients=teams,app", CLAIMS ",\"azp\":\"app\"", "none"},
                 {"audience=us clients=teams",
                  CLAIMS ",\"azp\":\"5e3ce6c0-2b1f-4285-8d4b-75ee78787346\"", "none"},
                 {"audience=us clients=teams", CLAIMS ",\"azp\":\"teams\"", "TOKEN_CLIENT"},
                 {"audience=us scope=a,b", CLAIMS ",\"scope\":\"a\"", "TOKEN_SCOPE"},
                 {"audience=us scope=a,b", CLAIMS ",\"scope\":\"b a\"", "none"},
                 {"audience=us tenants=" TENANT, CLAIMS, "TOKEN_TENANT"},
                 {"audience=us tenants=" TENANT, CLAIMS ",\"tid\":\"" TENANT "\"", "none"},
                 {"audience=us", "\"iss\":\"x\",\"aud\":\"us\"," TIMES, "TOKEN_ISSUER"},
                 {"audience=us",
                  "\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"us\",\"exp\":1795317030",
                  "TOKEN_EXPIRED"},
                 {"audience=us skew=90s",
                  "\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"us\",\"exp\":1795317030", "none"},
                 {"audience=us preset=keycloak", CLAIMS, "TOKEN_TYPE"},
                 {"audience=us preset=keycloak", CLAIMS ",\"typ\":\"Bearer\"", "none"}};
    sso_identity_t *who;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_source_t *of = source(
            apr_pstrcat(p, "issuer=" ISSUER " algs=ES256,EdDSA ", cases[i].options, NULL), p);
        const sso_error_t *error = ask(of, bearer(cases[i].claims, p), &who, p);

        if (strcmp(error ? error->name : "none", cases[i].code) != 0)
            fail_msg("%s: %s, not %s", cases[i].options, error ? error->name : "none",
                     cases[i].code);
    }
    assert_error(ask(source("issuer=" ISSUER " audience=us", p), bearer(CLAIMS, p), &who, p),
                 TOKEN_ALGORITHM);
}

T(without_keys_nothing_can_be_found_out)
{
    sso_identity_t *who = NULL;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    assert_error(fake_ask_bearer(plain(p), &fake, bearer(CLAIMS, p), &who, p), TRUST_MISSING);
    assert_int_equal(fake.wanted_count, 0);
    assert_null(who);
}

T(an_unknown_key_is_asked_for_and_nothing_else_is)
{
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    fake_trust_t trusts[] = {{"src", &trust}};
    sso_source_t *of = plain(p);
    sso_identity_t *who = NULL;
    const char *unknown =
        signer_sign(signer("ES256"), "{\"alg\":\"ES256\",\"kid\":\"new\"}", "{" CLAIMS "}", p);
    char *changed = apr_pstrdup(p, bearer(CLAIMS, p));
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = 1;
    changed[strlen(changed) - 9] = changed[strlen(changed) - 9] == 'A' ? 'B' : 'A';
    assert_error(fake_ask_bearer(of, &fake, changed, &who, p), TOKEN_SIGNATURE);
    assert_error(fake_ask_bearer(of, &fake, "Bearer e30.e30.AAAA", &who, p), TOKEN_MALFORMED);
    assert_int_equal(fake.wanted_count, 0);
    assert_error(fake_ask_bearer(of, &fake, apr_pstrcat(p, "Bearer ", unknown, NULL), &who, p),
                 TOKEN_KEY_UNKNOWN);
    assert_int_equal(fake.wanted_count, 1);
    assert_string_equal(fake.wanted, "src");
    assert_null(who);
}

#define ENTRA                                                                               \
    "\"tid\":\"" TENANT "\",\"oid\":\"" OID "\",\"sub\":\"pairwise\",\"aud\":\"api://us\"," \
    "\"scp\":\"access_as_user\",\"azp\":\"1fec8e78-bce4-4aaf-ab1b-5451cc387264\"," TIMES

/* Keys, and who they belong to, by version. */
T(tokens_of_entra_are_verified_with_the_keys_of_their_version)
{
    sso_source_t *of =
        source("preset=entra tenants=" TENANT " audience=api://us clients=teams algs=ES256", p);
    sso_trust_t trust = trust_of(V2, NULL, p), other = {0};
    fake_trust_t trusts[] = {{"src", &trust}, {"src-v1", &other}};
    const char *v1 = bearer("\"iss\":\"" V1 "\"," ENTRA, p);
    sso_identity_t *who = NULL;
    const char *algs[] = {"RS256"};
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = 1;
    assert_no_error(fake_ask_bearer(of, &fake, bearer("\"iss\":\"" V2 "\"," ENTRA, p), &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], V2);
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], TENANT ":" OID);
    assert_error(fake_ask_bearer(of, &fake, v1, &who, p), TRUST_MISSING);
    other = trust;
    other.keys = sso_jwks_parse(sso_span(signer_jwks(algs, 1, p)), p);
    fake.trust_count = 2;
    assert_error(fake_ask_bearer(of, &fake, v1, &who, p), TOKEN_KEY_UNKNOWN);
    assert_string_equal(fake.wanted, "src-v1");
    other = trust;
    assert_no_error(fake_ask_bearer(of, &fake, v1, &who, p));
    /* the same person */
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], V2);
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], TENANT ":" OID);
}

T(what_entra_also_makes_is_refused_with_its_own_reason)
{
    sso_source_t *of =
        source("preset=entra tenants=" TENANT " audience=api://us clients=teams algs=ES256", p);
    const struct {
        const char *claims, *code;
    } cases[] = {
        {"\"iss\":\"" V2 "\",\"tid\":\"" OTHER "\"," TIMES ",\"aud\":\"api://us\"", "TOKEN_ISSUER"},
        {"\"iss\":\"https://login.microsoftonline.com/" OTHER "/v2.0\",\"tid\":\"" OTHER "\"," TIMES
         ",\"aud\":\"api://us\"",
         "TOKEN_TENANT"},
        {"\"iss\":\"" V2 "\",\"tid\":\"" TENANT "\"," TIMES ",\"aud\":\"api://them\"",
         "TOKEN_AUDIENCE"},
        {"\"iss\":\"" V1 "\",\"tid\":\"" TENANT "\"," TIMES
         ",\"aud\":\"00000003-0000-0000-c000-000000000000\"",
         "TOKEN_FOR_GRAPH"},
        {"\"iss\":\"" V2 "\",\"tid\":\"" TENANT "\"," TIMES ",\"aud\":\"api://us\",\"azp\":\"x\"",
         "TOKEN_CLIENT"},
        {"\"iss\":\"" V2 "\",\"tid\":\"" TENANT "\"," TIMES
         ",\"aud\":\"api://us\",\"azp\":\"1fec8e78-bce4-4aaf-ab1b-5451cc387264\"",
         "TOKEN_APP_ONLY"},
        {"\"iss\":\"" V2 "\",\"tid\":\"" TENANT "\"," TIMES
         ",\"aud\":\"api://us\",\"azp\":\"1fec8e78-bce4-4aaf-ab1b-5451cc387264\",\"scp\":\"x\"",
         "TOKEN_SCOPE"},
        {"\"iss\":\"" V2 "\",\"tid\":\"" TENANT "\",\"exp\":1795316800,\"aud\":\"api://us\"",
         "TOKEN_EXPIRED"}};
    sso_identity_t *who;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_error_t *error = ask(of, bearer(cases[i].claims, p), &who, p);

        if (strcmp(error ? error->name : "none", cases[i].code) != 0)
            fail_msg("%s: %s, not %s", cases[i].claims, error ? error->name : "none",
                     cases[i].code);
    }
    /* five minutes late is no more than Microsoft's own libraries take */
    assert_error(ask(of,
                     bearer("\"iss\":\"" V2 "\",\"tid\":\"" TENANT
                            "\",\"exp\":1795316801,\"aud\":\"api://them\"",
                            p),
                     &who, p),
                 TOKEN_AUDIENCE);
}

T(mistakes_in_the_options_are_sentences)
{
#define GOOD "issuer=" ISSUER " audience=us "
    const char *cases[][2] = {{"issuer=" ISSUER, "audience= is missing"},
                              {"audience=us", "issuer= is missing"},
                              {GOOD "audience=x", "audience= is given twice"},
                              {"issuer=" ISSUER " audience=a,,b", "beside a comma"},
                              {GOOD "algs=none", "none is not verified here"},
                              {GOOD "algs=RS256,HS256", "HS256 is not verified here"},
                              {GOOD "algs=rs256", "rs256 is not verified here"},
                              {GOOD "tenants=contoso.onmicrosoft.com", "is no tenant ID"},
                              {GOOD "tenants=" TENANT ",x", "x is no tenant ID"},
                              {GOOD "skew=11min", "more than 10min"},
                              {GOOD "skew=5", "none"},
                              {GOOD "skew=x", "no length of time"},
                              {GOOD "subject=email", "none of oid+tid|sub"},
                              {GOOD "scopes=x", "scopes= is not known"},
                              {GOOD "userinfo=on", "userinfo= is not known"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *sentence = fake_source_sentence("oidc", cases[i][0], p);

        if (strcmp(cases[i][1], "none") == 0)
            assert_null(sentence);
        else
            assert_sentence(sentence, cases[i][1]);
    }
}

T(only_sources_that_take_tokens_have_issuers)
{
    sso_source_t *entra = source("preset=entra tenants=" TENANT " audience=us", p);

    assert_int_equal(sso_source_issuers(plain(p))->nelts, 1);
    assert_int_equal(sso_source_issuers(entra)->nelts, 2);
    assert_null(sso_source_issuers(fake_source("moodle", "database=db", SSO_MYSQL, p)));
    assert_string_equal(source("issuer=" ISSUER " audience=a,b", p)->audience, "a,b");
}

#define EVENT "\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}"
#define LOGOUT                                                                     \
    "\"iss\":\"" ISSUER "\",\"aud\":\"us\",\"iat\":1795317000,\"exp\":1795317200," \
    "\"jti\":\"j\"," EVENT

static const sso_error_t *ask_logout(const char *claims, sso_logout_t *logout, apr_pool_t *p)
{
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    fake_trust_t trusts[] = {{"src", &trust}};
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = 1;
    memset(logout, 0, sizeof(*logout));
    return sso_oidc_logout(
        plain(p),
        sso_span(signer_token(signer("ES256"), apr_pstrcat(p, "{", claims, "}", NULL), p)),
        &fake.io, logout, p);
}

/* Back-Channel Logout 1.0 2.4 */
T(a_logout_token_says_whose_sessions_end)
{
    sso_logout_t logout;

    assert_no_error(ask_logout(LOGOUT ",\"sub\":\"alice\",\"sid\":\"s\"", &logout, p));
    assert_string_equal(logout.issuer, ISSUER);
    assert_string_equal(logout.subject, "alice");
    assert_string_equal(logout.sid, "s");
    assert_string_equal(logout.jti, "j");
    assert_true(logout.expires == apr_time_from_sec(1795317200));
    assert_true(logout.at == apr_time_from_sec(1795317060));
    assert_error(ask_logout(LOGOUT, &logout, p), TOKEN_NO_LOGOUT);
    assert_error(ask_logout(LOGOUT ",\"sub\":\"\",\"sid\":\"\"", &logout, p), TOKEN_NO_LOGOUT);
}

/* Else it would end the session of nobody, and the subject's would go on. */
T(an_empty_sid_of_a_logout_token_is_none)
{
    sso_logout_t logout;

    assert_no_error(ask_logout(LOGOUT ",\"sub\":\"alice\",\"sid\":\"\"", &logout, p));
    assert_string_equal(logout.subject, "alice");
    assert_null(logout.sid);
    assert_no_error(ask_logout(LOGOUT ",\"sub\":\"\",\"sid\":\"s\"", &logout, p));
    assert_string_equal(logout.sid, "s");
    assert_null(logout.subject);
}

/* What comes from a clock ahead of ours ends no session that is still to begin. */
T(a_logout_is_never_in_the_future)
{
    sso_logout_t logout;

    assert_no_error(ask_logout("\"iss\":\"" ISSUER
                               "\",\"aud\":\"us\",\"iat\":1795317150,\"exp\":1795317200,"
                               "\"jti\":\"j\",\"sub\":\"alice\"," EVENT,
                               &logout, p));
    assert_true(logout.at == FAKE_NOW);
}

T(an_issuer_is_known_by_its_whole_name)
{
    const sso_source_t *one = plain(p);
    const sso_source_t *entra = source("preset=entra audience=us tenants=" OTHER "," TENANT, p);

    assert_true(sso_oidc_knows_issuer(one, ISSUER, p));
    assert_false(sso_oidc_knows_issuer(one, ISSUER "/", p));
    assert_true(sso_oidc_knows_issuer(entra, V2, p));
    assert_true(sso_oidc_knows_issuer(entra, V1, p));
    assert_false(sso_oidc_knows_issuer(entra, "https://sts.windows.net/" OID "/", p));
    assert_false(sso_oidc_knows_issuer(entra, "https://sts.windows.net/{tenantid}/", p));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/source_oidc.h"

#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define OTHER  "9188040d-6c67-4c5b-b112-36a304b66dad"
#define OID    "690222be-ff1a-4d56-abd1-7e4f7d38e474"
#define V2     "https://login.microsoftonline.com/" TENANT "/v2.0"
#define PERSON "\"tid\":\"" TENANT "\",\"oid\":\"" OID "\""

#define PLAIN "issuer=https://i audience=us"
#define ENTRA "preset=entra audience=us tenants=" TENANT

/* The identity that claims stand for, as if they had been verified. */
static const sso_error_t *claims(const char *options, const char *text, sso_identity_t **who,
                                 apr_pool_t *p)
{
    sso_source_t *source = fake_source("oidc", options, SSO_SQLITE3, p);
    sso_token_t token = {.issuer = V2, .tenant = strstr(text, "tid") ? TENANT : NULL, .expires = 7};
    json_t *value;

    if (!sso_json_parse(sso_span(apr_pstrcat(p, "{", text, "}", NULL)), 65536, &value, p))
        fail_msg("no JSON: %s", text);
    token.claims = value;
    *who = apr_pcalloc(p, sizeof(**who));
    return sso_oidc_claims(source->settings, &token, *who, p);
}

static const char *claim(const char *options, const char *text, sso_claim_t which, apr_pool_t *p)
{
    sso_identity_t *who;

    assert_no_error(claims(options, text, &who, p));
    return who->claims[which];
}

T(a_person_is_its_sub)
{
    sso_identity_t *who;

    assert_no_error(claims(PLAIN, "\"sub\":\"A b/c|d\"", &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "A b/c|d");
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], "https://i");
    assert_null(who->claims[SSO_CLAIM_USERNAME]);
    assert_true(who->expires == 7);
}

/* Two people must not become one by what the environment cannot carry. */
T(a_sub_is_taken_as_it_is_or_not_at_all)
{
    const char *wrong[] = {"",
                           "\"sub\":\"\"",
                           "\"sub\":7",
                           "\"sub\":null",
                           "\"sub\":[\"a\"]",
                           "\"sub\":\"a;b\"",
                           "\"sub\":\"a\\u0001b\"",
                           "\"sub\":\"a\\nb\"",
                           apr_psprintf(p, "\"sub\":\"%0256d\"", 0)};
    sso_identity_t *who;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_error(claims(PLAIN, wrong[i], &who, p), TOKEN_CLAIMS);
    assert_no_error(claims(PLAIN, apr_psprintf(p, "\"sub\":\"%0255d\"", 0), &who, p));
}

T(a_person_of_entra_is_tid_and_oid)
{
    const char *wrong[] = {"\"sub\":\"a\"", "\"sub\":\"a\",\"oid\":\"" OID "\"",
                           "\"sub\":\"a\",\"tid\":\"" TENANT "\"",
                           "\"tid\":\"" TENANT "\",\"oid\":\"x\"",
                           "\"tid\":\"" TENANT "\",\"oid\":7"};
    sso_identity_t *who;

    assert_no_error(claims(ENTRA,
                           "\"sub\":\"pairwise\",\"tid\":\"" TENANT
                           "\",\"oid\":\"690222BE-FF1A-4D56-ABD1-7E4F7D38E474\"",
                           &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], TENANT ":" OID);
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], V2);
    assert_string_equal(sso_identity_claim(who, "tid"), TENANT);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_error(claims(ENTRA, wrong[i], &who, p), TOKEN_CLAIMS);
    assert_string_equal(
        claim(ENTRA " subject=sub", PERSON ",\"sub\":\"pairwise\"", SSO_CLAIM_SUBJECT, p),
        "pairwise");
    assert_string_equal(claim(PLAIN " subject=oid+tid", PERSON, SSO_CLAIM_SUBJECT, p),
                        TENANT ":" OID);
}

T(a_username_is_never_an_email)
{
    const char *all = PERSON ",\"preferred_username\":\"p\",\"upn\":\"u\",\"unique_name\":\"n\"";

    assert_string_equal(claim(ENTRA, all, SSO_CLAIM_USERNAME, p), "p");
    assert_string_equal(
        claim(ENTRA, PERSON ",\"upn\":\"u\",\"unique_name\":\"n\"", SSO_CLAIM_USERNAME, p), "u");
    assert_string_equal(
        claim(ENTRA, PERSON ",\"upn\":\"\",\"unique_name\":\"n\"", SSO_CLAIM_USERNAME, p), "n");
    assert_null(claim(ENTRA, PERSON ",\"email\":\"a@b\",\"name\":\"n\"", SSO_CLAIM_USERNAME, p));
}

T(an_email_is_verified_or_its_tenants_word)
{
    const struct {
        const char *options, *more;
        bool is_taken;
    } cases[] = {{PLAIN, "", false},
                 {PLAIN, ",\"email_verified\":true", true},
                 {PLAIN, ",\"email_verified\":\"true\"", true},
                 {PLAIN, ",\"email_verified\":false", false},
                 {PLAIN, ",\"email_verified\":\"false\"", false},
                 {PLAIN, ",\"email_verified\":{}", false},
                 {ENTRA, "", true},
                 {ENTRA, ",\"idp\":\"" V2 "\"", true},
                 {ENTRA, ",\"idp\":\"https://sts.windows.net/" OTHER "/\"", false},
                 {ENTRA, ",\"idp\":\"live.com\"", false},
                 {ENTRA, ",\"idp\":\"live.com\",\"xms_edov\":true", true},
                 {ENTRA "," OTHER, "", false},
                 {ENTRA "," OTHER, ",\"xms_edov\":1", true},
                 {ENTRA "," OTHER, ",\"xms_edov\":\"1\"", true},
                 {ENTRA "," OTHER, ",\"xms_edov\":0", false}};
    const char *odd[] = {"a", "@b", "a@", "a@x@y"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *email = claim(
            cases[i].options,
            apr_pstrcat(p, "\"sub\":\"s\"," PERSON ",\"email\":\"a@b.test\"", cases[i].more, NULL),
            SSO_CLAIM_EMAIL, p);

        if ((email != NULL) != cases[i].is_taken)
            fail_msg("%s %s", cases[i].options, cases[i].more);
    }
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        assert_null(
            claim(PLAIN,
                  apr_psprintf(p, "\"sub\":\"s\",\"email_verified\":true,\"email\":\"%s\"", odd[i]),
                  SSO_CLAIM_EMAIL, p));
}

T(roles_are_whole_values)
{
    sso_identity_t *who;

    assert_no_error(claims(PLAIN,
                           "\"sub\":\"s\",\"roles\":[\"teacher\",\"site editor\",7,\"\",\"a|b\","
                           "\"x\\u001fadmin\"],\"groups\":[\"g\"]",
                           &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_ROLES], "teacher|site editor|a b");
    assert_null(claim(PLAIN, "\"sub\":\"s\",\"roles\":\"admin\"", SSO_CLAIM_ROLES, p));
    assert_null(claim(PLAIN, "\"sub\":\"s\",\"roles\":{\"admin\":1}", SSO_CLAIM_ROLES, p));
    assert_null(claim(PLAIN, "\"sub\":\"s\",\"roles\":[]", SSO_CLAIM_ROLES, p));
}

T(the_rest_is_shown)
{
    sso_identity_t *who;

    assert_no_error(claims(PLAIN,
                           "\"sub\":\"s\",\"given_name\":\"Abe\",\"family_name\":\"Lin;coln\","
                           "\"name\":\"A\\u0007\",\"locale\":\"en-US\",\"hd\":\"example.edu\","
                           "\"sid\":\"1\",\"groups\":[\"x\"]",
                           &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_GIVEN_NAME], "Abe");
    assert_string_equal(who->claims[SSO_CLAIM_FAMILY_NAME], "Lin,coln");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "A ");
    assert_string_equal(who->claims[SSO_CLAIM_LANGUAGE], "en-US");
    assert_string_equal(sso_identity_claim(who, "hd"), "example.edu");
    assert_string_equal(sso_identity_claim(who, "sid"), "1");
    assert_null(sso_identity_claim(who, "oid"));
    assert_int_equal(who->extra_count, 2);
}

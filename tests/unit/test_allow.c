/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "judge.h"
#include "sso/allow.h"

#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define OTHER  "99999999-86f1-41af-91ab-2d7cd011db47"
#define ENTRA  "https://login.microsoftonline.com/" TENANT "/v2.0"
#define GOOGLE "https://accounts.google.com"

static apr_array_header_t *words_of(const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(text), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(words, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return words;
}

static const char *sentence_of(const char *text, apr_pool_t *p)
{
    const sso_allow_t *rule;

    return sso_allow_make(words_of(text, p), &rule, p);
}

/* Rules, one in each line. */
static const sso_error_t *allow(const char *text, const sso_identity_t *who, apr_pool_t *p)
{
    apr_array_header_t *rules = apr_array_make(p, 4, sizeof(const sso_allow_t *));
    sso_span_t rest = sso_span(text), line;

    while (sso_span_next(&rest, '\n', &line)) {
        const sso_allow_t *rule;
        assert_null(sso_allow_make(words_of(apr_pstrmemdup(p, line.at, line.len), p), &rule, p));
        APR_ARRAY_PUSH(rules, const sso_allow_t *) = rule;
    }
    return sso_allow(rules, who, p);
}

static sso_identity_t person(const char *issuer, const char *email, bool is_verified, apr_pool_t *p)
{
    sso_identity_t who = {0};

    who.claims[SSO_CLAIM_ISSUER] = issuer;
    who.claims[SSO_CLAIM_SUBJECT] = "s";
    who.claims[SSO_CLAIM_USERNAME] = "alice@example.edu";
    who.claims[SSO_CLAIM_EMAIL] = email;
    if (is_verified)
        sso_identity_add(&who, "email_verified", "true", p);
    return who;
}

T(without_rules_everybody_passes)
{
    sso_identity_t who = person(ENTRA, NULL, false, p);

    assert_null(sso_allow(NULL, &who, p));
}

T(a_tenant_is_its_issuers_word)
{
    sso_identity_t who = person(ENTRA, NULL, false, p);

    assert_error(allow("tenant " TENANT, &who, p), TENANT_NOT_ALLOWED);
    sso_identity_add(&who, "tid", TENANT, p);
    assert_null(allow("tenant " TENANT, &who, p));
    assert_null(allow("tenant 72F988BF-86F1-41AF-91AB-2D7CD011DB47", &who, p));
    assert_null(allow("tenant " OTHER " " TENANT, &who, p));
    assert_error(allow("tenant " OTHER, &who, p), TENANT_NOT_ALLOWED);
    /* A realm of somebody else may write any tid. */
    who.claims[SSO_CLAIM_ISSUER] = "https://id.example.org/realms/x";
    assert_error(allow("tenant " TENANT, &who, p), TENANT_NOT_ALLOWED);
    who.claims[SSO_CLAIM_ISSUER] = "https://login.microsoftonline.com/" OTHER "/v2.0";
    assert_error(allow("tenant " TENANT, &who, p), TENANT_NOT_ALLOWED);
}

T(a_domain_is_of_a_verified_address)
{
    const struct {
        const char *rule, *email;
        bool is_allowed;
    } cases[] = {{"domain example.edu", "a@example.edu", true},
                 {"domain example.edu", "a@EXAMPLE.EDU", true},
                 {"domain EXAMPLE.edu.", "a@example.edu", true},
                 {"domain example.edu", "a@sub.example.edu", false},
                 {"domain example.edu", "a@badexample.edu", false},
                 {"domain example.edu", "a@example.edu.evil.org", false},
                 {"domain example.edu", "a@evil.org@example.edu", false},
                 {"domain example.edu", "\"a@evil.org\"@example.edu", false},
                 {"domain example.edu", "a", false},
                 {"domain example.edu", NULL, false},
                 {"domain *.example.edu", "a@sub.example.edu", true},
                 {"domain *.example.edu", "a@x.sub.example.edu", true},
                 {"domain *.example.edu", "a@example.edu", false},
                 {"domain *.example.edu", "a@.example.edu", false},
                 {"domain other.edu example.edu", "a@example.edu", true},
                 {"domain bücher.example", "a@xn--bcher-kva.example", true},
                 {"domain xn--bcher-kva.example", "a@bücher.example", true},
                 {"domain example.edu", "a@еxample.edu", false}}; /* a Cyrillic e */

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_identity_t yes = person(ENTRA, cases[i].email, true, p);
        sso_identity_t no = person(ENTRA, cases[i].email, false, p);
        const sso_error_t *error = allow(cases[i].rule, &yes, p);

        if ((error == NULL) != cases[i].is_allowed)
            fail_msg("%s %s", cases[i].rule, cases[i].email);
        assert_error(allow(cases[i].rule, &no, p), DOMAIN_NOT_ALLOWED);
    }
}

T(google_speaks_for_the_domains_it_keeps)
{
    sso_identity_t private = person(GOOGLE, "a@example.edu", true, p), kept = private;
    sso_identity_t gmail = person(GOOGLE, "a@gmail.com", true, p), other = private;

    assert_error(allow("domain example.edu", &private, p), DOMAIN_NOT_ALLOWED);
    sso_identity_add(&kept, "hd", "Example.edu", p);
    assert_null(allow("domain example.edu", &kept, p));
    assert_null(allow("domain gmail.com", &gmail, p));
    other.claims[SSO_CLAIM_ISSUER] = "https://id.example.org";
    other.claims[SSO_CLAIM_EMAIL] = "a@evil.org";
    sso_identity_add(&other, "hd", "example.edu", p);
    assert_error(allow("domain example.edu", &other, p), DOMAIN_NOT_ALLOWED);
}

T(a_username_matches_from_end_to_end)
{
    sso_identity_t who = person(ENTRA, NULL, false, p);

    assert_null(allow("username ^[a-z0-9.]+@example\\.edu$", &who, p));
    assert_null(allow("username x [a-z0-9.]+@example\\.edu", &who, p));
    assert_error(allow("username [a-z0-9.]+@example", &who, p), USERNAME_NOT_ALLOWED);
    who.claims[SSO_CLAIM_USERNAME] = "alice@example.edu.evil";
    assert_error(allow("username [a-z0-9.]+@example\\.edu", &who, p), USERNAME_NOT_ALLOWED);
}

T(a_claim_is_a_value_or_an_expression)
{
    sso_identity_t who = person(ENTRA, "a@example.edu", false, p);

    assert_error(allow("claim roles teacher", &who, p), CLAIM_NOT_ALLOWED);
    sso_identity_set_list(&who, SSO_CLAIM_ROLES, "student,teacher", ',', p);
    assert_null(allow("claim roles teacher", &who, p));
    assert_null(allow("claim roles admin ~teach.*", &who, p));
    assert_error(allow("claim roles ~teach", &who, p), CLAIM_NOT_ALLOWED);
    assert_error(allow("claim roles student|teacher", &who, p), CLAIM_NOT_ALLOWED);
    who.claims[SSO_CLAIM_NAME] = "x|admin";
    assert_error(allow("claim name admin", &who, p), CLAIM_NOT_ALLOWED);
    assert_error(allow("claim email a@example.edu", &who, p), CLAIM_NOT_ALLOWED);
    sso_identity_add(&who, "email_verified", "true", p);
    assert_null(allow("claim email a@example.edu", &who, p));
}

T(all_rules_must_hold_and_the_first_that_does_not_is_said)
{
    sso_identity_t who = person(ENTRA, "a@example.edu", true, p);

    assert_null(allow("domain example.edu\nusername alice.*", &who, p));
    assert_error(allow("domain example.edu\nusername bob\ndomain x.org", &who, p),
                 USERNAME_NOT_ALLOWED);
}

T(mistakes_are_sentences)
{
    const char *wrong[][2] = {{"", "write tenant"},
                              {"tenant", "write tenant"},
                              {"claim roles", "write tenant"},
                              {"group x", "write tenant"},
                              {"tenant common", "no tenant ID"},
                              {"domain example..edu", "no domain"},
                              {"domain *", "no domain"},
                              {"domain *.", "no domain"},
                              {"domain a.*.b", "no domain"},
                              {"username (", "no regular expression"},
                              {"claim roles ~[", "no regular expression"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(sentence_of(wrong[i][0], p), wrong[i][1]);
}

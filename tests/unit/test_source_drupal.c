/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/pipeline.h"
#include "sso/source_drupal.h"

static const sso_error_t *find(const char *options, const char *cookies, bool https,
                               sso_credential_t *credential, apr_pool_t *p)
{
    sso_source_t *source = fake_source(
        "drupal", apr_pstrcat(p, "database=db version=8 ", options, NULL), SSO_MYSQL, p);
    sso_request_t request = {cookies, https, FAKE_NOW};
    const sso_error_t *error;

    error = source->kind->find(source, &request, credential, p);
    if (error == NULL || error->code != SSO_NO_CREDENTIAL)
        assert_true(sso_may_identify((const sso_source_t *const *)&source, 1, &request));
    return error;
}

#define NAME "574595f559df59f0217e4bc3cf2c3ce9"

T(https_takes_the_secure_cookie_only_and_http_the_other)
{
    const char *both = "SESS" NAME "=plain; SSESS" NAME "=secure";
    sso_credential_t c;

    assert_no_error(find("cookie_domain=.example.test", both, true, &c, p));
    assert_span(c.secret, "secure");
    assert_true(c.https);
    assert_no_error(find("cookie_domain=.example.test", both, false, &c, p));
    assert_span(c.secret, "plain");
    assert_false(c.https);
    assert_error(find("cookie_domain=.example.test", "SESS" NAME "=plain", true, &c, p),
                 NO_CREDENTIAL);
    assert_error(find("cookie_domain=example.test", both, true, &c, p), NO_CREDENTIAL);
}

T(a_given_name_says_what_drupal_believes_of_the_scheme)
{
    sso_credential_t c;

    assert_no_error(find("cookie=SESSx", "SESSx=a", true, &c, p));
    assert_false(c.https);
    assert_no_error(find("cookie=SSESSx", "SSESSx=a", false, &c, p));
    assert_true(c.https);
}

T(ids_are_decoded_and_checked)
{
    sso_credential_t c;

    assert_no_error(find("cookie=S", "S=a%2Cb", true, &c, p));
    assert_span(c.secret, "a,b");
    assert_error(find("cookie=S", "S=\"ab\"", true, &c, p), COOKIE_MALFORMED);
    assert_error(find("cookie=S", "S=a+b", true, &c, p), COOKIE_MALFORMED);
    assert_error(find("cookie=S", "S=", true, &c, p), COOKIE_MALFORMED);
    assert_error(find("cookie=S", apr_psprintf(p, "S=%0257d", 0), true, &c, p), COOKIE_MALFORMED);
    assert_error(find("cookie=S", "S=a; S=b", true, &c, p), DUPLICATE_COOKIE);
}

T(fields_go_to_their_claims)
{
    sso_identity_t who = {0};

    sso_drupal_set_field(&who, "given_name", "A", p);
    sso_drupal_set_field(&who, "city", "B", p);
    assert_string_equal(who.claims[SSO_CLAIM_GIVEN_NAME], "A");
    assert_string_equal(sso_identity_claim(&who, "city"), "B");
    sso_drupal_set_field(&who, "subject", "9", p);
    assert_null(who.claims[SSO_CLAIM_SUBJECT]);
}

T(mistakes_in_the_options_are_sentences)
{
    const char *wrong[][2] = {
        {"cookie=x version=8", "database= or url= is missing"},
        {"database=db version=8", "cookie_domain="},
        {"database=db version=8 cookie=x cookie_domain=y", "cookie_domain="},
        {"database=db version=8 cookie_domain=https://www.example.edu",
         "cookie_domain= is no URL: write www.example.edu, or .example.edu as in Drupal's "
         "settings"},
        {"database=db cookie=x", "version= is missing"},
        {"database=db cookie=x version=9", "8 means every later one"},
        {"database=db cookie=x version=8 ids=plain", "ids=plain"},
        {"database=db cookie=x version=8 prefix=a;b", "prefix="},
        {"database=db cookie=x version=8 fields=a", "fields=a"},
        {"database=db cookie=x version=8 fields=a:b;c", "fields="},
        {"database=db cookie=x version=8 fields=a:b.c", "fields="},
        {"database=none cookie=x version=8", "no MoodleSSODatabase none"},
        {"url=ftp://x cookie=x method=user", "url="},
        {"url=https://x cookie=x", "method= is missing"},
        {"url=https://x cookie=x method=nice", "services|user|jsonapi"},
        {"url=https://x database=db cookie=x method=user", "not both"},
        {"database=db cookie=a;b version=8", "cookie="},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(fake_source_sentence("drupal", wrong[i][0], p), wrong[i][1]);
}

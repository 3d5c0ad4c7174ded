/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"

static const sso_error_t *vouch(const sso_source_t *source, const sso_credential_t *credential,
                                sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    *who = apr_pcalloc(p, sizeof(**who));
    (*who)->claims[SSO_CLAIM_SUBJECT] = source->settings;
    (*who)->expires = apr_time_from_sec(77);
    return NULL;
}

static const sso_kind_t vouching = {"test", false, NULL, NULL, NULL, vouch};

T(every_identity_says_where_it_comes_from)
{
    sso_source_t source = {
        .name = "n", .issuer = "test:n", .kind = &vouching, .settings = (void *)"s"};
    sso_credential_t credential = {0};
    fake_io_t fake;
    sso_identity_t *who;

    fake_io_init(&fake, NULL, 0);
    assert_no_error(sso_source_resolve(&source, &credential, &fake.io, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SOURCE], "n");
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], "test:n");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "s");
    assert_string_equal(who->claims[SSO_CLAIM_EXPIRES], "77");
    assert_true(who->vouched_at == FAKE_NOW);
}

T(an_identity_without_a_clean_subject_is_none)
{
    sso_source_t source = {.name = "n", .issuer = "test:n", .kind = &vouching};
    sso_credential_t credential = {0};
    fake_io_t fake;
    sso_identity_t *who = NULL;

    fake_io_init(&fake, NULL, 0);
    assert_error(sso_source_resolve(&source, &credential, &fake.io, &who, p), IDENTITY_MALFORMED);
    source.settings = (void *)"a\x01";
    assert_error(sso_source_resolve(&source, &credential, &fake.io, &who, p), IDENTITY_MALFORMED);
    assert_null(who);
}

static const sso_error_t *vouch_with_names(const sso_source_t *source,
                                           const sso_credential_t *credential, sso_io_t *io,
                                           sso_identity_t **who, apr_pool_t *p)
{
    *who = apr_pmemdup(p, source->settings, sizeof(**who));
    return NULL;
}

static const sso_kind_t naming = {"test", false, NULL, NULL, NULL, vouch_with_names};

static const char *name_of(sso_identity_t *settings, apr_pool_t *p)
{
    sso_source_t source = {.name = "n", .issuer = "test:n", .kind = &naming, .settings = settings};
    sso_credential_t credential = {0};
    fake_io_t fake;
    sso_identity_t *who;

    fake_io_init(&fake, NULL, 0);
    assert_no_error(sso_source_resolve(&source, &credential, &fake.io, &who, p));
    return who->claims[SSO_CLAIM_NAME];
}

T(a_name_is_joined_of_its_parts_where_there_is_no_whole_one)
{
    sso_identity_t who = {.claims = {[SSO_CLAIM_SUBJECT] = "7", [SSO_CLAIM_GIVEN_NAME] = "Alice"}};

    assert_null(name_of(&who, p));
    who.claims[SSO_CLAIM_FAMILY_NAME] = "Anders";
    assert_string_equal(name_of(&who, p), "Alice Anders");
    who.claims[SSO_CLAIM_NAME] = "A. Anders";
    assert_string_equal(name_of(&who, p), "A. Anders");
}

T(kinds_are_known_by_name)
{
    assert_ptr_equal(sso_kind("moodle"), &sso_kind_moodle);
    assert_ptr_equal(sso_kind("drupal"), &sso_kind_drupal);
    assert_null(sso_kind("Moodle"));
    assert_sentence(fake_source_sentence("nokind", "", p), "moodle, drupal, oidc or loginkey");
}

T(a_cookie_is_checked_before_any_look_up)
{
    sso_request_t request = {"s=ab,c; t=; u=x; u=y", true, 0};
    sso_credential_t c;

    assert_no_error(sso_source_find_cookie(&request, "s", ",", 4, &c, p));
    assert_span(c.secret, "ab,c");
    assert_true(c.https);
    assert_error(sso_source_find_cookie(&request, "s", ",", 3, &c, p), COOKIE_MALFORMED);
    assert_error(sso_source_find_cookie(&request, "s", "-", 4, &c, p), COOKIE_MALFORMED);
    assert_error(sso_source_find_cookie(&request, "t", "-", 4, &c, p), COOKIE_MALFORMED);
    assert_error(sso_source_find_cookie(&request, "u", "xy", 4, &c, p), DUPLICATE_COOKIE);
    assert_error(sso_source_find_cookie(&request, "v", "xy", 4, &c, p), NO_CREDENTIAL);
    request.cookies = NULL;
    assert_error(sso_source_find_cookie(&request, "s", "xy", 4, &c, p), NO_CREDENTIAL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/embedding.h"

static sso_embedding_t embedding(const char *access, const char *dest, const char *site)
{
    sso_fetch_t fetch = {access, dest, site};

    return sso_embedding(&fetch, false, true);
}

/* Sec-Fetch-Storage-Access comes from frames of another site only, on every request. */
T(storage_access_alone_is_proof)
{
    assert_int_equal(embedding("none", "empty", "same-origin"), SSO_EMBEDDED);
    assert_int_equal(embedding("inactive", NULL, NULL), SSO_EMBEDDED);
    assert_int_equal(embedding("active", "image", "same-origin"), SSO_EMBEDDED);
}

T(a_frame_begun_by_another_site_is_proof)
{
    assert_int_equal(embedding(NULL, "iframe", "cross-site"), SSO_EMBEDDED);
    assert_int_equal(embedding(NULL, "object", "cross-site"), SSO_EMBEDDED);
    assert_int_equal(embedding(NULL, "document", "cross-site"), SSO_TOP_LEVEL);
    assert_int_equal(embedding(NULL, "empty", "cross-site"), SSO_TOP_LEVEL);
    assert_int_equal(embedding(NULL, NULL, NULL), SSO_TOP_LEVEL);
}

T(our_own_frame_is_taken_for_top_level_where_plain_cookies_came)
{
    sso_fetch_t own = {NULL, "iframe", "same-origin"};

    assert_int_equal(sso_embedding(&own, false, true), SSO_TOP_LEVEL);
    assert_int_equal(sso_embedding(&own, false, false), SSO_MAYBE_EMBEDDED);
    assert_int_equal(sso_embedding(&own, true, true), SSO_MAYBE_EMBEDDED);
}

T(a_renamed_cookie_tells_where_the_browser_does_not)
{
    sso_fetch_t nothing = {NULL, NULL, NULL};

    assert_int_equal(sso_embedding(&nothing, true, false), SSO_MAYBE_EMBEDDED);
    assert_int_equal(sso_embedding(&nothing, false, false), SSO_TOP_LEVEL);
}

T(only_safe_methods_change_nothing)
{
    assert_false(sso_fetch_changes_state("GET"));
    assert_false(sso_fetch_changes_state("OPTIONS"));
    assert_true(sso_fetch_changes_state("POST"));
    assert_true(sso_fetch_changes_state("get"));
    assert_true(sso_fetch_changes_state("PROPFIND"));
}

T(cross_site_is_what_the_browser_calls_so)
{
    sso_fetch_t fetch = {NULL, NULL, "same-site"};

    assert_false(sso_fetch_is_cross_site(&fetch));
    fetch.site = "cross-site";
    assert_true(sso_fetch_is_cross_site(&fetch));
    fetch.site = NULL;
    assert_false(sso_fetch_is_cross_site(&fetch));
}

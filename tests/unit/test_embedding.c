/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/embedding.h"

static bool embedded(const char *access, const char *dest, const char *site)
{
    sso_fetch_t fetch = {access, dest, site};

    return sso_is_embedded(&fetch, false);
}

/* Sec-Fetch-Storage-Access comes from frames of another site only. */
T(storage_access_alone_is_proof)
{
    assert_true(embedded("none", "empty", "same-origin"));
    assert_true(embedded("inactive", NULL, NULL));
    assert_true(embedded("active", "image", "same-origin"));
}

T(a_frame_begun_by_another_site_is_proof)
{
    assert_true(embedded(NULL, "iframe", "cross-site"));
    assert_true(embedded(NULL, "object", "cross-site"));
    assert_false(embedded(NULL, "document", "cross-site"));
    assert_false(embedded(NULL, "empty", "cross-site"));
    assert_false(embedded(NULL, NULL, NULL));
}

/* A page of ours at the top level that frames another page of ours: its cookies stay Lax. */
T(our_own_frame_at_the_top_level_is_none)
{
    assert_false(embedded(NULL, "iframe", "same-origin"));
    assert_false(embedded(NULL, "iframe", "same-site"));
    assert_false(embedded(NULL, "iframe", NULL));
}

T(a_mark_tells_where_the_browser_does_not)
{
    sso_fetch_t nothing = {NULL, NULL, NULL}, own = {NULL, "iframe", "same-origin"};

    assert_true(sso_is_embedded(&nothing, true));
    assert_true(sso_is_embedded(&own, true));
}

T(documents_of_frames_are_told_by_their_destination)
{
    sso_fetch_t frame = {NULL, "iframe", NULL}, script = {"none", "script", NULL},
                silent = {"none", NULL, NULL};

    assert_true(sso_fetch_is_frame(&frame));
    assert_false(sso_fetch_is_frame(&script));
    assert_false(sso_fetch_is_frame(&silent));
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/frame_guard.h"

static const char *make(const sso_frame_guard_t **guard, apr_pool_t *p, const char *text)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(text), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(words, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return sso_frame_guard_make(words, guard, p);
}

T(mistakes_are_sentences)
{
    const sso_frame_guard_t *guard;

    assert_sentence(make(&guard, p, ""), "write On");
    assert_sentence(make(&guard, p, "/mod/lti/"), "write On");
    assert_sentence(make(&guard, p, "off /x"), "Off stands alone");
    assert_sentence(make(&guard, p, "on mod/lti"), "mod/lti is no path");
}

T(changes_begun_by_another_site_are_refused_but_where_listed)
{
    const sso_fetch_t cross = {"none", "iframe", "cross-site"}, own = {"none", "", "same-origin"},
                      silent = {"none", NULL, NULL};
    const sso_frame_guard_t *guard;

    assert_null(make(&guard, p, "On /launch.php /lti/"));
    assert_true(sso_frame_guard_refuses(guard, &cross, "POST", "/"));
    assert_true(sso_frame_guard_refuses(guard, &cross, "DELETE", "/launch.php/x"));
    assert_true(sso_frame_guard_refuses(guard, &cross, "POST", "/launch.phpx"));
    assert_true(sso_frame_guard_refuses(guard, &cross, "POST", "/lti"));
    assert_false(sso_frame_guard_refuses(guard, &cross, "POST", "/launch.php"));
    assert_false(sso_frame_guard_refuses(guard, &cross, "POST", "/lti/x/y"));
    assert_false(sso_frame_guard_refuses(guard, &cross, "GET", "/"));
    assert_false(sso_frame_guard_refuses(guard, &own, "POST", "/"));
    assert_false(sso_frame_guard_refuses(guard, &silent, "POST", "/"));
    assert_null(make(&guard, p, "Off"));
    assert_false(sso_frame_guard_refuses(guard, &cross, "POST", "/"));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/csp.h"

static apr_array_header_t *two(apr_pool_t *p)
{
    apr_array_header_t *sources = apr_array_make(p, 2, sizeof(const char *));

    APR_ARRAY_PUSH(sources, const char *) = "'self'";
    APR_ARRAY_PUSH(sources, const char *) = "https://t.example";
    return sources;
}

static void edits(const char *value, const char *expected, apr_pool_t *p)
{
    assert_string_equal(sso_csp_edit(value, two(p), false, p), expected);
    assert_string_equal(sso_csp_edit(expected, two(p), false, p), expected);
}

T(sources_are_united_into_the_first_frame_ancestors)
{
    edits("frame-ancestors 'self'", "frame-ancestors 'self' https://t.example", p);
    edits("frame-ancestors https://a", "frame-ancestors https://a 'self' https://t.example", p);
    edits("default-src 'none';Frame-Ancestors\thttps://a ; img-src *",
          "default-src 'none';Frame-Ancestors\thttps://a 'self' https://t.example ; img-src *", p);
    edits("frame-ancestors 'SELF' HTTPS://T.EXAMPLE", "frame-ancestors 'SELF' HTTPS://T.EXAMPLE",
          p);
}

/* CSP3 6.7.2.2: 'none' beside another source has no effect. */
T(none_goes)
{
    edits("frame-ancestors 'none'", "frame-ancestors 'self' https://t.example", p);
    edits("frame-ancestors", "frame-ancestors 'self' https://t.example", p);
    edits("frame-ancestors;", "frame-ancestors 'self' https://t.example;", p);
    edits("frame-ancestors https://a 'NONE' https://b",
          "frame-ancestors https://a https://b 'self' https://t.example", p);
}

/* CSP3 2.2.1: later directives of the same name are ignored. */
T(later_frame_ancestors_of_the_same_policy_go)
{
    edits("frame-ancestors https://a; x; frame-ancestors 'none'; y",
          "frame-ancestors https://a 'self' https://t.example; x; y", p);
}

T(every_policy_with_frame_ancestors_is_edited_and_no_other)
{
    edits("frame-ancestors https://a, default-src 'self', frame-ancestors https://b",
          "frame-ancestors https://a 'self' https://t.example, default-src 'self', "
          "frame-ancestors https://b 'self' https://t.example",
          p);
}

/* CSP3 2.2.1: a directive that is no ASCII string is skipped. */
T(a_directive_with_other_bytes_is_no_directive)
{
    sso_csp_view_t view;

    assert_true(sso_csp_look("img-src \xc3\xa4", &view));
    assert_int_equal(view.policies, 0);
    assert_false(view.names_ancestors);
}

/* The standard and Firefox skip it; for Chromium it is void, and hides the next one. */
T(frame_ancestors_with_other_bytes_counts_as_none_and_is_replaced)
{
    sso_csp_view_t view;

    assert_true(sso_csp_look("frame-ancestors \xc3\xa4; frame-ancestors https://a", &view));
    assert_true(view.names_ancestors);
    assert_false(view.has_ancestors);
    assert_true(view.forbids_ancestors);
    edits("a; Frame-Ancestors \xc3\xa4 ; frame-ancestors https://a; b",
          "a; Frame-Ancestors 'self' https://t.example ; b", p);
    edits("frame-ancestors https://a; frame-ancestors \xc3\xa4",
          "frame-ancestors https://a 'self' https://t.example; frame-ancestors \xc3\xa4", p);
}

T(replace_leaves_our_sources_alone)
{
    assert_string_equal(sso_csp_edit("a; frame-ancestors https://a https://b ;c", two(p), true, p),
                        "a; frame-ancestors 'self' https://t.example ;c");
}

T(a_policy_without_frame_ancestors_gets_one_appended)
{
    assert_string_equal(sso_csp_append("default-src 'self'", two(p), p),
                        "default-src 'self'; frame-ancestors 'self' https://t.example");
    assert_string_equal(sso_csp_append("default-src 'self'; ", two(p), p),
                        "default-src 'self'; frame-ancestors 'self' https://t.example ");
    assert_string_equal(sso_csp_append(", a , b", two(p), p),
                        ", a; frame-ancestors 'self' https://t.example , b");
    assert_string_equal(sso_csp_append("", two(p), p), "frame-ancestors 'self' https://t.example");
}

T(a_view_says_what_counts)
{
    sso_csp_view_t view;

    assert_true(sso_csp_look(", ;;, a, frame-ancestors x; frame-ancestors 'none'", &view));
    assert_int_equal(view.policies, 2);
    assert_true(view.has_ancestors);
    assert_false(view.forbids_ancestors);
    assert_true(sso_csp_look("frame-ancestors x, frame-ancestors 'none'", &view));
    assert_true(view.forbids_ancestors);
    assert_true(sso_csp_look("x-frame-ancestors 'none'; frame-ancestorsx 'none'", &view));
    assert_false(view.has_ancestors);
}

T(absurd_headers_are_not_judged)
{
    char *many = apr_palloc(p, SSO_CSP_MAX_BYTES + 2);
    sso_csp_view_t view;

    memset(many, 'a', SSO_CSP_MAX_BYTES + 1);
    many[SSO_CSP_MAX_BYTES + 1] = '\0';
    assert_false(sso_csp_look(many, &view));
    memset(many, ',', 200);
    for (int i = 0; i < 200; i += 2)
        many[i] = 'a';
    many[200] = '\0';
    assert_false(sso_csp_look(many, &view));
}

/* CSP3 2.3.1, and stricter: no paths, no schemes but http and https, nothing that lets all in. */
T(sources_are_checked_by_the_grammar)
{
    const char *right[] = {"'self'",
                           "https://teams.microsoft.com",
                           "https://*.teams.microsoft.com",
                           "http://localhost:8080",
                           "portal.example",
                           "https://h:*",
                           "https://h."};
    const char *wrong[] = {"",
                           "*",
                           "http:",
                           "https:",
                           "'none'",
                           "'unsafe-inline'",
                           "'nonce-x'",
                           "data:",
                           "https://h/",
                           "https://h/p",
                           "https://h?q",
                           "https://*",
                           "https://*.",
                           "https://a.*.b",
                           "https://a,b",
                           "https://a;b",
                           "https://a b",
                           "https://\xc3\xa4",
                           "ftp://h",
                           "://h",
                           "https://",
                           "https://h:",
                           "https://h:x",
                           "https://h:123456",
                           "https://[::1]",
                           "'SELF",
                           "https://u@h"};

    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(sso_csp_source_is_valid(right[i], false));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (sso_csp_source_is_valid(wrong[i], false))
            fail_msg("%s was taken", wrong[i]);
    }
    assert_true(sso_csp_source_is_valid("*", true));
    assert_true(sso_csp_source_is_valid("https:", true));
    assert_false(sso_csp_source_is_valid("data:", true));
}

static bool allows(const char *source, const char *origin, apr_pool_t *p)
{
    sso_uri_t uri;

    assert_true(sso_uri_parse(origin, &uri, p));
    return sso_csp_source_allows(source, &uri);
}

T(sources_allow_origins_as_browsers_do)
{
    assert_true(allows("https://a.example", "https://a.example", p));
    assert_true(allows("A.example", "https://a.example", p));
    assert_true(allows("https://*.a.example", "https://x.y.a.example", p));
    assert_false(allows("https://*.a.example", "https://a.example", p));
    assert_false(allows("https://*.a.example", "https://xa.example", p));
    assert_false(allows("https://a.example", "https://a.example.org", p));
    assert_false(allows("https://a.example", "http://a.example", p));
    assert_false(allows("https://a.example", "https://a.example:8443", p));
    assert_true(allows("https://a.example:8443", "https://a.example:8443", p));
    assert_true(allows("https://a.example:*", "https://a.example:8443", p));
    assert_true(allows("*", "https://a.example:8443", p));
    assert_true(allows("https:", "https://a.example", p));
    assert_false(allows("'self'", "https://a.example", p));
}

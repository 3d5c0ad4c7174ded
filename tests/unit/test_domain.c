/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/domain.h"

static const char *normal(const char *domain, apr_pool_t *p)
{
    const char *text = sso_domain_normal(sso_span(domain), p);

    return text ? text : "none";
}

T(equal_domains_are_the_same_bytes)
{
    const char *cases[][2] = {
        {"example.edu", "example.edu"},  {"EXAMPLE.Edu", "example.edu"},
        {"example.edu.", "example.edu"}, {"localhost", "localhost"},
        {"a-b.1.x", "a-b.1.x"},          {"XN--Bcher-Kva.example", "xn--bcher-kva.example"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(normal(cases[i][0], p), cases[i][1]);
}

/* Judged by Python's encodings.punycode. */
T(labels_beyond_ascii_are_punycode)
{
    const char *cases[][2] = {
        {"bücher.example", "xn--bcher-kva.example"}, {"münchen.de", "xn--mnchen-3ya.de"},
        {"日本語.jp", "xn--wgv71a119e.jp"},          {"ü", "xn--tda"},
        {"правда.рф", "xn--80aafi6cg.xn--p1ai"},     {"a😀b.x", "xn--ab-no82a.x"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(normal(cases[i][0], p), cases[i][1]);
}

T(what_is_no_domain_has_no_form)
{
    const char *cases[] = {"",
                           ".",
                           "..",
                           ".example.edu",
                           "a..b",
                           "example.edu..",
                           "-a.b",
                           "a-.b",
                           "a_b",
                           "a b",
                           "a/b",
                           "a@b",
                           "*.a",
                           "a\nb",
                           "a%b",
                           "ü\x01",
                           "\xff",
                           "ü-",
                           "1234567890123456789012345678901234567890123456789012345678901234"};
    char longest[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(normal(cases[i], p), "none");
    for (int i = 0; i < 299; i++)
        longest[i] = i % 2 ? '.' : 'a';
    longest[253] = '\0';
    assert_string_equal(normal(longest, p), longest);
    longest[253] = '.';
    longest[255] = '\0';
    assert_string_equal(normal(longest, p), "none");
    assert_string_equal(
        normal("üöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöäüöä.x", p),
        "none");
}

T(an_address_has_one_at)
{
    const char *wrong[] = {"", "a", "@", "a@", "@b", "a@x@y", "a@@b", "\"a@x\"@y", "a@b c", "a@.b"};
    sso_span_t local;

    assert_string_equal(sso_domain_of_email("Alice@Example.EDU", &local, p), "example.edu");
    assert_span(local, "Alice");
    assert_null(sso_domain_of_email(NULL, &local, p));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(sso_domain_of_email(wrong[i], &local, p));
}

T(a_star_stands_for_what_is_below)
{
    assert_true(sso_domain_is("example.edu", "example.edu"));
    assert_false(sso_domain_is("a.example.edu", "example.edu"));
    assert_false(sso_domain_is("badexample.edu", "example.edu"));
    assert_true(sso_domain_is("a.example.edu", "*.example.edu"));
    assert_true(sso_domain_is("a.b.example.edu", "*.example.edu"));
    assert_false(sso_domain_is("example.edu", "*.example.edu"));
    assert_false(sso_domain_is("badexample.edu", "*.example.edu"));
    assert_false(sso_domain_is("example.edu.evil", "*.example.edu"));
}

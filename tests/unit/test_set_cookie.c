/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/set_cookie.h"

#define TAIL "; Secure; SameSite=None; Partitioned"

#define assert_partitioned(line, expected) \
    assert_string_equal(sso_set_cookie_partitioned((line), p), (expected))

/* The lines are Moodle's and Drupal's own. */
T(a_cookie_of_the_whole_host_gets_the_stricter_prefix)
{
    assert_partitioned("MoodleSession=abc; path=/; secure; HttpOnly; SameSite=Lax",
                       "__Host-MoodleSession=abc; path=/; HttpOnly" TAIL);
    assert_partitioned("MoodleSession=abc; path=/; secure; HttpOnly; SameSite=None",
                       "__Host-MoodleSession=abc; path=/; HttpOnly" TAIL);
    assert_partitioned("MoodleSession=abc; path=/; secure; SameSite=None; Partitioned;",
                       "__Host-MoodleSession=abc; path=/" TAIL);
}

T(a_path_or_domain_allows_the_lesser_prefix_only)
{
    assert_partitioned("MoodleSession=abc; path=/moodle/; secure; SameSite=Lax",
                       "__Secure-MoodleSession=abc; path=/moodle/" TAIL);
    assert_partitioned(
        "SSESS1=x%2Cy; expires=Tue, 15 Dec 2026 11:00:00 GMT; Max-Age=2000000; path=/; "
        "domain=.example.org; secure; HttpOnly; SameSite=Lax",
        "__Secure-SSESS1=x%2Cy; expires=Tue, 15 Dec 2026 11:00:00 GMT; Max-Age=2000000; path=/; "
        "domain=.example.org; HttpOnly" TAIL);
    assert_partitioned("a=b", "__Secure-a=b" TAIL);
    assert_partitioned("a=b; Path=/; Domain=x.example; Domain=",
                       "__Secure-a=b; Path=/; Domain=x.example; Domain=" TAIL);
    assert_partitioned("a=b; path=\"/\"", "__Secure-a=b; path=\"/\"" TAIL);
}

/* RFC 6265bis 5.7: a domain without value is none. */
T(an_empty_domain_is_none)
{
    assert_partitioned("a=b; Domain; Path=/", "__Host-a=b; Domain; Path=/" TAIL);
    assert_partitioned("a=b; Path=/; Domain=", "__Host-a=b; Path=/; Domain=" TAIL);
}

T(the_last_path_counts)
{
    assert_partitioned("a=b; path=/x; PATH = / ", "__Host-a=b; path=/x; PATH = / " TAIL);
    assert_partitioned("a=b; path=/; path=/x", "__Secure-a=b; path=/; path=/x" TAIL);
    assert_partitioned("a=b; path=/; path", "__Secure-a=b; path=/; path" TAIL);
}

T(each_attribute_goes_out_once_whatever_there_was)
{
    assert_partitioned("a=b;SECURE;secure = 1; SameSite=Lax; samesite; ;;partitioned=x;Path=/",
                       "__Host-a=b;Path=/" TAIL);
    assert_partitioned("a=b; securely; SameSites=x", "__Secure-a=b; securely; SameSites=x" TAIL);
}

T(value_and_white_space_stay_as_they_are)
{
    assert_partitioned(" a = b = \"c\" ; path=/", " __Host-a = b = \"c\" ; path=/" TAIL);
    assert_partitioned("a=; path=/; HttpOnly=1; x\x01\xff=y",
                       "__Host-a=; path=/; HttpOnly=1; x\x01\xff=y" TAIL);
}

T(names_are_found_as_browsers_find_them)
{
    assert_span(sso_set_cookie_name(" a b =c; d=e"), "a b");
    assert_span(sso_set_cookie_name("a=b=c"), "a");
    assert_int_equal(sso_set_cookie_name("abc; d=e").len, 0);
    assert_int_equal(sso_set_cookie_name("=abc").len, 0);
    assert_int_equal(sso_set_cookie_name("").len, 0);
    assert_int_equal(sso_set_cookie_name(NULL).len, 0);
}

T(the_original_name_comes_back)
{
    assert_string_equal(sso_set_cookie_original("__Host-a"), "a");
    assert_string_equal(sso_set_cookie_original("__Secure-a"), "a");
    assert_string_equal(sso_set_cookie_original("__Host-__Secure-a"), "__Secure-a");
    assert_string_equal(sso_set_cookie_original("__host-a"), "__host-a");
    assert_string_equal(sso_set_cookie_original("__Hosta"), "__Hosta");
    assert_string_equal(sso_set_cookie_original(""), "");
}

T(an_ended_cookie_is_written_as_php_does)
{
    assert_string_equal(sso_set_cookie_ended("A", "/m/", NULL, false, p),
                        "A=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/m/; "
                        "HttpOnly");
    assert_string_equal(sso_set_cookie_ended("A", "/", ".x.test", true, p),
                        "A=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; "
                        "domain=.x.test; secure; HttpOnly");
}

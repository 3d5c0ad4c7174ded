/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/uri.h"

T(urls_are_taken_apart)
{
    sso_uri_t uri;

    assert_true(sso_uri_parse("HTTPS://Moodle.Example.EDU/a?b#c", &uri, p));
    assert_string_equal(uri.scheme, "https");
    assert_string_equal(uri.host, "moodle.example.edu");
    assert_int_equal(uri.port, 443);
    assert_string_equal(uri.path, "/a?b");
    assert_true(sso_uri_parse("http://h:8080", &uri, p));
    assert_int_equal(uri.port, 8080);
    assert_string_equal(uri.path, "");
    assert_true(sso_uri_parse("http://h?q", &uri, p));
    assert_string_equal(uri.path, "/?q");
    assert_true(sso_uri_parse("http://[::1]:81/x", &uri, p));
    assert_string_equal(uri.host, "[::1]");
    assert_int_equal(uri.port, 81);
}

T(what_browsers_and_servers_read_differently_is_refused)
{
    const char *wrong[] = {"",
                           "/a",
                           "//h/",
                           "ftp://h/",
                           "javascript://h/",
                           "http:/h/",
                           "http:///h",
                           "http://",
                           "http://user@h/",
                           "http://a@b@h/",
                           "http://h\\@x/",
                           "http://h/\\",
                           "http://h /",
                           "http://h\t/",
                           "http://h\n/",
                           "http://\x01h/",
                           "http://h/\x80",
                           "http://h:/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:8a/",
                           "http://.h/",
                           "http://h..x/",
                           "http://h_x/",
                           "http://[::1/",
                           "http://[1]/",
                           "http://%68/",
                           " http://h/"};
    sso_uri_t uri;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (sso_uri_parse(wrong[i], &uri, p))
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

T(origins_are_written_as_browsers_write_them)
{
    sso_uri_t a, b;

    assert_true(sso_uri_parse("https://h:443/x", &a, p) && sso_uri_parse("https://H/y", &b, p));
    assert_true(sso_uri_same_origin(&a, &b));
    assert_string_equal(sso_uri_origin(&a, p), "https://h");
    assert_true(sso_uri_parse("http://h:8080/x", &a, p));
    assert_string_equal(sso_uri_origin(&a, p), "http://h:8080");
    assert_false(sso_uri_same_origin(&a, &b));
}

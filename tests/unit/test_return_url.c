/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/return_url.h"

static const char *allowed(const char *wanted, apr_pool_t *p)
{
    sso_uri_t own, *other;
    apr_array_header_t *origins = apr_array_make(p, 1, sizeof(sso_uri_t));

    assert_true(sso_uri_parse("https://moodle.example", &own, p));
    other = apr_array_push(origins);
    assert_true(sso_uri_parse("https://portal.example:8443", other, p));
    return sso_return_url(wanted, &own, origins, p);
}

T(paths_and_whole_urls_of_listed_origins_are_allowed)
{
    assert_string_equal(allowed("/", p), "https://moodle.example/");
    assert_string_equal(allowed("/course/view.php?id=5&x=%2F%2Fe", p),
                        "https://moodle.example/course/view.php?id=5&x=%2F%2Fe");
    assert_string_equal(allowed("/a#b", p), "https://moodle.example/a");
    assert_string_equal(allowed("/../x", p), "https://moodle.example/../x");
    assert_string_equal(allowed("/%2f%2fevil.example", p),
                        "https://moodle.example/%2f%2fevil.example");
    assert_string_equal(allowed("https://moodle.example", p), "https://moodle.example/");
    assert_string_equal(allowed("HTTPS://MOODLE.example:443/x", p), "https://moodle.example/x");
    assert_string_equal(allowed("https://portal.example:8443/x?y", p),
                        "https://portal.example:8443/x?y");
    assert_string_equal(allowed("/x?return=https://evil.example/", p),
                        "https://moodle.example/x?return=https://evil.example/");
}

/* The classes of payloads that opened redirects elsewhere (CVE-2019-14857, CVE-2021-32786 ...). */
T(nobody_is_sent_anywhere_else)
{
    static const char *const wanted[] = {"",
                                         "x",
                                         "?x",
                                         "#x",
                                         "//evil.example",
                                         "///evil.example",
                                         "////evil.example",
                                         "/\\evil.example",
                                         "\\/evil.example",
                                         "/\t/evil.example",
                                         "/\n/evil.example",
                                         "/\r\n/evil.example",
                                         " //evil.example",
                                         " /x",
                                         "/ /evil.example",
                                         "\t//evil.example",
                                         "https:evil.example",
                                         "https:/evil.example",
                                         "https:///evil.example",
                                         "https://evil.example",
                                         "http://moodle.example",
                                         "https:\\\\evil.example",
                                         "https://moodle.example@evil.example",
                                         "https://moodle.example:443@evil.example",
                                         "https://moodle.example.evil.example",
                                         "https://moodle.example%2eevil.example",
                                         "https://evil.example#moodle.example",
                                         "https://evil.example?moodle.example",
                                         "https://evil.example\\.moodle.example",
                                         "https://moodle.example\\@evil.example",
                                         "https://moodle.example:8443/",
                                         "https://portal.example/",
                                         "https://portal.example:8443@evil.example/",
                                         "javascript:alert(1)",
                                         "JavaScript:alert(1)",
                                         "javascript://moodle.example/%0aalert(1)",
                                         "data:text/html,x",
                                         "vbscript:x",
                                         "ftp://moodle.example",
                                         "blob:https://moodle.example/x",
                                         "https://[::1]/",
                                         "https://moodle.example:0443x/",
                                         "https://moodle.example:99999/",
                                         "https://moodle\xc3\xa9.example/",
                                         "/x\x01",
                                         "/x\x7f",
                                         "/\xe2\x80\xa8",
                                         "/x\\..\\y",
                                         "https://moodle.example\t.evil.example",
                                         "https://\tmoodle.example",
                                         "https:// moodle.example",
                                         "https://moodle.example\x00.evil"};

    for (apr_size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) - 1; i++) {
        if (allowed(wanted[i], p) != NULL)
            fail_msg("%s was allowed as %s", wanted[i], allowed(wanted[i], p));
    }
    assert_null(allowed(NULL, p));
}

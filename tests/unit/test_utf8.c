/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/utf8.h"

T(well_formed_text_stays_the_same_pointer)
{
    const char *text = "B\xc3\xb6"
                       "b \xe2\x82\xac \xf0\x9f\x8e\x93";

    assert_ptr_equal(sso_utf8_clean(text, p), text);
}

T(control_characters_become_blanks)
{
    assert_string_equal(sso_utf8_clean("a\nb\rc\x7f"
                                       "d\xc2\x85"
                                       "e",
                                       p),
                        "a b c d e");
}

/* RFC 3629 section 4: overlong, surrogates, beyond U+10FFFF, lonely and missing continuations. */
T(ill_formed_bytes_become_replacement_characters)
{
    const char *wrong[] = {
        "\xc0\xaf",         "\xc1\xbf",         "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80",         "\xff",         "\xc3",
        "\xe2\x82"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *clean;
        assert_false(sso_utf8_is_clean(sso_span(wrong[i])));
        clean = sso_utf8_clean(wrong[i], p);
        assert_true(sso_utf8_is_clean(sso_span(clean)));
        assert_int_equal(strncmp(clean, "\xef\xbf\xbd", 3), 0);
    }
    assert_string_equal(sso_utf8_clean("a\xff"
                                       "b",
                                       p),
                        "a\xef\xbf\xbd"
                        "b");
}

T(whatever_comes_in_clean_text_comes_out)
{
    for (int round = 0; round < 20000; round++) {
        char text[16] = {0};
        for (int i = 0; i < 12; i++)
            text[i] = (char)(1 + runner_random(255));
        assert_true(sso_utf8_is_clean(sso_span(sso_utf8_clean(text, p))));
    }
}

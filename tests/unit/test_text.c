/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

T(text_is_compared_with_and_without_case)
{
    assert_true(sso_span_equal(sso_span("abc"), "abc"));
    assert_false(sso_span_equal(sso_span("abc"), "abd"));
    assert_false(sso_span_equal(sso_span("ab"), "abc"));
    assert_true(sso_span_equal(sso_span(NULL), ""));
    assert_true(sso_span_equal_nocase(sso_span("Frame-ANCESTORS"), sso_span("frame-ancestors")));
    assert_false(sso_span_equal_nocase(sso_span("a["), sso_span("A{")));
    assert_true(sso_span_equal_constant_time(sso_span("x\xff"), sso_span("x\xff")));
    assert_false(sso_span_equal_constant_time(sso_span("abc"), sso_span("abC")));
    assert_false(sso_span_equal_constant_time(sso_span("abc"), sso_span("ab")));
}

T(items_are_cut_at_the_separator_and_empty_ones_count)
{
    sso_span_t rest = sso_span("a,,b,"), item;
    const char *expected[] = {"a", "", "b", ""};

    for (int i = 0; i < 4; i++) {
        assert_true(sso_span_next(&rest, ',', &item));
        assert_span(item, expected[i]);
    }
    assert_false(sso_span_next(&rest, ',', &item));
    rest = sso_span(NULL);
    assert_false(sso_span_next(&rest, ',', &item));
}

T(words_are_cut_at_white_space)
{
    sso_span_t rest = sso_span(" \tone\n two\f"), word;

    assert_true(sso_span_word(&rest, &word));
    assert_span(word, "one");
    assert_true(sso_span_word(&rest, &word));
    assert_span(word, "two");
    assert_false(sso_span_word(&rest, &word));
    assert_span(sso_span_trim(sso_span("\r\n x y \t")), "x y");
}

T(integers_are_whole_and_cannot_overflow)
{
    apr_int64_t n = 7;
    const char *wrong[] = {"", "-", "+1", " 1", "1 ", "1x", "0x1", "1e3", "1234567890123456789"};

    assert_true(sso_span_integer(sso_span("-120"), &n));
    assert_int_equal(n, -120);
    assert_true(sso_span_integer(sso_span("999999999999999999"), &n));
    assert_true(n == APR_INT64_C(999999999999999999));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_span_integer(sso_span(wrong[i]), &n));
}

T(words_have_letters_digits_and_what_is_said)
{
    assert_true(sso_span_is_word(sso_span("aZ09,-"), ",-", 6));
    assert_false(sso_span_is_word(sso_span("aZ09,-"), ",-", 5));
    assert_false(sso_span_is_word(sso_span("a_b"), ",-", 9));
    assert_false(sso_span_is_word(sso_span(""), ",-", 9));
    for (int byte = 0; byte < 256; byte++) {
        char one[] = {(char)byte};
        bool is = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                  (byte >= '0' && byte <= '9') || byte == '-';
        assert_int_equal(sso_span_is_word((sso_span_t){one, 1}, "-", 1), is);
    }
}

T(allowed_characters_never_include_nul)
{
    sso_span_t with_nul = {"a\0b", 3};

    assert_true(sso_span_consists_of(sso_span("abba"), "ab", 4));
    assert_false(sso_span_consists_of(sso_span("abba"), "ab", 3));
    assert_false(sso_span_consists_of(sso_span(""), "ab", 3));
    assert_false(sso_span_consists_of(with_nul, "ab", 9));
}

T(guids_have_one_form)
{
    const char *wrong[] = {"",
                           "72f988bf-86f1-41af-91ab-2d7cd011db4",
                           "72f988bf-86f1-41af-91ab-2d7cd011db477",
                           "72f988bf086f1-41af-91ab-2d7cd011db47",
                           "72f988bf-86f1-41af-91ab-2d7cd011db4g",
                           "{72f988bf-86f1-41af-91ab-2d7cd011db47}",
                           "72f988bf86f141af91ab2d7cd011db47",
                           "72f988bf-86f1-41af-91ab-2d7cd011db\xc3\xa4"};

    assert_true(sso_span_is_guid(sso_span("72f988bf-86f1-41af-91ab-2d7cd011db47")));
    assert_true(sso_span_is_guid(sso_span("72F988BF-86F1-41AF-91AB-2D7CD011DB47")));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_span_is_guid(sso_span(wrong[i])));
}

T(a_lower_copy_leaves_other_letters_alone)
{
    assert_string_equal(sso_span_lower(sso_span("AzZ09-@[`\xc3\x84"), p), "azz09-@[`\xc3\x84");
    assert_string_equal(sso_span_lower((sso_span_t){"ABC", 2}, p), "ab");
    assert_string_equal(sso_span_lower(sso_span(""), p), "");
}

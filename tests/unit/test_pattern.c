/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/pattern.h"

static bool matches(const char *pattern, const char *text, apr_pool_t *p)
{
    const sso_pattern_t *compiled;
    const char *why = NULL;

    if (!sso_pattern_compile(pattern, &compiled, &why, p))
        fail_msg("%s: %s", pattern, why);
    return sso_pattern_matches(compiled, text, p);
}

T(the_whole_text_counts)
{
    assert_true(matches("[a-z.]+@example\\.edu", "a.b@example.edu", p));
    assert_false(matches("[a-z.]+@example\\.edu", "a.b@example.edu.evil", p));
    assert_false(matches("[a-z.]+@example\\.edu", "X a.b@example.edu", p));
    assert_false(matches("a", "a\n", p));
    assert_false(matches("a$", "a\n", p));
    assert_false(matches("(?m)^a$", "b\na", p));
    assert_false(matches("a|b", "ab", p));
    assert_true(matches("a|ab", "ab", p));
    assert_false(matches("", "a", p));
    assert_true(matches(".", "ü", p));
    assert_false(matches("a", "A", p));
    assert_true(matches("(?i)a", "A", p));
}

T(what_does_not_end_does_not_match)
{
    char text[SSO_PATTERN_TEXT_MAX + 2];

    memset(text, 'a', sizeof(text));
    text[SSO_PATTERN_TEXT_MAX + 1] = '\0';
    assert_false(matches("a*", text, p));
    text[SSO_PATTERN_TEXT_MAX] = '\0';
    assert_true(matches("a*", text, p));
    text[SSO_PATTERN_TEXT_MAX - 1] = '!';
    assert_false(matches("(a+)+", text, p));
    assert_false(matches("(a|aa)*b", text, p));
    assert_false(matches("(a|a)*b?", text, p));
    assert_false(matches("(?R)?a", text, p));
}

T(what_is_no_expression_says_why)
{
    const char *wrong[] = {"(", "a)|(b", "[", "*", "\\C", "a{2,1}", "\xff"};
    const sso_pattern_t *compiled;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *why = NULL;
        assert_false(sso_pattern_compile(wrong[i], &compiled, &why, p));
        assert_sentence(why, "at character");
    }
}

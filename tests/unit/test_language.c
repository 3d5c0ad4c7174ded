/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/language.h"

static const char *choose(const char *header, apr_pool_t *p)
{
    static const char *const known[] = {"en", "de", "pt-BR"};
    apr_array_header_t *tags = apr_array_make(p, 3, sizeof(const char *));

    for (int i = 0; i < 3; i++)
        APR_ARRAY_PUSH(tags, const char *) = known[i];
    return known[sso_language_choose(header, tags)];
}

T(the_preferred_language_is_chosen)
{
    assert_string_equal(choose("de", p), "de");
    assert_string_equal(choose("de-AT, en;q=0.5", p), "de");
    assert_string_equal(choose("DE", p), "de");
    assert_string_equal(choose("fr, de;q=0.7, en;q=0.3", p), "de");
    assert_string_equal(choose("en;q=0.3,de;q=0.7", p), "de");
    assert_string_equal(choose("en , de", p), "en");
    assert_string_equal(choose("pt-br", p), "pt-BR");
    assert_string_equal(choose("de ; q=1.000, en", p), "de");
}

T(what_nobody_asks_for_is_not_chosen)
{
    assert_string_equal(choose(NULL, p), "en");
    assert_string_equal(choose("", p), "en");
    assert_string_equal(choose("fr", p), "en");
    assert_string_equal(choose("pt", p), "en");
    assert_string_equal(choose("deu", p), "en");
    assert_string_equal(choose("de;q=0", p), "en");
    assert_string_equal(choose("de;q=0.000", p), "en");
    assert_string_equal(choose("*, de;q=0.5", p), "en");
    assert_string_equal(choose("de;q=2, de;q=1.5, de;q=x, de;q=, de;q=0,5", p), "en");
}

T(nonsense_is_no_harm)
{
    assert_string_equal(choose(",,;;q=1,-,--de,;q", p), "en");
    assert_string_equal(choose("-de-", p), "en");
    assert_string_equal(
        choose("fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,fr,"
               "fr,fr,fr,fr,fr,fr,fr,fr,fr,de",
               p),
        "en");
}

T(tags_are_told_from_other_words)
{
    assert_true(sso_language_is_tag(sso_span("de")));
    assert_true(sso_language_is_tag(sso_span("pt-BR")));
    assert_true(sso_language_is_tag(sso_span("zh-Hant-TW")));
    assert_false(sso_language_is_tag(sso_span("")));
    assert_false(sso_language_is_tag(sso_span("d")));
    assert_false(sso_language_is_tag(sso_span("deutsch")));
    assert_false(sso_language_is_tag(sso_span("de-")));
    assert_false(sso_language_is_tag(sso_span("de_AT")));
    assert_false(sso_language_is_tag(sso_span("../de")));
}

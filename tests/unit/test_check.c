/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <jansson.h>

#include "sso/check.h"
#include "sso/page_files.h"
#include "sso/pages.h"

T(a_line_is_named_after_what_it_is_about)
{
    sso_check_t check;

    sso_check_init(&check, p);
    sso_check_about(&check, "source", "moodle");
    assert_string_equal(
        sso_check_add(&check, "select.user", SSO_CHECK_GOOD, SSO_FOUND_GRANTED, "x")->name,
        "source.moodle.select.user");
    sso_check_about(&check, "store", NULL);
    assert_string_equal(
        sso_check_add(&check, "tables", SSO_CHECK_UNTESTED, SSO_FOUND_NO_TIME, NULL)->name,
        "store.tables");
    assert_true(sso_check_is_good(&check));
    sso_check_add(&check, "x", SSO_CHECK_BAD, SSO_FOUND_WORDS, "y");
    assert_false(sso_check_is_good(&check));
}

static const sso_check_line_t *clock_ahead(apr_interval_time_t ahead, apr_pool_t *p)
{
    sso_check_t check;

    sso_check_init(&check, p);
    sso_check_about(&check, "database", "d");
    sso_check_clock(&check, "clock", ahead, apr_time_from_sec(60), SSO_FIX_CLOCK);
    return &APR_ARRAY_IDX(check.lines, 0, sso_check_line_t);
}

T(a_clock_may_be_as_far_off_as_the_limit_either_way)
{
    assert_int_equal(clock_ahead(apr_time_from_sec(60), p)->verdict, SSO_CHECK_GOOD);
    assert_int_equal(clock_ahead(apr_time_from_sec(-60), p)->verdict, SSO_CHECK_GOOD);
    assert_int_equal(clock_ahead(apr_time_from_sec(60), p)->fix, SSO_FIX_NONE);
    assert_int_equal(clock_ahead(apr_time_from_sec(61), p)->verdict, SSO_CHECK_BAD);
    assert_int_equal(clock_ahead(apr_time_from_sec(-61), p)->fix, SSO_FIX_CLOCK);
    assert_string_equal(clock_ahead(apr_time_from_sec(-61), p)->what, "-61");
    assert_string_equal(clock_ahead(0, p)->why, "60");
}

/* In English, then in German. */
static void assert_written(const sso_pages_t *pages, const char *name, apr_pool_t *p)
{
    json_t *words = json_pack("{s:s, s:s, s:s, s:s}", "what", "WHAT", "why", "WHY", "run", "'RUN'",
                              "thing", "THING");
    int german = sso_pages_language(pages, "de");
    const char *english = sso_pages_sentence(pages, name, 0, words, p);
    const char *other = sso_pages_sentence(pages, name, german, words, p);

    json_decref(words);
    if (english == NULL || other == NULL)
        fail_msg("there is no text %s", name);
    assert_true(german != 0);
    /* Three words are the same in both languages: what somebody else says. */
    if (strcmp(english, other) == 0 && strstr(name, "found_words") == NULL &&
        strstr(name, "found_error") == NULL)
        fail_msg("%s is English in German: %s", name, other);
    if ((strstr(english, "'RUN'") == NULL) != (strstr(other, "'RUN'") == NULL))
        fail_msg("%s does not say in both languages what to run", name);
}

T(everything_that_is_found_and_every_fix_has_a_text_in_both_languages)
{
    const char *sentence;
    sso_pages_t *pages = sso_pages_make(&sentence, p);

    for (int i = 0; i < SSO_FOUND_COUNT; i++)
        assert_written(pages, sso_found_text((sso_found_t)i), p);
    for (int i = 0; i < SSO_FIX_COUNT; i++)
        assert_written(pages, sso_fix_text((sso_fix_t)i), p);
}

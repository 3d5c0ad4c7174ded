/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/moodle_mark.h"

static sso_moodle_mark_t mark_of(const char *value, const char *subject, const char *sid,
                                 apr_pool_t *p)
{
    return sso_moodle_mark_read(sso_span(value), subject, sso_span(sid), p);
}

T(who_comes_back_with_the_session_or_with_none_returned)
{
    const char *mark = sso_moodle_mark_make("2", sso_span("abc"), 1, p);

    assert_true(mark_of(mark, "2", "abc", p).returned);
    assert_true(mark_of(mark, "2", "", p).returned);
    assert_int_equal(mark_of(mark, "2", "abc", p).rounds, 1);
}

T(another_tab_with_another_session_did_not_until_it_was_too_often)
{
    const char *mark = sso_moodle_mark_make("2", sso_span("abc"), 3, p);
    const char *often = sso_moodle_mark_make("2", sso_span("abc"), 99, p);

    assert_false(mark_of(mark, "2", "abd", p).returned);
    assert_int_equal(mark_of(mark, "2", "abd", p).rounds, 3);
    assert_true(mark_of(often, "2", "abd", p).returned);
    assert_int_equal(mark_of(often, "2", "abd", p).rounds, SSO_MOODLE_MARK_ROUNDS);
}

T(once_known_to_return_every_session_counts)
{
    assert_true(
        mark_of(sso_moodle_mark_make("2", sso_span(""), 1, p), "2", "anything", p).returned);
}

T(the_mark_of_another_person_and_what_is_none_say_nothing)
{
    const char *const none[] = {"", ".", "..", "a.b", "a.b.c", "a.b.1.2", "......"};

    assert_int_equal(
        mark_of(sso_moodle_mark_make("3", sso_span("abc"), 1, p), "2", "abc", p).rounds, 0);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(mark_of(none[i], "2", "abc", p).rounds, 0);
        assert_false(mark_of(none[i], "2", "", p).returned);
    }
}

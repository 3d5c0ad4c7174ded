/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/frame_cookies.h"

static apr_array_header_t *words_of(const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(text), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(words, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return words;
}

static const char *sentence_of(const char *text, apr_pool_t *p)
{
    const sso_frame_cookies_t *cookies;

    return sso_frame_cookies_make(words_of(text, p), &cookies, p);
}

static const sso_frame_cookies_t *cookies_of(const char *text, apr_pool_t *p)
{
    const sso_frame_cookies_t *cookies;

    assert_null(sso_frame_cookies_make(words_of(text, p), &cookies, p));
    return cookies;
}

T(mistakes_are_sentences)
{
    assert_sentence(sentence_of("", p), "name the session cookies");
    assert_sentence(sentence_of("*", p), "name the session cookies");
    assert_sentence(sentence_of("Moodle*Session", p), "Moodle*Session is no name");
    assert_sentence(sentence_of("a;b", p), "a;b is no name");
    assert_sentence(sentence_of("off a", p), "Off stands alone");
    assert_sentence(sentence_of("__Host-x", p), "those are what listed cookies are renamed to");
    assert_sentence(sentence_of("_*", p), "those are what listed cookies are renamed to");
    assert_sentence(sentence_of("__secure-*", p), "those are what listed cookies are renamed to");
    assert_null(sentence_of("__session", p));
    assert_null(cookies_of("off", p)->patterns);
}

T(only_listed_names_are_renamed)
{
    const sso_frame_cookies_t *cookies = cookies_of("MoodleSession* SID", p);
    const char *other = "MOODLEID1_=x; path=/", *near = "SIDx=1; path=/",
               *renamed = "__Host-SID=1; path=/";

    assert_ptr_equal(sso_frame_cookies_rename(cookies, other, p), other);
    assert_ptr_equal(sso_frame_cookies_rename(cookies, near, p), near);
    assert_ptr_equal(sso_frame_cookies_rename(cookies, renamed, p), renamed);
    assert_string_equal(sso_frame_cookies_rename(cookies, "SID=1; path=/", p),
                        "__Host-SID=1; path=/; Secure; SameSite=None; Partitioned");
    assert_string_equal(
        sso_frame_cookies_rename(cookies, "MoodleSessionprod=1; path=/m/", p),
        "__Secure-MoodleSessionprod=1; path=/m/; Secure; SameSite=None; Partitioned");
}

#define assert_mapped(header, twins, expected) \
    assert_string_equal(mapped(cookies, (header), (twins), p), (expected))

static const char *mapped(const sso_frame_cookies_t *cookies, const char *header, sso_twins_t twins,
                          apr_pool_t *p)
{
    sso_frame_cookies_view_t seen, view;
    const char *result = sso_frame_cookies_map_back(cookies, header, twins, &seen, p);

    sso_frame_cookies_look(cookies, header, &view);
    assert_true(seen.has_plain == view.has_plain && seen.has_renamed == view.has_renamed &&
                seen.has_mark == view.has_mark);
    return result;
}

T(renamed_cookies_shadow_their_twins)
{
    const sso_frame_cookies_t *cookies = cookies_of("MoodleSession* SID", p);

    assert_mapped("MoodleSession=top; a=b; __Host-MoodleSession=framed; SID=plain",
                  SSO_TWINS_SHADOWED, "a=b; MoodleSession=framed; SID=plain");
    assert_mapped("a=b;__Secure-MoodleSession=framed;MoodleSession=top", SSO_TWINS_SHADOWED,
                  "a=b; MoodleSession=framed");
    assert_mapped("MoodleSessionprod=top; __Host-MoodleSession=framed", SSO_TWINS_SHADOWED,
                  "MoodleSessionprod=top; MoodleSession=framed");
}

T(plain_ones_are_dropped_where_they_belong_to_the_top_level)
{
    const sso_frame_cookies_t *cookies = cookies_of("MoodleSession* SID", p);

    assert_mapped("MoodleSession=top; a=b; SID=plain", SSO_TWINS_DROPPED, "a=b");
    assert_mapped("__Host-MoodleSession=framed; SID=plain", SSO_TWINS_DROPPED,
                  "MoodleSession=framed");
    assert_null(mapped(cookies, "SID=plain", SSO_TWINS_DROPPED, p));
}

/* A path of its own and the whole host: browsers send the longer path first, PHP takes that. */
T(two_renamed_ones_keep_their_order)
{
    const sso_frame_cookies_t *cookies = cookies_of("SID", p);

    assert_mapped("__Secure-SID=longer; SID=top; __Host-SID=shorter", SSO_TWINS_SHADOWED,
                  "SID=longer; SID=shorter");
}

T(other_cookies_stay_byte_for_byte)
{
    const sso_frame_cookies_t *cookies = cookies_of("SID", p);

    assert_mapped("a = \"b\" ;; __Host-other=1;  c; __Host-SID = x=y", SSO_TWINS_DROPPED,
                  "a = \"b\" ;; __Host-other=1;  c; SID = x=y");
}

T(our_mark_is_seen_and_kept_from_the_application)
{
    const sso_frame_cookies_t *cookies = cookies_of("SID", p);
    sso_frame_cookies_view_t view;

    assert_mapped("a=b; " SSO_FRAME_MARK "=1; __Host-SID=x", SSO_TWINS_DROPPED, "a=b; SID=x");
    assert_null(mapped(cookies, SSO_FRAME_MARK "=1", SSO_TWINS_SHADOWED, p));
    assert_string_equal(sso_frame_cookies_strip(cookies, SSO_FRAME_MARK "=1; a=b", p), "a=b");
    sso_frame_cookies_look(cookies, "a=b; " SSO_FRAME_MARK "=1", &view);
    assert_true(view.has_mark && !view.has_renamed && !view.has_plain);
    sso_frame_cookies_look(cookies, SSO_FRAME_MARK "x=1", &view);
    assert_false(view.has_mark);
}

T(without_a_list_only_our_mark_is_ours)
{
    static const char header[] =
        "MoodleSession=a; __Host-MoodleSession=b; " SSO_FRAME_MARK "=1; x=y";
    sso_frame_cookies_view_t view;

    assert_string_equal(
        sso_frame_cookies_map_back(&sso_frame_cookies_none, header, SSO_TWINS_DROPPED, &view, p),
        "MoodleSession=a; __Host-MoodleSession=b; x=y");
    assert_true(view.has_mark && !view.has_renamed && !view.has_plain);
    assert_string_equal(
        sso_frame_cookies_rename(&sso_frame_cookies_none, "MoodleSession=a; path=/", p),
        "MoodleSession=a; path=/");
}

T(over_http_renamed_ones_are_not_genuine)
{
    const sso_frame_cookies_t *cookies = cookies_of("SID", p);

    assert_string_equal(sso_frame_cookies_strip(cookies, "__Host-SID=x; SID=y; __Host-b=z", p),
                        "SID=y; __Host-b=z");
    assert_null(sso_frame_cookies_strip(cookies, "__Secure-SID=x", p));
}

T(what_a_header_holds_is_seen)
{
    const sso_frame_cookies_t *cookies = cookies_of("SID", p);
    sso_frame_cookies_view_t view;

    sso_frame_cookies_look(cookies, NULL, &view);
    assert_false(view.has_renamed || view.has_plain);
    sso_frame_cookies_look(cookies, "a=b;  SID=x", &view);
    assert_true(view.has_plain && !view.has_renamed);
    sso_frame_cookies_look(cookies, "__Secure-SID=x; __Host-a=b", &view);
    assert_true(view.has_renamed && !view.has_plain);
}

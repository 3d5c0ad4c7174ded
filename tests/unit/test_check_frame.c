/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/check_frame.h"

static apr_array_header_t *words(const char *text, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(text), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(list, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return list;
}

/* Lines as "name=verdict run" for a path with these directives; NULL: Off. */
static const char *judged(const char *ancestors, const char *cookies, bool is_https,
                          const char *of_moodle, const char *of_others, apr_pool_t *p)
{
    static const char *const verdicts[] = {"good", "bad", "untested"};
    sso_check_frame_t at = {.path = "/",
                            .origin = is_https ? "https://a.test" : "http://a.test:8080",
                            .is_https = is_https,
                            .of_moodle = words(of_moodle, p),
                            .of_others = words(of_others, p)};
    const char *text = "";
    sso_check_t check;

    if (ancestors != NULL)
        assert_null(sso_frame_make(words(ancestors, p), &at.frame, p));
    if (cookies != NULL)
        assert_null(sso_frame_cookies_make(words(cookies, p), &at.cookies, p));
    sso_check_init(&check, p);
    sso_check_about(&check, "frames", NULL);
    sso_check_frame(&check, &at);
    for (int i = 0; i < check.lines->nelts; i++) {
        const sso_check_line_t *line = &APR_ARRAY_IDX(check.lines, i, sso_check_line_t);

        text = apr_pstrcat(p, text, line->name + strlen("frames."), "=", verdicts[line->verdict],
                           line->run ? " " : "", line->run ? line->run : "", "\n", NULL);
    }
    return text;
}

T(where_nothing_of_frames_is_configured_nothing_is_tested)
{
    assert_string_equal(judged(NULL, NULL, false, "MoodleSession", "", p), "ancestors=untested\n");
}

T(a_frame_needs_https_ancestors_and_moodles_cookie)
{
    assert_string_equal(judged("teams", "MoodleSession*", true, "MoodleSessionx", "SSESSx", p),
                        "https=good\nancestors=good\ncookie.MoodleSessionx=good\n"
                        "cookie.SSESSx=untested\n");
    assert_string_equal(judged("teams", NULL, false, "MoodleSession", "", p),
                        "https=bad MoodleSSOBaseURL https://a.test:8080\nancestors=good\n"
                        "cookie.MoodleSession=bad MoodleSSOFrameCookies MoodleSession\n");
    assert_string_equal(judged(NULL, "SSESS*", true, "", "SSESSx", p),
                        "https=good\nancestors=bad MoodleSSOFrameAncestors teams\n"
                        "cookie.SSESSx=good\n");
}

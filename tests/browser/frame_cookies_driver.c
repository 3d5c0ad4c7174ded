/* SPDX-License-Identifier: Apache-2.0 */
/* frame_cookies_driver.c -- MoodleSSOFrameCookies as a filter of JSON lines, for
 * cookie_differential.mjs.
 *
 * In:  {"words": [...], "set_cookie": [...], "cookie": "..." or null}
 * Out: {"set_cookie": [new line, or null where the very same one comes back, ...],
 *       "shadowed": "..." or null, "dropped": "..." or null}, the Cookie header mapped back
 *      or {"error": "..."} when the directive's words are wrong. */
#include "json_lines.h"

#include "sso/frame_cookies.h"

static json_t *renamed(const sso_frame_cookies_t *cookies, const json_t *lines, apr_pool_t *p)
{
    json_t *answers = json_array();

    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *line = bytes_of(json_array_get(lines, i), p);
        const char *made = sso_frame_cookies_rename(cookies, line, p);
        json_array_append_new(answers, text_of(made == line ? NULL : made, p));
    }
    return answers;
}

static json_t *mapped_back(const sso_frame_cookies_t *cookies, const json_t *header,
                           sso_twins_t twins, apr_pool_t *p)
{
    sso_frame_cookies_view_t view;

    if (!json_is_string(header))
        return json_null();
    return text_of(sso_frame_cookies_map_back(cookies, bytes_of(header, p), twins, &view, p), p);
}

static json_t *answer(const json_t *question, apr_pool_t *p)
{
    const json_t *header = json_object_get(question, "cookie");
    const sso_frame_cookies_t *cookies;
    const char *sentence =
        sso_frame_cookies_make(words_of(json_object_get(question, "words"), p), &cookies, p);

    if (sentence != NULL)
        return json_pack("{s:o}", "error", text_of(sentence, p));
    return json_pack("{s:o, s:o, s:o}", "set_cookie",
                     renamed(cookies, json_object_get(question, "set_cookie"), p), "shadowed",
                     mapped_back(cookies, header, SSO_TWINS_SHADOWED, p), "dropped",
                     mapped_back(cookies, header, SSO_TWINS_DROPPED, p));
}

int main(void)
{
    return answer_lines(answer);
}

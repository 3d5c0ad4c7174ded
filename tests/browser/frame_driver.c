/* SPDX-License-Identifier: Apache-2.0 */
/* frame_driver.c -- MoodleSSOFrameAncestors as a filter of JSON lines, for frame_differential.mjs.
 *
 * In:  {"words": [...], "csp": [...], "xfo": "..." or null}
 * Out: {"csp": [...], "added": "..." or null, "drop_xfo": bool, "too_large": bool}
 *      or {"error": "..."} when the directive's words are wrong. */
#include "json_lines.h"

#include "sso/frame.h"

/* Places of the values, as the httpd glue collects them. */
static apr_array_header_t *policies_of(const json_t *array, apr_pool_t *p)
{
    apr_array_header_t *policies = apr_array_make(p, 4, sizeof(const char **));

    for (size_t i = 0; i < json_array_size(array); i++) {
        const char **place = apr_palloc(p, sizeof(*place));
        *place = bytes_of(json_array_get(array, i), p);
        APR_ARRAY_PUSH(policies, const char **) = place;
    }
    return policies;
}

static json_t *answer(const json_t *question, apr_pool_t *p)
{
    const json_t *xfo = json_object_get(question, "xfo");
    sso_frame_headers_t headers = {
        .policies = policies_of(json_object_get(question, "csp"), p),
        .x_frame_options = json_is_string(xfo) ? bytes_of(xfo, p) : NULL,
    };
    const sso_frame_t *frame;
    const char *sentence =
        sso_frame_make(words_of(json_object_get(question, "words"), p), &frame, p);
    json_t *values = json_array();

    if (sentence != NULL) {
        json_decref(values);
        return json_pack("{s:o}", "error", text_of(sentence, p));
    }
    sso_frame_apply(frame, &headers, p);
    for (int i = 0; i < headers.policies->nelts; i++)
        json_array_append_new(values,
                              text_of(*APR_ARRAY_IDX(headers.policies, i, const char **), p));
    return json_pack("{s:o, s:o, s:b, s:b}", "csp", values, "added", text_of(headers.added, p),
                     "drop_xfo", headers.drop_x_frame_options, "too_large", headers.too_large);
}

int main(void)
{
    return answer_lines(answer);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Cases are data: tests/vectors/frame/CASE/input has the directive's words in its first line, then
 * response headers; expect has the headers as they go out. */
#include "runner.h"

#include <apr_file_info.h>

#include "sso/frame.h"

static const char *make(const char *words, const sso_frame_t **frame, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 8, sizeof(const char *));
    sso_span_t rest = sso_span(words), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(list, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return sso_frame_make(list, frame, p);
}

/* The headers of a case, through the policy, as text again. */
static const char *apply(const sso_frame_t *frame, sso_span_t rest, apr_pool_t *p)
{
    sso_frame_headers_t headers = {.policies = apr_array_make(p, 4, sizeof(const char **))};
    apr_array_header_t *lines = apr_array_make(p, 8, sizeof(const char *));
    sso_span_t line;
    const char *text = "";

    while (sso_span_next(&rest, '\n', &line)) {
        const char *copy = apr_pstrmemdup(p, line.at, line.len);
        if (strncmp(copy, "CSP: ", 5) == 0) {
            const char **value = apr_pcalloc(p, sizeof(*value));
            *value = copy + 5;
            APR_ARRAY_PUSH(headers.policies, const char **) = value;
        }
        else if (strncmp(copy, "XFO: ", 5) == 0)
            headers.x_frame_options = copy + 5;
        else if (*copy)
            APR_ARRAY_PUSH(lines, const char *) = copy;
    }
    sso_frame_apply(frame, &headers, p);
    for (int i = 0; i < headers.policies->nelts; i++)
        text = apr_pstrcat(p, text, "CSP: ", *APR_ARRAY_IDX(headers.policies, i, const char **),
                           "\n", NULL);
    if (headers.added != NULL)
        text = apr_pstrcat(p, text, "CSP: ", headers.added, "\n", NULL);
    if (headers.x_frame_options != NULL && !headers.drop_x_frame_options)
        text = apr_pstrcat(p, text, "XFO: ", headers.x_frame_options, "\n", NULL);
    return text;
}

T(every_case_under_vectors_comes_out_as_expected)
{
    apr_dir_t *dir;
    apr_finfo_t about;
    int cases = 0;

    assert_int_equal(apr_dir_open(&dir, "tests/vectors/frame", p), APR_SUCCESS);
    while (apr_dir_read(&about, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path = apr_pstrcat(p, "frame/", about.name, "/", NULL), *once;
        sso_span_t input, first, expect;
        const sso_frame_t *frame;

        if (about.name[0] == '.')
            continue;
        input = runner_vector(apr_pstrcat(p, path, "input", NULL), p);
        expect = runner_vector(apr_pstrcat(p, path, "expect", NULL), p);
        assert_true(sso_span_next(&input, '\n', &first));
        assert_null(make(apr_pstrmemdup(p, first.at, first.len), &frame, p));
        once = apply(frame, input, p);
        if (strcmp(once, expect.at) != 0)
            fail_msg("%s:\n%s", about.name, once);
        /* An internal redirect may bring the same headers through the filter again. */
        if (frame->mode != SSO_FRAME_ABSENT)
            assert_string_equal(apply(frame, sso_span(once), p), once);
        cases++;
    }
    apr_dir_close(dir);
    assert_true(cases >= 15);
}

T(presets_are_the_documented_hosts_with_self_first)
{
    const sso_frame_t *frame;

    assert_null(make("teams", &frame, p));
    assert_int_equal(frame->mode, SSO_FRAME_MERGE);
    assert_string_equal(frame->directive,
                        "frame-ancestors 'self' https://teams.microsoft.com "
                        "https://*.teams.microsoft.com https://teams.cloud.microsoft");
    assert_null(make("merge teams outlook personal https://TEAMS.live.com", &frame, p));
    assert_int_equal(frame->sources->nelts, 9);
    assert_null(make("gcch dod m365", &frame, p));
    assert_null(make("off", &frame, p));
    assert_int_equal(frame->mode, SSO_FRAME_OFF);
}

T(mistakes_are_sentences)
{
    const sso_frame_t *frame;

    assert_sentence(make("", &frame, p), "name who may frame");
    assert_sentence(make("merge", &frame, p), "name who may frame");
    assert_sentence(make("Off teams", &frame, p), "Off stands alone");
    assert_sentence(make("teems", &frame, p), "teems is no preset");
    assert_sentence(make("*", &frame, p), "unsafe-any");
    assert_sentence(make("https:", &frame, p), "unsafe-any");
    assert_null(make("* unsafe-any", &frame, p));
    assert_sentence(make("https://h/path", &frame, p), "without a path");
    assert_sentence(make("'none'", &frame, p), "no preset");
    assert_sentence(make("'unsafe-inline'", &frame, p), "no preset");
}

T(allowed_ancestors_are_told_by_origin)
{
    sso_uri_t own;
    const sso_frame_t *frame = NULL;
    apr_array_header_t *words = apr_array_make(p, 2, sizeof(const char *));

    APR_ARRAY_PUSH(words, const char *) = "teams";
    assert_null(sso_frame_make(words, &frame, p));
    assert_true(sso_uri_parse("https://moodle.example", &own, p));
    assert_true(sso_frame_allows(frame, "https://emea.teams.microsoft.com", &own, p));
    assert_true(sso_frame_allows(frame, "https://moodle.example", &own, p));
    assert_false(sso_frame_allows(frame, "https://foreign.example", &own, p));
    assert_false(sso_frame_allows(frame, "https://teams.microsoft.com/", &own, p));
    assert_false(sso_frame_allows(frame, "null", &own, p));
    APR_ARRAY_IDX(words, 0, const char *) = "Off";
    assert_null(sso_frame_make(words, &frame, p));
    assert_false(sso_frame_allows(frame, "https://teams.microsoft.com", &own, p));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/check_sent.h"

#define URL "https://a.test/"
#define CSP "Content-Security-Policy"
#define XFO "X-Frame-Options"

/* The line for an answer with these fields: name, value, ..., NULL. */
static const sso_check_line_t *judged(const char *mode, const char *const *fields, apr_pool_t *p)
{
    sso_check_sent_t sent = {.url = URL, .fields = apr_table_make(p, 4)};
    apr_array_header_t *words = apr_array_make(p, 2, sizeof(const char *));
    sso_check_t *check = apr_palloc(p, sizeof(*check));
    const sso_frame_t *frame;

    APR_ARRAY_PUSH(words, const char *) = mode;
    APR_ARRAY_PUSH(words, const char *) = "https://x.test";
    assert_null(sso_frame_make(words, &frame, p));
    for (int i = 0; fields[i] != NULL; i += 2)
        apr_table_add((apr_table_t *)sent.fields, fields[i], fields[i + 1]);
    sso_check_init(check, p);
    sso_check_about(check, "frames", NULL);
    sso_check_sent(check, frame, &sent);
    assert_int_equal(check->lines->nelts, 1);
    return &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);
}

T(what_goes_out_as_it_was_sent_is_good)
{
    const struct {
        const char *mode;
        const char *fields[8];
    } cases[] = {
        {"merge", {CSP, "frame-ancestors 'self' https://x.test"}},
        {"merge", {CSP, "default-src 'self'", CSP, "frame-ancestors 'self' https://x.test"}},
        {"merge",
         {"content-security-policy", "frame-ancestors https://y.test 'self' https://x.test"}},
        {"absent", {CSP, "frame-ancestors https://y.test"}},
        {"replace", {CSP, "frame-ancestors 'self' https://x.test"}},
    };

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_check_line_t *line = judged(cases[i].mode, cases[i].fields, p);

        assert_string_equal(line->name, "frames.sent");
        assert_int_equal(line->verdict, SSO_CHECK_GOOD);
        assert_int_equal(line->fix, SSO_FIX_NONE);
        assert_non_null(strstr(line->why, "frame-ancestors"));
    }
}

T(what_was_changed_on_its_way_is_bad)
{
    const char *const cases[][8] = {
        {NULL},
        {XFO, "SAMEORIGIN"},
        {CSP, "default-src 'self'"},
        {CSP, "frame-ancestors 'self'"},
        {CSP, "frame-ancestors 'none'"},
        {CSP, "frame-ancestors 'self' https://x.test", XFO, "SAMEORIGIN"},
        {CSP, "frame-ancestors 'self' https://x.test", CSP, "frame-ancestors 'self'"},
        {"Content-Security-Policy-Report-Only", "frame-ancestors 'self' https://x.test"},
    };

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_check_line_t *line = judged("merge", cases[i], p);

        assert_int_equal(line->verdict, SSO_CHECK_BAD);
        assert_int_equal(line->fix, SSO_FIX_SENT);
        assert_string_equal(line->what, URL);
    }
    assert_null(judged("merge", cases[0], p)->why);
    assert_string_equal(judged("merge", cases[5], p)->why,
                        CSP ": frame-ancestors 'self' https://x.test | " XFO ": SAMEORIGIN");
}

T(what_cannot_be_asked_is_not_tested)
{
    const sso_check_sent_t cases[] = {{.url = NULL},
                                      {.url = URL, .why = "Couldn't resolve host name"}};
    const sso_found_t founds[] = {SSO_FOUND_NO_BASE_URL, SSO_FOUND_NOT_SENT};
    const sso_frame_t frame = {.mode = SSO_FRAME_MERGE};

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_check_line_t *line;
        sso_check_t check;

        sso_check_init(&check, p);
        sso_check_about(&check, "frames", NULL);
        sso_check_sent(&check, &frame, &cases[i]);
        line = &APR_ARRAY_IDX(check.lines, 0, sso_check_line_t);
        assert_int_equal(line->verdict, SSO_CHECK_UNTESTED);
        assert_int_equal(line->found, founds[i]);
        assert_true(sso_check_is_good(&check));
    }
}

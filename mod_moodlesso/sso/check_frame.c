/* SPDX-License-Identifier: Apache-2.0 */
/* check_frame.c -- what a page in a frame of Teams would get, as the merged configuration says. */
#include "sso/check_frame.h"

#include <string.h>

#include <apr_strings.h>

/* An application that says nothing of frames by itself. */
static const char *policy_of(const sso_frame_t *frame, apr_pool_t *p)
{
    sso_frame_headers_t headers = {.policies = apr_array_make(p, 1, sizeof(const char **))};

    sso_frame_apply(frame, &headers, p);
    return headers.added;
}

static void check_ancestors(sso_check_t *check, const sso_check_frame_t *at)
{
    sso_check_line_t *line;

    if (at->frame != NULL) {
        sso_check_add(check, "ancestors", SSO_CHECK_GOOD, SSO_FOUND_POLICY,
                      policy_of(at->frame, check->p));
        return;
    }
    line = sso_check_add(check, "ancestors", SSO_CHECK_BAD, SSO_FOUND_FRAMES_OFF, at->path);
    line->fix = SSO_FIX_ANCESTORS;
    line->run = "MoodleSSOFrameAncestors teams";
}

static void check_https(sso_check_t *check, const sso_check_frame_t *at)
{
    const char *host = strstr(at->origin, "://");
    sso_check_line_t *line = sso_check_add(
        check, "https", at->is_https ? SSO_CHECK_GOOD : SSO_CHECK_BAD, SSO_FOUND_WORDS, at->origin);

    if (at->is_https)
        return;
    line->fix = SSO_FIX_HTTPS;
    line->run = apr_pstrcat(check->p, "MoodleSSOBaseURL https", host ? host : "", NULL);
}

/* The name of a cookie in frames, of the whole host; NULL: as it is. */
static const char *renamed(const sso_frame_cookies_t *cookies, const char *name, apr_pool_t *p)
{
    const char *line = apr_pstrcat(p, name, "=x; Path=/", NULL), *out = line;

    if (cookies != NULL)
        out = sso_frame_cookies_rename(cookies, line, p);
    return out == line ? NULL : apr_pstrmemdup(p, out, strcspn(out, "="));
}

static void check_cookies(sso_check_t *check, const sso_check_frame_t *at,
                          const apr_array_header_t *names, bool is_needed)
{
    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const char *there = renamed(at->cookies, name, check->p);
        sso_verdict_t verdict = there       ? SSO_CHECK_GOOD
                                : is_needed ? SSO_CHECK_BAD
                                            : SSO_CHECK_UNTESTED;
        sso_check_line_t *line =
            sso_check_add(check, apr_pstrcat(check->p, "cookie.", name, NULL), verdict,
                          there ? SSO_FOUND_RENAMED : SSO_FOUND_NOT_RENAMED, name);

        line->why = there;
        if (verdict == SSO_CHECK_BAD) {
            line->fix = SSO_FIX_COOKIES;
            line->run = apr_pstrcat(check->p, "MoodleSSOFrameCookies ", name, NULL);
        }
    }
}

void sso_check_frame(sso_check_t *check, const sso_check_frame_t *at)
{
    if (at->frame == NULL && at->cookies == NULL) {
        sso_check_add(check, "ancestors", SSO_CHECK_UNTESTED, SSO_FOUND_FRAMES_OFF, at->path);
        return;
    }
    check_https(check, at);
    check_ancestors(check, at);
    check_cookies(check, at, at->of_moodle, true);
    check_cookies(check, at, at->of_others, false);
}

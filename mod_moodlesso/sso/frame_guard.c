/* SPDX-License-Identifier: Apache-2.0 */
/* frame_guard.c -- MoodleSSOFrameGuard: inside a frame, other sites may not change anything. */
#include "sso/frame_guard.h"

#include <apr_strings.h>

const char *sso_frame_guard_make(const apr_array_header_t *words, const sso_frame_guard_t **made,
                                 apr_pool_t *p)
{
    sso_frame_guard_t *guard = apr_pcalloc(p, sizeof(*guard));
    sso_span_t first = sso_span(words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : NULL);

    *made = guard;
    guard->on = sso_span_equal_nocase(first, sso_span("On"));
    if (!guard->on && !sso_span_equal_nocase(first, sso_span("Off")))
        return "write On, and the paths that other sites post to, like /mod/lti/launch.php; or Off";
    if (!guard->on && words->nelts > 1)
        return "Off stands alone";
    guard->paths = apr_array_make(p, words->nelts, sizeof(const char *));
    for (int i = 1; i < words->nelts; i++) {
        const char *path = APR_ARRAY_IDX(words, i, const char *);

        if (*path != '/')
            return apr_psprintf(p, "%s is no path; it begins with /", path);
        APR_ARRAY_PUSH(guard->paths, const char *) = path;
    }
    return NULL;
}

static bool covers(const char *listed, const char *path)
{
    apr_size_t length = strlen(listed);

    return strncmp(path, listed, length) == 0 &&
           (path[length] == '\0' || listed[length - 1] == '/');
}

bool sso_frame_guard_refuses(const sso_frame_guard_t *guard, const sso_fetch_t *fetch,
                             const char *method, const char *path)
{
    if (!guard->on || !sso_fetch_is_cross_site(fetch) || !sso_fetch_changes_state(method))
        return false;
    for (int i = 0; i < guard->paths->nelts; i++) {
        if (covers(APR_ARRAY_IDX(guard->paths, i, const char *), path))
            return false;
    }
    return true;
}

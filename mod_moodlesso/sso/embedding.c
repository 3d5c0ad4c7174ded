/* SPDX-License-Identifier: Apache-2.0 */
/* embedding.c -- does a request come from inside a frame of another site? */
#include "sso/embedding.h"

static bool is_any_of(const char *value, const char *const *words)
{
    for (; value != NULL && *words != NULL; words++) {
        if (strcmp(value, *words) == 0)
            return true;
    }
    return false;
}

bool sso_fetch_is_frame(const sso_fetch_t *fetch)
{
    static const char *const frames[] = {"iframe", "frame", "embed", "object", NULL};

    return is_any_of(fetch->dest, frames);
}

bool sso_fetch_is_cross_site(const sso_fetch_t *fetch)
{
    return fetch->site != NULL && strcmp(fetch->site, "cross-site") == 0;
}

bool sso_is_embedded(const sso_fetch_t *fetch, bool is_marked)
{
    /* Not every frame: a page of ours may frame another, at the top level. */
    return is_marked || fetch->storage_access != NULL ||
           (sso_fetch_is_frame(fetch) && sso_fetch_is_cross_site(fetch));
}

bool sso_fetch_changes_state(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE", NULL};

    return !is_any_of(method, safe);
}

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

/* A navigation of a frame, not of a tab or window. */
static bool is_frame(const char *dest)
{
    static const char *const frames[] = {"iframe", "frame", "embed", "object", NULL};

    return is_any_of(dest, frames);
}

bool sso_fetch_is_cross_site(const sso_fetch_t *fetch)
{
    return fetch->site != NULL && strcmp(fetch->site, "cross-site") == 0;
}

sso_embedding_t sso_embedding(const sso_fetch_t *fetch, bool has_renamed, bool has_plain)
{
    if (fetch->storage_access != NULL)
        return SSO_EMBEDDED;
    if (is_frame(fetch->dest) && sso_fetch_is_cross_site(fetch))
        return SSO_EMBEDDED;
    if (has_renamed || (is_frame(fetch->dest) && !has_plain))
        return SSO_MAYBE_EMBEDDED;
    return SSO_TOP_LEVEL;
}

bool sso_fetch_changes_state(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE", NULL};

    return !is_any_of(method, safe);
}

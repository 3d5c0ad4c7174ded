/* SPDX-License-Identifier: Apache-2.0 */
/* notes.c -- what was found out lately, for all processes of the server. */
#include "io/notes.h"

#include <string.h>

#include <apr_strings.h>

/* As of a source that there is not. */
static sso_fingerprint_t fingerprint_of(const sso_world_t *world, const char *text, apr_pool_t *p)
{
    const sso_source_t nobody = {.number = world->inventory->sources->nelts};
    const sso_credential_t credential = {.secret = sso_span(text)};

    return sso_fingerprint(world->key, &nobody, &credential, p);
}

bool sso_is_noted(sso_io_t *io, const char *text, apr_pool_t *p)
{
    sso_world_t *world = ((sso_access_t *)io)->world;
    const char *bytes;
    apr_size_t used;

    return sso_cache_get(world->cache, fingerprint_of(world, text, p), apr_time_now(), &bytes,
                         &used, p);
}

void sso_note(sso_io_t *io, const char *text, apr_interval_time_t keep, apr_pool_t *p)
{
    sso_note_value(((sso_access_t *)io)->world, text, "", keep, p);
}

void sso_note_value(sso_world_t *world, const char *text, const char *value,
                    apr_interval_time_t keep, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();

    sso_cache_put(world->cache, fingerprint_of(world, text, p), now, now + keep, value,
                  strlen(value));
}

const char *sso_noted_value(sso_world_t *world, const char *text, apr_pool_t *p)
{
    const char *bytes;
    apr_size_t used;

    return sso_cache_get(world->cache, fingerprint_of(world, text, p), apr_time_now(), &bytes,
                         &used, p)
               ? apr_pstrmemdup(p, bytes, used)
               : NULL;
}

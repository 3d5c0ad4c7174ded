/* SPDX-License-Identifier: Apache-2.0 */
/* jwks.c -- a set of public keys, looked up by their ids (RFC 7517 5). */
#include "base/jwks.h"

/* False when the set is not to be trusted. */
static bool add(sso_jwks_t *set, const json_t *value, apr_pool_t *p)
{
    const sso_jwk_t *key, *other = NULL;

    /* Who publishes a secret has lost it; which of the keys are meant is anybody's guess then. */
    if (!json_is_object(value) || sso_jwk_is_secret(value))
        return false;
    key = sso_jwk_make(value, p);
    if (key == NULL) {
        set->skipped++;
        return true;
    }
    if (key->kid != NULL)
        other = apr_hash_get(set->by_kid, key->kid, APR_HASH_KEY_STRING);
    if (other != NULL)
        return sso_jwk_same(key, other);
    if (key->kid != NULL)
        apr_hash_set(set->by_kid, key->kid, APR_HASH_KEY_STRING, key);
    set->only = set->count == 0 ? key : NULL;
    set->count++;
    return true;
}

static bool add_all(sso_jwks_t *set, sso_span_t text, apr_pool_t *p, apr_pool_t *scratch)
{
    const json_t *keys;
    json_t *value;

    if (!sso_json_parse(text, SSO_JWKS_MAX, &value, scratch))
        return false;
    keys = json_object_get(value, "keys");
    for (apr_size_t i = 0; i < json_array_size(keys); i++) {
        if (!add(set, json_array_get(keys, i), p))
            return false;
    }
    return set->count > 0;
}

const sso_jwks_t *sso_jwks_parse(sso_span_t text, apr_pool_t *p)
{
    sso_jwks_t *set = apr_pcalloc(p, sizeof(*set));
    apr_pool_t *scratch;
    bool is_good;

    set->by_kid = apr_hash_make(p);
    apr_pool_create(&scratch, p);
    is_good = add_all(set, text, p, scratch);
    apr_pool_destroy(scratch);
    return is_good ? set : NULL;
}

const sso_jwk_t *sso_jwks_find(const sso_jwks_t *set, const char *kid)
{
    return kid != NULL ? apr_hash_get(set->by_kid, kid, APR_HASH_KEY_STRING) : set->only;
}

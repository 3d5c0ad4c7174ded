/* SPDX-License-Identifier: Apache-2.0 */
/* jwks.h -- a set of public keys, looked up by their ids (RFC 7517 5). */
#ifndef SSO_JWKS_H
#define SSO_JWKS_H

#include <apr_hash.h>

#include "base/jwk.h"

#define SSO_JWKS_MAX (1024 * 1024) /* bytes; about 600 RSA keys with their certificates */

/* Read-only, and good for any number of threads. Lives as long as the pool it was made in. */
typedef struct sso_jwks_t {
    apr_hash_t *by_kid;    /* const sso_jwk_t * */
    const sso_jwk_t *only; /* the one key of a set of one, NULL when there are more */
    int count;             /* keys that can be used */
    int skipped;           /* keys that cannot: see sso_jwk_make */
} sso_jwks_t;

/* Read a set. NULL when it is none to trust: longer than SSO_JWKS_MAX, no strict JSON, without one
 * usable key, with a secret in it, or with one kid for two different keys. */
const sso_jwks_t *sso_jwks_parse(sso_span_t text, apr_pool_t *p);

/* The key of an id, at the same cost however many there are. Without an id (NULL) the only key of a
 * set of one; keys are never tried in turn. NULL when there is none. */
const sso_jwk_t *sso_jwks_find(const sso_jwks_t *set, const char *kid);

#endif

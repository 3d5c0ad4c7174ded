/* SPDX-License-Identifier: Apache-2.0 */
/* jwk.h -- a public key out of JSON (RFC 7517, RFC 7518 6, RFC 8037 2). */
#ifndef SSO_JWK_H
#define SSO_JWK_H

#include "base/json.h"
#include "base/jwa.h"

#define SSO_KID_MAX 256 /* bytes of a key id; longer ones belong to no key */

/* Read-only, and good for any number of threads. Lives as long as the pool it was made in. */
typedef struct sso_jwk_t {
    const char *kid;    /* NULL when it has none */
    const char *issuer; /* whose tokens it may sign (Entra; may hold {tenantid}), NULL: not said */
    sso_key_type_t type;
    sso_alg_t alg;        /* the only one it may be used with; SSO_ALG_NONE: each of its type */
    EVP_PKEY *key;        /* the material */
    sso_alg_t ready;      /* what `verifier` is for */
    EVP_MD_CTX *verifier; /* a context to copy, which spares 30,000 instructions */
} sso_jwk_t;

/* A key to verify signatures with; NULL when it is none (RFC 7517 5 has such keys of a set
 * ignored): an unknown kty, crv or alg, an alg that does not go with the key, use other than "sig",
 * key_ops without "verify", a kid longer than SSO_KID_MAX; RSA below 2048 or above 16384 bits, with
 * an even modulus or one with a small factor, of the ROCA kind (CVE-2017-15361), with an exponent
 * that is even, 1, or longer than 64 bits; a point that is not on its curve or not of its length.
 */
const sso_jwk_t *sso_jwk_make(const json_t *value, apr_pool_t *p);

/* Does it hold a secret: a symmetric key, or the private part of one? */
bool sso_jwk_is_secret(const json_t *value);

/* May this key verify this algorithm? */
bool sso_jwk_may(const sso_jwk_t *key, sso_alg_t alg);

/* Do both have the same material, for the same algorithm and issuer? */
bool sso_jwk_same(const sso_jwk_t *a, const sso_jwk_t *b);

#endif

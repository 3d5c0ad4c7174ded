/* SPDX-License-Identifier: Apache-2.0 */
/* jwa.h -- the signature algorithms that are verified here (RFC 7518 3.3-3.5, RFC 8037, RFC 9864).
 */
#ifndef SSO_JWA_H
#define SSO_JWA_H

#include <openssl/types.h>

#include "base/text.h"

/* Kind of a public key: its kty, and its curve where it has one. */
typedef enum {
    SSO_KEY_RSA = 1,
    SSO_KEY_P256,
    SSO_KEY_P384,
    SSO_KEY_P521,
    SSO_KEY_ED25519
} sso_key_type_t;

/* X(name, key it goes with, hash, is it RSASSA-PSS). "none" and HS256 to HS512 are not here, so no
 * part of this module can verify them. */
#define SSO_ALGS(X)                         \
    X(RS256, SSO_KEY_RSA, "SHA256", false)  \
    X(RS384, SSO_KEY_RSA, "SHA384", false)  \
    X(RS512, SSO_KEY_RSA, "SHA512", false)  \
    X(PS256, SSO_KEY_RSA, "SHA256", true)   \
    X(PS384, SSO_KEY_RSA, "SHA384", true)   \
    X(PS512, SSO_KEY_RSA, "SHA512", true)   \
    X(ES256, SSO_KEY_P256, "SHA256", false) \
    X(ES384, SSO_KEY_P384, "SHA384", false) \
    X(ES512, SSO_KEY_P521, "SHA512", false) \
    X(EdDSA, SSO_KEY_ED25519, NULL, false)

typedef enum {
    SSO_ALG_NONE = 0, /* no algorithm, or one that is not verified here */
#define SSO_ALG(name, type, hash, is_pss) SSO_ALG_##name,
    SSO_ALGS(SSO_ALG)
#undef SSO_ALG
        SSO_ALG_COUNT
} sso_alg_t;

/* Several algorithms as one number. */
#define SSO_ALG_BIT(alg) (1U << (alg))

/* The algorithm of a name, compared exactly; "Ed25519" is EdDSA (RFC 9864). SSO_ALG_NONE for all
 * others. */
sso_alg_t sso_alg(sso_span_t name);

/* The kind of key it goes with; never call it for SSO_ALG_NONE. */
sso_key_type_t sso_alg_key_type(sso_alg_t alg);

/* The name of its hash, "SHA256"; SHA512 for EdDSA, which hashes with that inside. */
const char *sso_alg_hash(sso_alg_t alg);

/* The first algorithm of the table that goes with a kind of key: RS256, ES256, ... */
sso_alg_t sso_alg_of_key(sso_key_type_t type);

/* A context ready to verify one signature; NULL when OpenSSL cannot. Give it back with
 * EVP_MD_CTX_free. PSS has a salt as long as the hash and MGF1 with the same hash (RFC 7518 3.5).
 */
EVP_MD_CTX *sso_alg_verifier(sso_alg_t alg, EVP_PKEY *key);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* signer.h -- an issuer for tests: key pairs made by OpenSSL, their JWKs, tokens signed with them.
 */
#ifndef SIGNER_H
#define SIGNER_H

#include <apr_pools.h>
#include <openssl/types.h>

typedef struct signer_t {
    const char *alg; /* "RS256", "PS512", "ES256", "EdDSA" ... */
    const char *kid; /* "rsa", "p256", "p384", "p521", "ed25519" */
    EVP_PKEY *key;
    int salt; /* bytes, of PSS; 0: as long as the hash */
} signer_t;

/* The signer of an algorithm; algorithms of one kind of key share the key. */
signer_t signer(const char *alg);

/* The public JWK; `more` is put in before the closing bracket: ",\"use\":\"sig\"". */
const char *signer_jwk(signer_t by, const char *more, apr_pool_t *p);

/* {"keys":[...]} with the keys of these algorithms. */
const char *signer_jwks(const char *const *algs, int count, apr_pool_t *p);

/* A compact JWS over any header and payload, signed as by->alg says whatever the header says. */
const char *signer_sign(signer_t by, const char *header, const char *payload, apr_pool_t *p);

/* A JWS with the header {"typ":"JWT","alg":...,"kid":...}. */
const char *signer_token(signer_t by, const char *payload, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* jws_sign.h -- a JWS in its compact form (RFC 7515 7.1), signed with a key of our own. */
#ifndef SSO_JWS_SIGN_H
#define SSO_JWS_SIGN_H

#include "base/jwa.h"

/* Read-only, and good for any number of threads. Lives as long as the pool it was made in. */
typedef struct sso_signer_t {
    EVP_PKEY *key;
    sso_alg_t alg;   /* RS256 or ES256, as the key is */
    const char *kid; /* told to whoever verifies; NULL: none */
} sso_signer_t;

/* The private key of a PEM text: RSA of 2048 bits or more, or P-256. NULL when it is none, or wants
 * a passphrase. */
const sso_signer_t *sso_signer_make(sso_span_t pem, const char *kid, apr_pool_t *p);

/* The JWS over a payload; NULL when OpenSSL cannot. */
const char *sso_jws_sign(const sso_signer_t *signer, const char *payload, apr_pool_t *p);

#endif

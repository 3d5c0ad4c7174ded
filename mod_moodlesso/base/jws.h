/* SPDX-License-Identifier: Apache-2.0 */
/* jws.h -- a signed text in its compact form (RFC 7515 7.1), read strictly, and verified. */
#ifndef SSO_JWS_H
#define SSO_JWS_H

#include "base/jwk.h"

#define SSO_JWS_MAX 16384 /* bytes */

/* Lives as long as the pool it was parsed in and the text it was parsed from. */
typedef struct sso_jws_t {
    sso_alg_t alg;      /* SSO_ALG_NONE for "none", HS256 and whatever else is not verified here */
    const char *kid;    /* NULL when it has none; a key to look up and nothing else */
    const char *typ;    /* NULL when it has none */
    sso_span_t message; /* what is signed: header and payload as they came */
    sso_span_t payload; /* decoded */
    sso_span_t signature; /* decoded */
} sso_jws_t;

/* Take a JWS apart. False for anything but three parts in strict base64url, a header and a
 * signature that are not empty, a header that is one JSON object with an alg; for more than
 * SSO_JWS_MAX bytes, a kid of more than SSO_KID_MAX, and every crit or b64: nothing is understood
 * that would have to be (RFC 7515 4.1.11, RFC 7797). Keys that the header brings along or points to
 * (jwk, jku, x5c, x5u, x5t) are not looked at. The payload may be empty: a JWT's is refused as
 * JSON.
 */
bool sso_jws_parse(sso_span_t text, sso_jws_t *jws, apr_pool_t *p);

/* Does the signature hold, by this key, which is for this algorithm? */
bool sso_jws_verify(const sso_jws_t *jws, const sso_jwk_t *key);

#endif

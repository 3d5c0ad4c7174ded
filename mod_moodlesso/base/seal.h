/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h -- small texts that only this site can read and nobody can change: AES-256-GCM.
 *
 * A sealed text is base64url of key id (4 bytes), nonce (12), ciphertext, tag (16). The key id
 * names the secret, so that of several the right one is tried alone. Nonces are random: under one
 * secret not more than 2^32 texts may be sealed (NIST SP 800-38D 8.3); change it before. */
#ifndef SSO_SEAL_H
#define SSO_SEAL_H

#include "base/text.h"

#define SSO_SEAL_SECRETS    2  /* the one that seals, and the one before it */
#define SSO_SEAL_MIN_SECRET 32 /* bytes */

typedef struct sso_seal_key_t {
    unsigned char id[4];
    unsigned char key[32];
} sso_seal_key_t;

/* Keys for one purpose, the newest first. Read-only once made. */
typedef struct sso_seal_t {
    int count;
    sso_seal_key_t keys[SSO_SEAL_SECRETS];
} sso_seal_t;

/* Add the key that a secret gives for this purpose (HKDF-Expand, RFC 5869 2.3). A secret has at
 * least SSO_SEAL_MIN_SECRET bytes. False when it is shorter, or there are enough already. */
bool sso_seal_add(sso_seal_t *seal, sso_span_t secret, const char *purpose);

/* Seal with the newest key. `bound` is what must be the same at opening: host, cookie name and so
 * on. NULL when there is no key, or no randomness to be had. */
const char *sso_seal(const sso_seal_t *seal, sso_span_t bound, sso_span_t text, apr_pool_t *p);

/* Open; `text` is set only on success. False for everything else than what one of the keys sealed
 * with the same `bound`. */
bool sso_seal_open(const sso_seal_t *seal, sso_span_t bound, sso_span_t sealed, sso_span_t *text,
                   apr_pool_t *p);

#endif

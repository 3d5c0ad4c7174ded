/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.h -- a credential's name in shared memory: 128 bits of a keyed hash. */
#ifndef SSO_FINGERPRINT_H
#define SSO_FINGERPRINT_H

#include "sso/source.h"

#define SSO_FINGERPRINT_KEY 32 /* bytes of random key, new at every start */

typedef struct sso_fingerprint_t {
    apr_uint64_t low, high;
} sso_fingerprint_t;

/* Two SipHash-2-4 with independent keys over source, scheme and secret: 128 bits that nobody
 * without the key can aim at. SHA-256 would cost five times an ideal cache hit. */
sso_fingerprint_t sso_fingerprint(const unsigned char *key, const sso_source_t *source,
                                  const sso_credential_t *credential, apr_pool_t *p);

#endif

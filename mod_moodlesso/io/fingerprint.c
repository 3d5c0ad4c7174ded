/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.c -- a credential's name in shared memory: 128 bits of a keyed hash. */
#include "io/fingerprint.h"

#include <string.h>

#include <apr_siphash.h>

sso_fingerprint_t sso_fingerprint(const unsigned char *key, const sso_source_t *source,
                                  const sso_credential_t *credential, apr_pool_t *p)
{
    apr_size_t length = sizeof(apr_uint32_t) + credential->secret.len;
    apr_uint32_t domain = (apr_uint32_t)source->number * 2 + (credential->https ? 1 : 0);
    char *text = apr_palloc(p, length);
    sso_fingerprint_t fingerprint;

    memcpy(text, &domain, sizeof(domain));
    memcpy(text + sizeof(domain), credential->secret.at, credential->secret.len);
    fingerprint.low = apr_siphash24(text, length, key);
    fingerprint.high = apr_siphash24(text, length, key + APR_SIPHASH_KSIZE);
    return fingerprint;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h -- hashes as texts: SHA-2, plain and with a key. */
#ifndef SSO_DIGEST_H
#define SSO_DIGEST_H

#include "base/text.h"

/* base64url of the SHA-256 of a text, 43 letters (RFC 7636 4.2: S256). NULL when the library fails.
 */
const char *sso_digest(sso_span_t text, apr_pool_t *p);

/* base64url of the left half of its hash of that name, "SHA256" (OpenID Connect Core 3.1.3.6).
 * NULL when the library fails. */
const char *sso_digest_half(const char *hash, sso_span_t text, apr_pool_t *p);

/* base64url of HMAC-SHA-256 (RFC 2104), 43 letters. NULL when the library fails. */
const char *sso_digest_keyed(sso_span_t key, sso_span_t text, apr_pool_t *p);

#endif

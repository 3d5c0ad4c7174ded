/* SPDX-License-Identifier: Apache-2.0 */
/* percent.h -- percent-encoding (RFC 3986 2.1). */
#ifndef SSO_PERCENT_H
#define SSO_PERCENT_H

#include "base/text.h"

/* Decode as PHP's rawurldecode does: %XX becomes the byte, a '%' without two hex digits stays,
 * '+' stays. The result may hold any byte, NUL too. */
sso_span_t sso_percent_decode(sso_span_t text, apr_pool_t *p);

/* A C string in which every byte but A-Z a-z 0-9 - . _ ~ is written %XX. */
const char *sso_percent_encode(sso_span_t text, apr_pool_t *p);

#endif

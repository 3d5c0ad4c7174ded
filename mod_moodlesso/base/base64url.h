/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.h -- bytes as text in URLs, cookies and tokens (RFC 4648 5, without padding). */
#ifndef SSO_BASE64URL_H
#define SSO_BASE64URL_H

#include "base/text.h"

/* Decode strictly: no '=', no white space, none of '+' and '/', no bits set behind the last byte.
 * One text for each sequence of bytes, so what is signed or compared as text is unambiguous. */
bool sso_base64url_decode(sso_span_t text, sso_span_t *bytes, apr_pool_t *p);

/* The text for `length` bytes. */
const char *sso_base64url_encode(const void *bytes, apr_size_t length, apr_pool_t *p);

#endif

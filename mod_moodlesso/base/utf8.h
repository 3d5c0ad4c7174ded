/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h -- text from outside made safe to put into an environment variable. */
#ifndef SSO_UTF8_H
#define SSO_UTF8_H

#include "base/text.h"

/* Is it well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF)
 * without control characters (C0, DEL, C1)? */
bool sso_utf8_is_clean(sso_span_t text);

/* A C string that is clean: control characters become a blank each, every byte that cannot belong
 * to a character becomes U+FFFD. Answers `text` itself when it is clean already. */
const char *sso_utf8_clean(const char *text, apr_pool_t *p);

#endif

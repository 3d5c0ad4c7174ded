/* SPDX-License-Identifier: Apache-2.0 */
/* language.h -- the language a visitor's browser asks for. */
#ifndef SSO_LANGUAGE_H
#define SSO_LANGUAGE_H

#include <apr_tables.h>

#include "base/text.h"

/* Is it a language tag of the short kind: "de", "pt-BR"? */
bool sso_language_is_tag(sso_span_t tag);

/* The place in `tags` (const char *) of the language that Accept-Language prefers, by RFC 4647 3.4
 * (look-up: "de-AT" is content with "de") and RFC 9110 12.4.2 (q). 0, the first, when it asks for
 * none of them, or is NULL. */
int sso_language_choose(const char *accept_language, const apr_array_header_t *tags);

#endif

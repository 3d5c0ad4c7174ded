/* SPDX-License-Identifier: Apache-2.0 */
/* cookie.h -- the Cookie header as PHP reads it (php-src main/php_variables.c, PHP 7.4.11 to 8.4).
 *
 * PHP splits at ';', skips white space before a name, does not decode names, percent-decodes
 * values, keeps the first cookie of a name and looks at 1000 cookies at most. Names with '.', ' '
 * or '[' are mangled, so another cookie may end up as the one we mean; such a header gives no value
 * here. */
#ifndef SSO_COOKIE_H
#define SSO_COOKIE_H

#include "base/text.h"

typedef enum {
    SSO_COOKIE_ABSENT,   /* PHP has no such cookie */
    SSO_COOKIE_FOUND,    /* one value; several cookies of the name say the same */
    SSO_COOKIE_AMBIGUOUS /* different values, or a name that PHP would mangle into ours */
} sso_cookie_state_t;

/* Look for the cookie `name` (compared byte for byte) in a Cookie header (NULL when there is none).
 * `value` is percent-decoded and set only when found; it may be empty and may hold any byte. */
sso_cookie_state_t sso_cookie_find(const char *header, const char *name, sso_span_t *value,
                                   apr_pool_t *p);

/* Text that stands in every Cookie header in which sso_cookie_find does not say ABSENT: the longest
 * part of the name without '_', which may stand for another byte. */
const char *sso_cookie_sign(const char *name, apr_pool_t *p);

/* The first cookie of this name, percent-decoded: the one that PHP takes, where no other is mangled
 * into it. False when there is none. */
bool sso_cookie_first(const char *header, const char *name, sso_span_t *value, apr_pool_t *p);

/* The header without every cookie of this name; the same pointer when it has none, NULL when
 * nothing is left. */
const char *sso_cookie_without(const char *header, const char *name, apr_pool_t *p);

#endif

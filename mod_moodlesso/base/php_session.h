/* SPDX-License-Identifier: Apache-2.0 */
/* php_session.h -- single values out of PHP's serialised sessions, without making objects.
 *
 * A session as the handler "php" writes it is name '|' value name '|' value ...; a value is what
 * serialize() writes (php-src ext/standard/var.c). We walk over values and never build them, so
 * hostile text can cost time only: one pass, bounded depth. */
#ifndef SSO_PHP_SESSION_H
#define SSO_PHP_SESSION_H

#include "base/text.h"

#define SSO_PHP_MAX_DEPTH 64

typedef enum { SSO_PHP_NULL, SSO_PHP_BOOLEAN, SSO_PHP_INTEGER, SSO_PHP_STRING } sso_php_type_t;

typedef struct sso_php_value_t {
    sso_php_type_t type;
    apr_int64_t integer; /* the number; 0 or 1 for a boolean */
    sso_span_t string;   /* the bytes of a string, inside the text that was read */
} sso_php_value_t;

/* Read text that is exactly one serialised scalar: "i:3;", "b:1;", "N;" or "s:2:\"hi\";". */
bool sso_php_scalar(sso_span_t text, sso_php_value_t *value);

/* The scalar `member` of the array or object in session section `section`; at section level when
 * `member` is NULL. False when there is none, when it is no scalar, or when the session does not
 * parse up to there. The first section of a name counts. */
bool sso_php_session_find(sso_span_t session, const char *section, const char *member,
                          sso_php_value_t *value);

/* The whole number in an integer or in a string of digits. */
bool sso_php_integer(const sso_php_value_t *value, apr_int64_t *integer);

#endif

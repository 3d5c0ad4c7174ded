/* SPDX-License-Identifier: Apache-2.0 */
/* php_form.h -- queries and forms as PHP reads them into $_GET and $_POST. */
#ifndef SSO_PHP_FORM_H
#define SSO_PHP_FORM_H

#include <jansson.h>

#include "base/text.h"

#define SSO_PHP_FORM_FIELDS 100 /* at most, of one query or form */
#define SSO_PHP_FORM_DEPTH  4   /* levels of brackets */

/* A new object, that lives as long as `p`. */
json_t *sso_php_form(apr_pool_t *p);

/* Read application/x-www-form-urlencoded, or a query, into the object. "user[email]=x" is
 * {"user": {"email": "x"}}, whether its brackets are encoded or not; "+" is a blank; of two fields
 * of one name the later one stays; in the name before the brackets blanks and dots are "_".
 * "a[]=x" gets the next free number. False, with the object in pieces: more fields or levels than
 * said, a NUL, what is no UTF-8. */
bool sso_php_form_read(sso_span_t form, json_t *into, apr_pool_t *p);

/* Likewise multipart/form-data (RFC 7578); `type` is the Content-Type, which names the boundary.
 * Files are left out, as PHP keeps them elsewhere. False also for what does not end with the
 * boundary. */
bool sso_php_form_read_multipart(sso_span_t body, const char *type, json_t *into, apr_pool_t *p);

/* Put the members of `over` in place of those of `into`, at the top: array_merge. */
void sso_php_form_merge(json_t *into, json_t *over);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* form.h -- fields of a query or a form (WHATWG URL, application/x-www-form-urlencoded). */
#ifndef SSO_FORM_H
#define SSO_FORM_H

#include "base/text.h"

/* The value of a field, decoded; NULL when it is not there or empty. False when it is there twice,
 * or holds a NUL: RFC 6749 3.1 has no parameter more than once. */
bool sso_form_get(const char *form, const char *name, const char **value, apr_pool_t *p);

/* The form with one more field; the same pointer when the value is NULL. `form` may be "". */
const char *sso_form_add(const char *form, const char *name, const char *value, apr_pool_t *p);

/* A URL with these fields in its query, behind those it has. */
const char *sso_form_url(const char *url, const char *form, apr_pool_t *p);

#endif

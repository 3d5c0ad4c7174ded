/* SPDX-License-Identifier: Apache-2.0 */
/* return_url.h -- where a person may be sent after signing in or out: a positive rule. */
#ifndef SSO_RETURN_URL_H
#define SSO_RETURN_URL_H

#include <apr_tables.h>

#include "base/uri.h"

/* The absolute URL for `wanted`, or NULL when nobody may be sent there. Allowed is what begins with
 * one '/' (a path here), and a whole http or https URL of the origin `own` or of one in `origins`
 * (sso_uri_t; NULL: none). White space, control characters, backslashes, user information and bytes
 * beyond ASCII are in none of them, so that every browser reads what was judged. A fragment is cut.
 */
const char *sso_return_url(const char *wanted, const sso_uri_t *own,
                           const apr_array_header_t *origins, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* scrub.h -- names that only we may set, in every spelling a client can think of. */
#ifndef SSO_SCRUB_H
#define SSO_SCRUB_H

#include <apr_tables.h>

#include "base/text.h"

/* Could a backend take this request header for one of our variables? Letters of either case, and
 * every byte that is no letter or digit read as '_', as CGI does (RFC 3875 4.1.18) and as servers
 * behind a proxy may. Ours are MOODLESSO_*, REMOTE_USER and AUTH_TYPE, the same behind
 * "REDIRECT_" or "HTTP_", and `published` (const char *, upper case; may be NULL). */
bool sso_scrub_is_lookalike(const char *name, const apr_array_header_t *published);

/* The value of a Connection header without tokens that are look-alikes: a client must not make a
 * proxy drop our variables as hop-by-hop (RFC 9110 7.6.1). NULL when nothing is left; `value`
 * itself when there is nothing to drop. */
const char *sso_scrub_connection(const char *value, const apr_array_header_t *published,
                                 apr_pool_t *p);

#endif

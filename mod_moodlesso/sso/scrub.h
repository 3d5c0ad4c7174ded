/* SPDX-License-Identifier: Apache-2.0 */
/* scrub.h -- names that only we may set, in every spelling a client can think of. */
#ifndef SSO_SCRUB_H
#define SSO_SCRUB_H

#include <apr_tables.h>

#include "base/text.h"

/* On the way of every header of every request: nearly all leave after two letters. Another byte
 * that shares its last five bits with one of these is let through, to the whole comparison. */
static inline bool sso_scrub_may_be_reserved(const char *name)
{
    static const char second[32] = {['m' & 31] = 'o',  /* MOODLESSO */
                                    ['r' & 31] = 'e',  /* REMOTE, REDIRECT */
                                    ['a' & 31] = 'u',  /* AUTH */
                                    ['h' & 31] = 't'}; /* HTTP */

    return name[0] != '\0' && second[name[0] & 31] == (name[1] | 0x20);
}

/* The whole comparison of sso_scrub_is_lookalike. */
bool sso_scrub_compare(const char *name, const apr_array_header_t *published);

/* Could a backend take this request header for one of our variables? Letters of either case, and
 * every byte that is no letter or digit read as '_', as CGI does (RFC 3875 4.1.18) and as servers
 * behind a proxy may. Ours are MOODLESSO_*, REMOTE_USER and AUTH_TYPE, the same behind
 * "REDIRECT_" or "HTTP_", and `published` (const char *, upper case; may be NULL). */
static inline bool sso_scrub_is_lookalike(const char *name, const apr_array_header_t *published)
{
    return (published != NULL || sso_scrub_may_be_reserved(name)) &&
           sso_scrub_compare(name, published);
}

/* The value of a Connection header without tokens that are look-alikes: a client must not make a
 * proxy drop our variables as hop-by-hop (RFC 9110 7.6.1). NULL when nothing is left; `value`
 * itself when there is nothing to drop. */
const char *sso_scrub_connection(const char *value, const apr_array_header_t *published,
                                 apr_pool_t *p);

#endif

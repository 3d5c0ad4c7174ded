/* SPDX-License-Identifier: Apache-2.0 */
/* set_cookie.h -- Set-Cookie lines (RFC 6265bis 5.6), and what makes one work inside a frame of
 * another site.
 *
 * Such a cookie must be Secure; SameSite=None, and Partitioned where browsers block or part
 * third-party cookies. In its partition it goes by another name, so that it is never taken for the
 * cookie of the same name that the browser keeps for the top level: "__Host-" where the browser
 * will accept that (path "/", no domain), else "__Secure-" (RFC 6265bis 4.1.3). */
#ifndef SSO_SET_COOKIE_H
#define SSO_SET_COOKIE_H

#include "base/text.h"

/* The name that a Set-Cookie line sets; empty when browsers see none. */
sso_span_t sso_set_cookie_name(const char *line);

/* The line with the prefix its path and domain allow, and "; Secure; SameSite=None; Partitioned" in
 * place of whatever it said of these, and of empty attributes. Every other byte stays. */
const char *sso_set_cookie_partitioned(const char *line, apr_pool_t *p);

/* The line that makes browsers forget a cookie, as PHP writes it. `domain` may be NULL: the host's
 * own. */
const char *sso_set_cookie_ended(const char *name, const char *path, const char *domain,
                                 bool secure, apr_pool_t *p);

/* A name, and what follows it, without the prefix that sso_set_cookie_partitioned() put before it;
 * the same pointer when it has none. */
const char *sso_set_cookie_original(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* uri.h -- absolute http and https URLs, taken apart strictly (RFC 3986), and their origins. */
#ifndef SSO_URI_H
#define SSO_URI_H

#include "base/text.h"

typedef struct sso_uri_t {
    const char *scheme; /* "http" or "https" */
    const char *host;   /* lower case; a name or an IPv4 address, or "[...]" with an IPv6 address */
    int port;           /* 1 to 65535; the scheme's own when the URL says none */
    const char *path;   /* "" or what begins with '/', with the query, without a fragment */
} sso_uri_t;

/* Take an absolute URL apart. Refused: every other scheme, user information, white space, control
 * characters, backslashes, bytes above 0x7E, empty or ill-formed hosts and ports. */
bool sso_uri_parse(const char *text, sso_uri_t *uri, apr_pool_t *p);

/* The origin as browsers write it (RFC 6454 6.2): scheme://host, and :port when not the default. */
const char *sso_uri_origin(const sso_uri_t *uri, apr_pool_t *p);

/* Do both have the same scheme, host and port? */
bool sso_uri_same_origin(const sso_uri_t *a, const sso_uri_t *b);

#endif

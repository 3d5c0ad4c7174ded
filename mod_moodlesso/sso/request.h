/* SPDX-License-Identifier: Apache-2.0 */
/* request.h -- what the rules may know of a request, and what they pick out of it. */
#ifndef SSO_REQUEST_H
#define SSO_REQUEST_H

#include <apr_time.h>

#include "base/text.h"

/* Values only; lives as long as the request. */
typedef struct sso_request_t {
    const char *cookies; /* the Cookie header as PHP will get it, NULL when there is none */
    bool https;          /* what the browser speaks, by configuration or our own connection */
    apr_time_t now;
    const struct sso_sessions_t *sessions; /* our own, of this site; NULL: there are none */
    const char *authorization;             /* the Authorization header, NULL when there is none */
} sso_request_t;

/* What the request carries for one source. */
typedef struct sso_credential_t {
    const char *name;  /* of the cookie, or of the header, it came in */
    sso_span_t secret; /* decoded session id, charset checked; or a token, unread */
    bool https;        /* as in the request: some sources keep ids of http and https apart */
} sso_credential_t;

#endif

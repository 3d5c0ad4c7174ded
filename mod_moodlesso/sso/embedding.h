/* SPDX-License-Identifier: Apache-2.0 */
/* embedding.h -- does a request come from inside a frame of another site? Fetch metadata tell
 * (W3C Fetch Metadata; Storage Access Headers), else cookies that only a frame can have. */
#ifndef SSO_EMBEDDING_H
#define SSO_EMBEDDING_H

#include "base/text.h"

/* What a browser says of a request; NULL where it says nothing. */
typedef struct sso_fetch_t {
    const char *storage_access; /* Sec-Fetch-Storage-Access: none, inactive or active */
    const char *dest;           /* Sec-Fetch-Dest */
    const char *site;           /* Sec-Fetch-Site */
} sso_fetch_t;

/* Is it from inside a frame? `is_marked`: a cookie came with it that we set inside frames only. The
 * browser itself says so of navigations and, with Sec-Fetch-Storage-Access, of most other requests;
 * not of fetch() to the frame's own origin, and Safari never beyond the first navigation. */
bool sso_is_embedded(const sso_fetch_t *fetch, bool is_marked);

/* Is it the navigation of a frame, so that its response is a document there? */
bool sso_fetch_is_frame(const sso_fetch_t *fetch);

/* Did another site begin this request? False when the browser does not say. */
bool sso_fetch_is_cross_site(const sso_fetch_t *fetch);

/* May this method change something (RFC 9110 9.2.1)? */
bool sso_fetch_changes_state(const char *method);

#endif

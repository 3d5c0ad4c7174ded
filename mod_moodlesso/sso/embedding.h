/* SPDX-License-Identifier: Apache-2.0 */
/* embedding.h -- does a request come from inside a frame of another site? Fetch metadata tell
 * (W3C Fetch Metadata; Storage Access Headers), else the cookies that only a frame can have. */
#ifndef SSO_EMBEDDING_H
#define SSO_EMBEDDING_H

#include "base/text.h"

/* What a browser says of a request; NULL where it says nothing. */
typedef struct sso_fetch_t {
    const char *storage_access; /* Sec-Fetch-Storage-Access: none, inactive or active */
    const char *dest;           /* Sec-Fetch-Dest */
    const char *site;           /* Sec-Fetch-Site */
} sso_fetch_t;

typedef enum {
    SSO_TOP_LEVEL,
    SSO_MAYBE_EMBEDDED, /* inferred: the cookies of the top level may be with it by right */
    SSO_EMBEDDED        /* the browser says so */
} sso_embedding_t;

/* `has_renamed`: cookies of a frame came with it; `has_plain`: listed ones under their own name.
 * Browsers without Sec-Fetch-Storage-Access (Safari) do not tell a page of ours that frames another
 * page of ours from the same inside Teams; where plain cookies came, it is taken for the first. */
sso_embedding_t sso_embedding(const sso_fetch_t *fetch, bool has_renamed, bool has_plain);

/* Did another site begin this request? False when the browser does not say. */
bool sso_fetch_is_cross_site(const sso_fetch_t *fetch);

/* May this method change something (RFC 9110 9.2.1)? */
bool sso_fetch_changes_state(const char *method);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h -- whom tokens are believed: issuers, their metadata and their keys.
 *
 * An issuer may stand for every tenant of a provider: "https://login.../{tenantid}/v2.0" (the case
 * of the letters in the braces is anybody's). The token's own tenant takes the place of the braces.
 */
#ifndef SSO_TRUST_H
#define SSO_TRUST_H

#include <apr_time.h>

#include "base/jwks.h"

#define SSO_METADATA_MAX    65536 /* bytes */
#define SSO_TRUST_ERROR_MAX 200   /* bytes of the last error, with its NUL */

/* An issuer of a source, as configured. Read-only once the configuration is frozen. */
typedef struct sso_issuer_t {
    const char *name;         /* of the source; "-v1" behind it for a second one */
    const char *metadata_url; /* NULL: jwks_url alone */
    const char *jwks_url;     /* NULL: as the metadata says */
    const char *issuer;       /* what the metadata must say; may hold {tenantid}; NULL: anything */
    const char *ca;           /* file of root certificates; NULL: the system's */
    int number;               /* unlike that of every other issuer of the server */
} sso_issuer_t;

/* What is known of an issuer. Read-only; lives at least as long as who was given it. */
typedef struct sso_trust_t {
    const char *issuer; /* as in the metadata; NULL without metadata */
    const sso_jwks_t *keys;
    const char *jwks_url; /* where the keys are */
    const char *authorization_endpoint, *token_endpoint, *end_session_endpoint; /* NULL: none */
    bool names_itself; /* in every answer to a login (RFC 9207 3) */
    apr_time_t fetched;
} sso_trust_t;

/* How it goes with asking an issuer, for whoever runs the server. Times are 0 before the first. */
typedef struct sso_trust_state_t {
    apr_time_t fetched;              /* the copy in use */
    apr_time_t next;                 /* when it is asked again */
    int failures;                    /* in a row, since it last answered */
    int keys;                        /* that can be used; 0: nothing is known */
    apr_time_t measured;             /* when its clock was last seen ... */
    apr_interval_time_t ahead;       /* ... and by how much it was ahead of ours */
    char error[SSO_TRUST_ERROR_MAX]; /* what was wrong at the last failure; empty: nothing yet */
} sso_trust_state_t;

/* Read a provider's metadata (OpenID Connect Discovery 1.0 3 and 4.3, RFC 8414): issuer and URLs;
 * keys and fetched stay as they are. Answers a sentence for the log when it is not to be believed:
 * longer than SSO_METADATA_MAX, no strict JSON, of another issuer, without keys, or with a URL that
 * is not safe. */
const char *sso_trust_read(sso_span_t metadata, const sso_issuer_t *issuer, sso_trust_t *trust,
                           apr_pool_t *p);

/* Is it a URL to ask for keys: https, or http to this machine itself? */
bool sso_trust_url_is_safe(const char *url, apr_pool_t *p);

/* Does the issuer stand for every tenant? */
bool sso_issuer_is_open(const char *issuer);

/* The issuer for one tenant; the same text when it is not open, NULL when it is and `tenant` is
 * NULL. */
const char *sso_issuer_for(const char *issuer, const char *tenant, apr_pool_t *p);

#endif

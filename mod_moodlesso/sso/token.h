/* SPDX-License-Identifier: Apache-2.0 */
/* token.h -- is this bearer token for us? The rules of RFC 7519, RFC 8725 and RFC 9068.
 *
 *   read (no key needed) ──> from whom? ──> verify (keys) ──> check (claims)
 */
#ifndef SSO_TOKEN_H
#define SSO_TOKEN_H

#include <apr_tables.h>

#include "base/jws.h"
#include "sso/error.h"
#include "sso/trust.h"

/* What a source wants of a token. Lists are of const char *. Read-only once the configuration is
 * frozen. */
typedef struct sso_token_rules_t {
    unsigned algs;                       /* SSO_ALG_BIT of each that is allowed */
    const apr_array_header_t *audiences; /* aud must hold one of these */
    const apr_array_header_t *tenants;   /* tid must be one of these; NULL: is not looked at */
    const apr_array_header_t *clients; /* it must have been issued to one of these; NULL: to any */
    const apr_array_header_t *scopes;  /* it must have them all; NULL: is not looked at */
    apr_interval_time_t skew;          /* by which our clock and the issuer's may differ */
    bool is_delegated; /* without any scope it is of an application, not of a user (Entra) */
    bool is_logout;    /* it tells of a logout (OpenID Connect Back-Channel Logout 1.0 2.4) and is
                          no proof of anybody */
    bool is_id_token; /* it tells us, who asked for it, who has signed in: sso/id_token.h goes on */
    bool says_bearer; /* its claim typ is "Bearer", or it is no access token (Keycloak) */
} sso_token_rules_t;

/* Lives as long as the pool and the text it was read from. Until it is verified and checked it is
 * somebody's word. */
typedef struct sso_token_t {
    sso_jws_t jws;
    const json_t *claims; /* an object */
    const char *issuer;   /* iss */
    const char *tenant;   /* tid, when it is a GUID; else NULL */
    apr_time_t expires;   /* exp; 0 before the check */
} sso_token_t;

/* Take a token apart, as far as no key is needed. Answers TOKEN_MALFORMED, TOKEN_TYPE,
 * TOKEN_ALGORITHM, TOKEN_CLAIMS or TOKEN_FOR_GRAPH. */
const sso_error_t *sso_token_read(sso_span_t text, const sso_token_rules_t *rules,
                                  sso_token_t *token, apr_pool_t *p);

/* Is this its issuer? Compared exactly, with its own tenant in place of {tenantid}. */
bool sso_token_is_from(const sso_token_t *token, const char *issuer, apr_pool_t *p);

/* Is it signed by a key that may sign for its issuer? A key that names an issuer signs for that one
 * alone: the token's tenant filled in, it must be one of `issuers` (const char *). A key of
 * metadata for every tenant must name one. Answers TOKEN_KEY_UNKNOWN, TOKEN_KEY_ISSUER,
 * TOKEN_SIGNATURE. */
const sso_error_t *sso_token_verify(const sso_token_t *token, const sso_trust_t *trust,
                                    const apr_array_header_t *issuers, apr_pool_t *p);

/* A NumericDate of the claims (RFC 7519 2) that may be absent: then `otherwise`. False when it is
 * none. */
bool sso_token_time(const json_t *claims, const char *name, apr_time_t otherwise, apr_time_t *time);

/* Do its claims hold? Sets token->expires. Answers TOKEN_CLAIMS, TOKEN_EXPIRED,
 * TOKEN_NOT_YET_VALID, TOKEN_AUDIENCE, TOKEN_IS_ID_TOKEN, TOKEN_TYPE, TOKEN_TENANT, TOKEN_CLIENT,
 * TOKEN_APP_ONLY or TOKEN_SCOPE. */
const sso_error_t *sso_token_check(sso_token_t *token, const sso_token_rules_t *rules,
                                   apr_time_t now);

#endif

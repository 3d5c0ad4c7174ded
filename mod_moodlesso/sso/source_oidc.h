/* SPDX-License-Identifier: Apache-2.0 */
/* source_oidc.h -- the settings of a source that takes bearer tokens. */
#ifndef SSO_SOURCE_OIDC_H
#define SSO_SOURCE_OIDC_H

#include "sso/client.h"
#include "sso/id_token.h"
#include "sso/source.h"
#include "sso/token.h"

typedef struct sso_oidc_t {
    sso_token_rules_t rules;
    apr_array_header_t *issuers; /* sso_issuer_t *: whom to ask for keys */
    apr_array_header_t *forms;   /* const char *: iss of each one's tokens; may hold {tenantid} */
    sso_client_t *client;        /* NULL: nobody signs in with it, tokens are brought along */
    bool by_oid;       /* a person is tid and oid, not sub: the same in all applications of Entra */
    bool trusts_email; /* email is the word of the one tenant, for all but its guests */
} sso_oidc_t;

/* Fill in what preset= stands for, and what it leaves to the administrator (source_oidc_issuer.c).
 * Answers a sentence when it is wrong. */
const char *sso_oidc_issuers(sso_source_t *source, sso_oidc_t *oidc, sso_options_t *options);

/* Read client_id= and what goes with it (source_oidc_client.c); oidc->client stays NULL without.
 * Answers a sentence when it is wrong. */
const char *sso_oidc_client(const sso_source_t *source, sso_oidc_t *oidc, sso_options_t *options);

/* Who does an ID token stand for that the provider's token endpoint gave us (source_oidc_client.c)?
 * Beside the refusals of access tokens: TOKEN_NONCE, TOKEN_HASH, TOKEN_ACR, and IDENTITY_MALFORMED.
 * *who is set only on success. */
const sso_error_t *sso_oidc_sign_in(const sso_source_t *source, sso_span_t text,
                                    const sso_id_token_wish_t *wish, sso_io_t *io,
                                    sso_identity_t **who, apr_pool_t *p);

/* Is the token signed by one of the source's issuers? Answers TOKEN_ISSUER, TRUST_MISSING and what
 * sso_token_verify does. */
const sso_error_t *sso_oidc_verify(const sso_oidc_t *oidc, const sso_token_t *token, sso_io_t *io,
                                   apr_pool_t *p);

/* What a provider says has ended. */
typedef struct sso_logout_t {
    const char *issuer, *subject, *sid; /* subject or sid may be NULL, not both; never empty */
    const char *jti;
    apr_time_t at; /* sessions that began then or before: iat, and what clocks may differ by */
    apr_time_t expires;
} sso_logout_t;

/* Is it a logout token of this source's provider for us? Beside the refusals of access tokens:
 * TOKEN_NO_LOGOUT. Whether it comes for the first time is not asked here. */
const sso_error_t *sso_oidc_logout(const sso_source_t *source, sso_span_t text, sso_io_t *io,
                                   sso_logout_t *logout, apr_pool_t *p);

/* Does the source take tokens of this issuer? Of one with {tenantid} each of tenants= is one. */
bool sso_oidc_knows_issuer(const sso_source_t *source, const char *issuer, apr_pool_t *p);

/* The identity that a verified and checked token stands for. Answers TOKEN_CLAIMS when it does not
 * say who it is. */
const sso_error_t *sso_oidc_claims(const sso_oidc_t *oidc, const sso_token_t *token,
                                   sso_identity_t *who, apr_pool_t *p);

#endif

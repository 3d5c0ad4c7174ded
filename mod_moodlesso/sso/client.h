/* SPDX-License-Identifier: Apache-2.0 */
/* client.h -- we, as a provider knows us: what it takes to sign people in there. */
#ifndef SSO_CLIENT_H
#define SSO_CLIENT_H

#include "base/jws_sign.h"
#include "sso/source.h"

/* How we prove to the provider who we are (OpenID Connect Core 9). */
typedef enum { SSO_CLIENT_BASIC, SSO_CLIENT_POST, SSO_CLIENT_PRIVATE_KEY } sso_client_auth_t;

/* Of a source of the kind oidc that has client_id=. Read-only once the configuration is frozen. */
typedef struct sso_client_t {
    const char *id;
    sso_client_auth_t auth;
    const char *secret;          /* NULL with a key; never logged */
    const sso_signer_t *signer;  /* NULL with a secret */
    const char *scope;           /* "openid profile email" */
    bool by_form;                /* the answer comes as a form that is posted, not in a query */
    bool try_silent;             /* asks first whether somebody is signed in there already */
    const sso_issuer_t *issuer;  /* where it is */
    apr_interval_time_t timeout; /* for its token endpoint to answer */
    int logins;                  /* threads of the whole server that wait for that, at most */
    int breaker;                 /* number of its circuit breaker */
    /* For the page on which people choose. */
    const char *title; /* the source's name when not given */
    const char *icon;  /* path of this site, or data:; NULL: none */
    const char *color; /* "#1a2b3c" */
    int priority;      /* the least comes first */
} sso_client_t;

/* What it takes to sign in with this source; NULL where nobody can. */
const sso_client_t *sso_source_client(const sso_source_t *source);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* code_flow.h -- the authorization code flow (OpenID Connect Core 3.1, RFC 6749 4.1, RFC 7636,
 * RFC 9207): the URL to go to, the callback, the token request, its answer.
 *
 *   url ──> provider ──> callback ──> is it from there? ──> token request ──> answer: ID token
 */
#ifndef SSO_CODE_FLOW_H
#define SSO_CODE_FLOW_H

#include "sso/client.h"
#include "sso/login_state.h"

#define SSO_CODE_FLOW_MAX_ANSWER 65536 /* bytes of a token response */

/* One login at one provider. */
typedef struct sso_code_flow_t {
    const sso_client_t *client;
    const sso_trust_t *trust;
    const char *redirect; /* absolute URL of our callback */
    const sso_login_t *login;
    const sso_login_browser_t *browser;
} sso_code_flow_t;

/* What may be said to the provider beside; NULL: nothing. */
typedef struct sso_code_hints_t {
    const char *login_hint, *prompt;
} sso_code_hints_t;

/* Where the browser goes to sign in; NULL when the metadata do not say, or the library fails. */
const char *sso_code_flow_url(const sso_code_flow_t *flow, const char *state,
                              const sso_code_hints_t *hints, apr_pool_t *p);

/* What the browser brought back; members are NULL when they did not come. */
typedef struct sso_callback_t {
    const char *state, *code, *error, *issuer;
} sso_callback_t;

/* Read a query or a form. Answers LOGIN_UNKNOWN when a parameter came twice. */
const sso_error_t *sso_callback_read(const char *form, sso_callback_t *callback, apr_pool_t *p);

/* Is it from the provider that was asked (RFC 9207 2.4), and good? Answers LOGIN_ISSUER,
 * LOGIN_SILENT, LOGIN_DENIED or LOGIN_REFUSED. */
const sso_error_t *sso_callback_check(const sso_callback_t *callback, const sso_code_flow_t *flow);

/* The request that turns the code into tokens; `body` and `headers` are secret. Answers
 * PROVIDER_ANSWER when the metadata do not say where, SESSION_NOT_SEALED when the library fails. */
const sso_error_t *sso_code_flow_request(const sso_code_flow_t *flow, const char *code,
                                         apr_time_t now, sso_exchange_t *exchange, apr_pool_t *p);

typedef struct sso_code_tokens_t {
    const char *id_token;
    const char *access_token;
} sso_code_tokens_t;

/* What the token endpoint answered; on success both tokens are there. Answers LOGIN_CODE,
 * PROVIDER_CLIENT, PROVIDER_DOWN or PROVIDER_ANSWER. */
const sso_error_t *sso_code_flow_answer(const sso_exchange_t *exchange, sso_code_tokens_t *tokens,
                                        apr_pool_t *p);

/* Where the browser goes to sign out at the provider, and back from there (RP-Initiated Logout 1.0
 * 2); NULL when the metadata do not say. */
const char *sso_code_flow_logout_url(const sso_client_t *client, const sso_trust_t *trust,
                                     const char *back, apr_pool_t *p);

/* The reason code for what the world answered to a token request. */
const sso_error_t *sso_provider_error(apr_status_t status);

#endif

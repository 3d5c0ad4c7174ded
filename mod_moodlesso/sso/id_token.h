/* SPDX-License-Identifier: Apache-2.0 */
/* id_token.h -- is this ID token the answer to what we asked (OpenID Connect Core 3.1.3.7)? */
#ifndef SSO_ID_TOKEN_H
#define SSO_ID_TOKEN_H

#include "sso/token.h"

/* What was asked for. */
typedef struct sso_id_token_wish_t {
    const char *nonce;
    const char *access_token; /* that came with it; NULL: none */
    const char *acr;          /* of these values, blanks between, it is to be one; NULL: any */
    int max_age;              /* seconds ago that was at most; -1: any time */
} sso_id_token_wish_t;

/* Is it one of the values that were asked for, with blanks between (Core 3.1.2.1, acr_values)? */
bool sso_acr_is_one_of(const char *acr, const char *wanted);

/* The rules of a source for its ID tokens: made for `client_id` alone. */
sso_token_rules_t sso_id_token_rules(const sso_token_rules_t *rules, const char *client_id,
                                     apr_pool_t *p);

/* After sso_token_check with those rules. Answers TOKEN_TYPE, TOKEN_CLAIMS, TOKEN_CLIENT,
 * TOKEN_NONCE, TOKEN_HASH or TOKEN_ACR. */
const sso_error_t *sso_id_token_check(const sso_token_t *token, const char *client_id,
                                      const sso_id_token_wish_t *wish, apr_interval_time_t skew,
                                      apr_time_t now, apr_pool_t *p);

#endif

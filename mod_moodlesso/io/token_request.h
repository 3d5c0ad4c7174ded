/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h -- the one question that a request asks a provider: what a code stands for.
 * Bounded in time, and in how many threads of the whole server wait for the answer: by the source's
 * client (sso/client.h), a quarter of the server at most. */
#ifndef SSO_TOKEN_REQUEST_H
#define SSO_TOKEN_REQUEST_H

#include "io/access.h"

/* Send it to the provider of this source and wait, once it is this request's turn. Beside what
 * sso_io_t.http answers: SSO_IO_BUSY. */
apr_status_t sso_token_request(sso_access_t *access, const sso_source_t *source,
                               sso_exchange_t *exchange, apr_pool_t *p);

/* After TOKEN_KEY_UNKNOWN, for which the provider's keys are asked for beside requests: wait until
 * that is done, in a place of the same room and for what the token request left of its time.
 * Answers whether something else than `known` is known now. */
bool sso_token_keys_await(sso_access_t *access, const sso_source_t *source,
                          const sso_trust_t *known);

#endif

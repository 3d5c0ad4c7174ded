/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h -- the one question that a request asks a provider: what a code stands for.
 * Bounded in time, and in how many threads of the whole server wait for the answer. */
#ifndef SSO_TOKEN_REQUEST_H
#define SSO_TOKEN_REQUEST_H

#include "io/world.h"

#define SSO_TOKEN_REQUEST_TIMEOUT apr_time_from_sec(3)
#define SSO_TOKEN_REQUEST_WORKERS 8

/* Send it and wait, once it is this request's turn. Beside what sso_io_t.http answers: SSO_IO_BUSY.
 */
apr_status_t sso_token_request(sso_access_t *access, sso_exchange_t *exchange, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h -- the one question that a request asks a provider: what a code stands for.
 * Bounded in time, and in how many threads of the whole server wait for the answer: by the source's
 * client (sso/client.h), a quarter of the server at most. */
#ifndef SSO_TOKEN_REQUEST_H
#define SSO_TOKEN_REQUEST_H

#include "io/world.h"

/* Send it to the provider of this source and wait, once it is this request's turn. Beside what
 * sso_io_t.http answers: SSO_IO_BUSY. */
apr_status_t sso_token_request(sso_access_t *access, const sso_source_t *source,
                               sso_exchange_t *exchange, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* http.h -- one HTTP request through libcurl: verified, bounded, no redirects, no cookies kept. */
#ifndef SSO_HTTP_H
#define SSO_HTTP_H

#include "sso/io.h"

/* Prepare libcurl; once in every process, before threads are. */
void sso_http_init(void);

/* Have exchanges under way fail within a second, and later ones at once: this process ends. */
void sso_http_stop(void);

/* Then it is this process that failed, and not whom it asked. */
bool sso_http_is_stopped(void);

/* See sso_io_t.http. `why` gets libcurl's words when it fails, for the log. */
apr_status_t sso_http_exchange(sso_exchange_t *exchange, apr_time_t deadline, const char **why,
                               apr_pool_t *p);

#endif

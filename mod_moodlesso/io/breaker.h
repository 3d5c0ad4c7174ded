/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.h -- a circuit breaker in shared memory: who fails three times in a row is left alone,
 * but for one probe a second from the whole server, until it answers again. */
#ifndef SSO_BREAKER_H
#define SSO_BREAKER_H

#include <stdbool.h>

#include <apr_time.h>

#define SSO_BREAKER_FAILURES 3
#define SSO_BREAKER_PROBE    APR_USEC_PER_SEC

/* All zero is closed. Shared by every process; each member is read and written atomically. */
typedef struct sso_breaker_t {
    apr_uint32_t failures;               /* in a row */
    apr_time_t next_probe;               /* while open: not before */
    apr_uint64_t asked, failed, refused; /* since the server started */
} sso_breaker_t;

typedef enum { SSO_BREAKER_SAME, SSO_BREAKER_OPENED, SSO_BREAKER_CLOSED } sso_breaker_change_t;

/* Tells the administrator: `is_good` for a circuit that closed again. */
typedef void sso_say_t(void *context, bool is_good, const char *text);

/* May it be asked now? While open, true for one caller a second: the probe. */
bool sso_breaker_admits(sso_breaker_t *breaker, apr_time_t now);

/* It answered, or did not. Answers what that changed, so that one process logs it once. */
sso_breaker_change_t sso_breaker_answered(sso_breaker_t *breaker);
sso_breaker_change_t sso_breaker_failed(sso_breaker_t *breaker, apr_time_t now);

bool sso_breaker_is_open(const sso_breaker_t *breaker);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* breaker.c -- a circuit breaker in shared memory. */
#include "io/breaker.h"

#include "io/shared.h"

bool sso_breaker_is_open(const sso_breaker_t *breaker)
{
    return sso_load(&breaker->failures) >= SSO_BREAKER_FAILURES;
}

bool sso_breaker_admits(sso_breaker_t *breaker, apr_time_t now)
{
    apr_time_t probe;

    if (sso_breaker_is_open(breaker)) {
        probe = sso_load(&breaker->next_probe);
        if (now < probe || !sso_swap(&breaker->next_probe, probe, now + SSO_BREAKER_PROBE)) {
            sso_count(&breaker->refused);
            return false;
        }
    }
    sso_count(&breaker->asked);
    return true;
}

sso_breaker_change_t sso_breaker_answered(sso_breaker_t *breaker)
{
    apr_uint32_t before = sso_load(&breaker->failures);

    while (before != 0) {
        if (sso_swap(&breaker->failures, before, 0))
            return before >= SSO_BREAKER_FAILURES ? SSO_BREAKER_CLOSED : SSO_BREAKER_SAME;
        before = sso_load(&breaker->failures);
    }
    return SSO_BREAKER_SAME;
}

sso_breaker_change_t sso_breaker_failed(sso_breaker_t *breaker, apr_time_t now)
{
    apr_uint32_t before;

    sso_count(&breaker->failed);
    before = sso_count(&breaker->failures);
    if (before + 1 != SSO_BREAKER_FAILURES)
        return SSO_BREAKER_SAME;
    sso_store(&breaker->next_probe, now + SSO_BREAKER_PROBE);
    return SSO_BREAKER_OPENED;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* check_source.c -- what each kind of source needs of others, and what it can tell by itself. */
#include "sso/check_source.h"

#include <apr_strings.h>

#include "sso/source_drupal.h"
#include "sso/source_moodle.h"
#include "sso/source_oidc.h"

const sso_database_t *sso_check_database(const sso_source_t *source)
{
    if (source->kind == &sso_kind_moodle)
        return ((const sso_moodle_t *)source->settings)->database;
    if (source->kind == &sso_kind_drupal)
        return ((const sso_drupal_t *)source->settings)->by_sid.database;
    return NULL;
}

void sso_check_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                      apr_array_header_t *probes, apr_pool_t *p)
{
    if (source->kind == &sso_kind_moodle)
        sso_moodle_probes(source, wants, probes, p);
    else
        sso_drupal_probes(source, wants, probes, p);
}

void sso_check_settings(sso_check_t *check, const sso_source_t *source)
{
    if (source->kind == &sso_kind_moodle)
        sso_moodle_check(check, source);
    else if (source->kind == &sso_kind_drupal)
        sso_drupal_check(check, source);
}

static const char *seconds(apr_interval_time_t time, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, (apr_int64_t)apr_time_sec(time));
}

static void check_metadata(sso_check_t *check, const sso_trust_state_t *state, apr_time_t now)
{
    bool is_good = state->fetched != 0 && state->failures == 0;
    sso_check_line_t *line =
        sso_check_add(check, "metadata", is_good ? SSO_CHECK_GOOD : SSO_CHECK_BAD,
                      state->fetched != 0 ? SSO_FOUND_METADATA : SSO_FOUND_NO_METADATA,
                      state->fetched != 0 ? seconds(now - state->fetched, check->p) : NULL);

    line->why = is_good ? NULL : apr_pstrdup(check->p, state->error);
    line->fix = is_good ? SSO_FIX_NONE : SSO_FIX_ISSUER;
}

/* Tokens are refused when clocks differ by more than skew=. */
void sso_check_issuer(sso_check_t *check, const sso_source_t *source,
                      const sso_trust_state_t *state, apr_time_t now)
{
    const sso_oidc_t *oidc = source->settings;

    check_metadata(check, state, now);
    sso_check_add(check, "keys", state->keys > 0 ? SSO_CHECK_GOOD : SSO_CHECK_BAD, SSO_FOUND_KEYS,
                  apr_itoa(check->p, state->keys))
        ->fix = state->keys > 0 ? SSO_FIX_NONE : SSO_FIX_ISSUER;
    if (state->measured == 0)
        sso_check_add(check, "clock", SSO_CHECK_UNTESTED, SSO_FOUND_NO_CLOCK, NULL);
    else
        sso_check_clock(check, "clock", state->ahead, oidc->rules.skew, SSO_FIX_ISSUER_CLOCK);
}

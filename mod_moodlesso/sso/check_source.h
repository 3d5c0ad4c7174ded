/* SPDX-License-Identifier: Apache-2.0 */
/* check_source.h -- what each kind of source needs of others, and what it can tell by itself. */
#ifndef SSO_CHECK_SOURCE_H
#define SSO_CHECK_SOURCE_H

#include "sso/check_probe.h"
#include "sso/trust.h"

/* The database that a frozen source asks; NULL: none. */
const sso_database_t *sso_check_database(const sso_source_t *source);

/* What it needs of that database: a list of sso_probe_t, a probe for each GRANT and setting. */
void sso_check_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                      apr_array_header_t *probes, apr_pool_t *p);
void sso_moodle_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                       apr_array_header_t *probes, apr_pool_t *p);
void sso_drupal_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                       apr_array_header_t *probes, apr_pool_t *p);

/* Lines of what needs no asking: timeout= of Moodle, the cookies of Drupal. */
void sso_check_settings(sso_check_t *check, const sso_source_t *source);
void sso_moodle_check(sso_check_t *check, const sso_source_t *source);
void sso_drupal_check(sso_check_t *check, const sso_source_t *source);

/* The line of a source that asks a site (url=), which is asked now, unless io->deadline is 0: then
 * there is no time left. `why` is where the world leaves its last words. False: it asks none. */
bool sso_check_site(sso_check_t *check, const sso_source_t *source, sso_io_t *io,
                    const char *const *why);

/* The lines of an issuer of a source of the kind oidc: metadata, keys, clock. */
void sso_check_issuer(sso_check_t *check, const sso_source_t *source,
                      const sso_trust_state_t *state, apr_time_t now);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* check_grant.h -- the statement that gives an account what it lacks, for whoever administers the
 * database. */
#ifndef SSO_CHECK_GRANT_H
#define SSO_CHECK_GRANT_H

#include "sso/check_probe.h"

/* "SELECT (sid) ON moodle.mdl_sessions" */
const char *sso_grant_right(const sso_probe_t *probe, sso_dialect_t dialect,
                            const sso_probe_place_t *place, apr_pool_t *p);

/* "GRANT SELECT (sid) ON moodle.mdl_sessions TO 'moodlesso'@'localhost';" */
const char *sso_grant(const sso_probe_t *probe, sso_dialect_t dialect,
                      const sso_probe_place_t *place, apr_pool_t *p);

/* The one for making tables in the database it is connected to. NULL: SQLite has none. */
const char *sso_grant_tables(sso_dialect_t dialect, const sso_probe_place_t *place, apr_pool_t *p);

#endif

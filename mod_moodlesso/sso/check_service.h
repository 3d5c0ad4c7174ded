/* SPDX-License-Identifier: Apache-2.0 */
/* check_service.h -- what a test of Moodle's web service tells, line by line. */
#ifndef SSO_CHECK_SERVICE_H
#define SSO_CHECK_SERVICE_H

#include "sso/check.h"
#include "sso/match_service.h"

/* The lines "site" and "field.NAME" of a report; `error` is what sso_match_service_test answered,
 * `why` the world's last words. */
void sso_check_service(sso_check_t *check, const sso_service_report_t *report,
                       const sso_error_t *error, const char *why);

#endif

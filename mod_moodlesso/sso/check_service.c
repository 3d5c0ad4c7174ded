/* SPDX-License-Identifier: Apache-2.0 */
/* check_service.c -- what a test of Moodle's web service tells, line by line. */
#include "sso/check_service.h"

#include <apr_strings.h>

static sso_fix_t fix_of(const sso_error_t *error)
{
    if (error == sso_error(SSO_MOODLE_SERVICE_DENIED))
        return SSO_FIX_SERVICE_DENIED;
    if (error == sso_error(SSO_MOODLE_SERVICE_DETAILS))
        return SSO_FIX_SERVICE_DETAILS;
    if (error == sso_error(SSO_MOODLE_SERVICE_IDENTITY))
        return SSO_FIX_SERVICE_IDENTITY;
    if (error == sso_error(SSO_MOODLE_SERVICE_HIDDEN))
        return SSO_FIX_SERVICE_HIDDEN;
    return error == sso_error(SSO_MOODLE_SERVICE_ANSWER) ? SSO_FIX_SERVICE_ANSWER
                                                         : SSO_FIX_SERVICE_DOWN;
}

static void add_error(sso_check_t *check, const char *name, const sso_error_t *error,
                      const char *why)
{
    sso_check_line_t *line =
        sso_check_add(check, name, SSO_CHECK_BAD, SSO_FOUND_ERROR, error->name);

    line->why = why;
    line->fix = fix_of(error);
}

void sso_check_service(sso_check_t *check, const sso_service_report_t *report,
                       const sso_error_t *error, const char *why)
{
    const char *site = apr_pstrcat(check->p, check->kind, ".", check->thing, ".site", NULL);

    if (error != NULL)
        add_error(check, "site", error, why);
    else
        sso_check_add(check, "site", SSO_CHECK_GOOD, SSO_FOUND_SITE, report->username)->why =
            report->release;
    for (int i = 0; i < SSO_MATCH_SERVICE_FIELDS; i++) {
        const char *name = apr_pstrcat(check->p, "field.", report->fields[i], NULL);

        if (error != NULL)
            sso_check_add(check, name, SSO_CHECK_UNTESTED, SSO_FOUND_BECAUSE, site);
        else if (report->errors[i] != NULL)
            add_error(check, name, report->errors[i], NULL);
        else
            sso_check_add(check, name, SSO_CHECK_GOOD, SSO_FOUND_REACHED, report->fields[i]);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* check.c -- what moodlesso-check says: a line for each thing that was tested, with the fix. */
#include "sso/check.h"

#include <string.h>

#include <apr_strings.h>

void sso_check_init(sso_check_t *check, apr_pool_t *p)
{
    check->lines = apr_array_make(p, 64, sizeof(sso_check_line_t));
    check->kind = check->thing = NULL;
    check->p = p;
}

void sso_check_about(sso_check_t *check, const char *kind, const char *thing)
{
    check->kind = kind;
    check->thing = thing;
}

static const char *whole_name(const sso_check_t *check, const char *name)
{
    return check->thing ? apr_pstrcat(check->p, check->kind, ".", check->thing, ".", name, NULL)
                        : apr_pstrcat(check->p, check->kind, ".", name, NULL);
}

sso_check_line_t *sso_check_add(sso_check_t *check, const char *name, sso_verdict_t verdict,
                                sso_found_t found, const char *what)
{
    sso_check_line_t *line = apr_array_push(check->lines);

    *line = (sso_check_line_t){.kind = check->kind,
                               .thing = check->thing,
                               .name = whole_name(check, name),
                               .verdict = verdict,
                               .found = found,
                               .what = what};
    return line;
}

void sso_check_clock(sso_check_t *check, const char *name, apr_interval_time_t ahead,
                     apr_interval_time_t limit, sso_fix_t fix)
{
    bool is_good = ahead <= limit && ahead >= -limit;
    sso_check_line_t *line = sso_check_add(
        check, name, is_good ? SSO_CHECK_GOOD : SSO_CHECK_BAD, SSO_FOUND_CLOCK,
        apr_psprintf(check->p, "%" APR_INT64_T_FMT, (apr_int64_t)apr_time_sec(ahead)));

    line->why = apr_psprintf(check->p, "%" APR_INT64_T_FMT, (apr_int64_t)apr_time_sec(limit));
    line->fix = is_good ? SSO_FIX_NONE : fix;
}

bool sso_check_is_good(const sso_check_t *check)
{
    for (int i = 0; i < check->lines->nelts; i++) {
        if (APR_ARRAY_IDX(check->lines, i, sso_check_line_t).verdict == SSO_CHECK_BAD)
            return false;
    }
    return true;
}

#define FOUND_TEXT(code, name) "found_" name,
#define FIX_TEXT(code, name)   "fix_" name,

const char *sso_found_text(sso_found_t found)
{
    static const char *const names[] = {SSO_CHECK_FOUNDS(FOUND_TEXT)};

    return names[found];
}

const char *sso_fix_text(sso_fix_t fix)
{
    static const char *const names[] = {SSO_CHECK_FIXES(FIX_TEXT)};

    return names[fix];
}

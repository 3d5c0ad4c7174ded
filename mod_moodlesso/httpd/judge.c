/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c -- the rules about people: whom of those that a source vouches for this section lets
 * pass, and as whom. */
#include "httpd/judge.h"

#include <http_log.h>

#include "httpd/freeze.h"
#include "io/shared.h"
#include "sso/account.h"
#include "sso/allow.h"

APLOG_USE_MODULE(moodlesso);

/* Moodle's own people are who they are here, however they came. */
static bool needs_account(const moodlesso_directory_t *directory, const sso_source_t *source)
{
    return (directory->match != NULL || directory->creates) && source->kind != &sso_kind_moodle &&
           source->kind != &sso_kind_loginkey;
}

/* As whom the person is known here. */
static const sso_error_t *find_account(request_rec *r, const sso_identity_t *who,
                                       const sso_identity_t **judged)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    const moodlesso_match_t *match = directory->match;
    const sso_account_rules_t rules = {match ? match->rules : NULL,
                                       directory->creates != MOODLESSO_OFF,
                                       match ? match->number : 0};
    sso_access_t access;

    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    sso_access_init(&access, moodlesso_world(), r->request_time);
    return sso_account(moodlesso_totals()->accounts, &rules, who, &access.io, judged, r->pool);
}

/* Counted and logged when there is one. */
static const sso_error_t *told(request_rec *r, const sso_source_t *source, const sso_error_t *error)
{
    sso_world_t *world = moodlesso_world();

    if (error == NULL)
        return NULL;
    if (world != NULL)
        sso_count(&world->refused[error->code]);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: source %s: %s", error->name,
                  source->name, error->sentence);
    return error;
}

const sso_error_t *moodlesso_allow(request_rec *r, const sso_source_t *source,
                                   const sso_identity_t *who)
{
    return told(r, source, sso_allow(moodlesso_directory(r)->allow, who, r->pool));
}

const sso_error_t *moodlesso_judge(request_rec *r, const sso_source_t *source,
                                   const sso_identity_t *who, const sso_identity_t **judged)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);

    SSO_TRY(moodlesso_allow(r, source, who));
    *judged = who;
    return needs_account(directory, source) ? told(r, source, find_account(r, who, judged)) : NULL;
}

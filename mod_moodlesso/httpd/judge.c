/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c -- the rules about people: whom of those that a source vouches for this section lets
 * pass, and as whom. */
#include "httpd/judge.h"

#include <http_log.h>

#include "httpd/freeze.h"
#include "io/shared.h"
#include "sso/allow.h"

APLOG_USE_MODULE(moodlesso);

const sso_error_t *moodlesso_judge(request_rec *r, const sso_source_t *source,
                                   const sso_identity_t *who, const sso_identity_t **judged)
{
    const sso_error_t *error = sso_allow(moodlesso_directory(r)->allow, who, r->pool);
    sso_world_t *world = moodlesso_world();

    if (error == NULL)
        *judged = who;
    else if (world != NULL)
        sso_count(&world->refused[error->code]);
    if (error != NULL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: source %s: %s", error->name,
                      source->name, error->sentence);
    return error;
}

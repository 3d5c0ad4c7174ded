/* SPDX-License-Identifier: Apache-2.0 */
/* teams.c -- signing in inside Microsoft Teams: a page in the tab fetches a token from Teams and
 * exchanges it for a session in this frame. The tab never goes to a login page. */
#include <httpd.h>

#include <http_log.h>
#include <http_protocol.h>

#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/judge.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"

APLOG_USE_MODULE(moodlesso);

/* TeamsJS 2.58.0 and its hash, as Microsoft publishes both (README of @microsoft/teams-js). */
#define SCRIPT    "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
#define INTEGRITY "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"

int moodlesso_teams_page(request_rec *r)
{
    const moodlesso_server_t *server = moodlesso_server(r->server);
    const char *script = server->teams_script ? server->teams_script : SCRIPT;
    const char *integrity = server->teams_script ? server->teams_integrity : INTEGRITY;

    return moodlesso_page(
        r, HTTP_OK, "teams",
        json_pack("{s:s, s:s, s:s, s:s?}", "exchange", moodlesso_endpoint_url(r, "teams"), "back",
                  moodlesso_return_url(r), "script", script, "integrity", integrity));
}

static void identify_by_token(request_rec *r, sso_decision_t *decision)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    const sso_request_t request = {.authorization = apr_table_get(r->headers_in, "Authorization"),
                                   .now = r->request_time};
    sso_world_t *world = moodlesso_world();
    sso_access_t access;

    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(world ? SSO_NO_CREDENTIAL : SSO_NOT_READY);
    if (world == NULL || request.authorization == NULL)
        return;
    sso_access_init(&access, world, r->request_time);
    sso_identify(sources, moodlesso_token_sources(r, sources), &request, &access.io, decision,
                 r->pool);
}

int moodlesso_teams_exchange(request_rec *r)
{
    const sso_identity_t *judged;
    sso_decision_t decision;
    const char *sid;
    int status = ap_discard_request_body(r);

    if (status != OK)
        return status;
    identify_by_token(r, &decision);
    if (decision.who == NULL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s", decision.why->name,
                      decision.why->sentence);
    else
        decision.why = moodlesso_judge(r, decision.source, decision.who, &judged);
    if (decision.why != NULL)
        return moodlesso_problem(r, moodlesso_status_of(decision.why), decision.why);
    sid = sso_identity_claim(decision.who, "sid");
    if (!moodlesso_session_begin(r, decision.source, decision.who, sid ? sid : ""))
        return moodlesso_problem(r, HTTP_INTERNAL_SERVER_ERROR, sso_error(SSO_SESSION_NOT_SEALED));
    return moodlesso_answer_json(
        r, MOODLESSO_JSON, json_pack("{s:s}", "username", judged->claims[SSO_CLAIM_USERNAME]));
}

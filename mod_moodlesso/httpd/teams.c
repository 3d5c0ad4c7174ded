/* SPDX-License-Identifier: Apache-2.0 */
/* teams.c -- signing in inside Microsoft Teams: a page in the tab fetches a token from Teams, else
 * opens a window that signs in and hands over a one-time code, and exchanges that for a session in
 * this frame. The tab never goes to a login page. */
#include <httpd.h>

#include <http_log.h>
#include <http_protocol.h>

#include "base/form.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/judge.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"
#include "sso/frame_code.h"

APLOG_USE_MODULE(moodlesso);

/* TeamsJS 2.58.0 and its hash, as Microsoft publishes both (README of @microsoft/teams-js). */
#define SCRIPT    "https://res.cdn.office.net/teams-js/2.58.0/js/MicrosoftTeams.min.js"
#define MAX_FORM  4096 /* bytes */
#define INTEGRITY "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"

/* Where the tab goes on without a token: "popup" in a window, or "choose" on the page that opens
 * one for the provider chosen there; neither when nobody can sign in here. */
static void offer_login(request_rec *r, json_t *values)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    const char *endpoint =
        moodlesso_login_endpoint(r, sources, moodlesso_token_sources(r, sources));
    bool is_one = endpoint != NULL && strcmp(endpoint, "login") != 0;
    const char *form = sso_form_add("", "return", moodlesso_return_url(r), r->pool);

    if (is_one)
        form = sso_form_add(form, "display", "popup", r->pool);
    if (endpoint != NULL)
        json_object_set_new(
            values, is_one ? "popup" : "choose",
            json_string(sso_form_url(moodlesso_endpoint_url(r, endpoint), form, r->pool)));
}

int moodlesso_teams_page(request_rec *r)
{
    const moodlesso_server_t *server = moodlesso_server(r->server);
    const char *script = server->teams_script ? server->teams_script : SCRIPT;
    const char *integrity = server->teams_script ? server->teams_integrity : INTEGRITY;
    bool asks = moodlesso_directory(r)->storage_access == MOODLESSO_ON;
    json_t *values = json_pack("{s:s, s:s, s:s, s:s?, s:b}", "exchange",
                               moodlesso_endpoint_url(r, "teams"), "back", moodlesso_return_url(r),
                               "script", script, "integrity", integrity, "storage", asks);

    offer_login(r, values);
    return moodlesso_page(r, HTTP_OK, "teams", values);
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

/* Was the session ended since the code was made, or did the code come before? */
static const sso_error_t *use_up(request_rec *r, const char *code, const sso_source_t *source,
                                 const sso_session_t *session, sso_access_t *access)
{
    sso_session_epoch_t epochs[SSO_SESSION_EPOCHS];
    int count = sso_session_epochs(session, epochs, r->pool);
    const char *why = NULL;
    bool first = false;

    if (access->io.is_off(&access->io, source))
        return sso_error(SSO_SOURCE_OFF);
    for (int i = 0; i < count; i++) {
        if (access->io.is_over(&access->io, epochs[i].kind, epochs[i].text, session->created))
            return sso_error(SSO_SESSION_REVOKED);
    }
    if (access->world->store == NULL ||
        sso_store_see_once(access->world->store, "code", code,
                           r->request_time + SSO_FRAME_CODE_LIFETIME, &first, &why,
                           r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return first ? NULL : sso_error(SSO_FRAME_CODE);
}

/* A one-time code, from a window that this frame opened. */
static const sso_error_t *redeem(request_rec *r, sso_decision_t *decision, const char **sid)
{
    const char *form = moodlesso_read_form(r, MAX_FORM), *code, *verifier;
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    sso_session_t *session = apr_pcalloc(r->pool, sizeof(*session));
    sso_access_t access;

    if (form == NULL || *form == '\0')
        return sso_error(SSO_NO_CREDENTIAL);
    if (!moodlesso_is_same_origin(r))
        return sso_error(SSO_CROSS_SITE);
    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    if (!sso_form_get(form, "code", &code, r->pool) ||
        !sso_form_get(form, "verifier", &verifier, r->pool))
        return sso_error(SSO_FRAME_CODE);
    SSO_TRY(sso_frame_code_open(moodlesso_server(r->server)->sessions, sources,
                                moodlesso_token_sources(r, sources), code, verifier,
                                r->request_time, &decision->source, session, r->pool));
    sso_access_init(&access, moodlesso_world(), r->request_time);
    SSO_TRY(use_up(r, code, decision->source, session, &access));
    decision->who = session->who;
    *sid = session->sid;
    return NULL;
}

/* Who is it, by the token or the code of the request? */
static const sso_error_t *identify(request_rec *r, sso_decision_t *decision, const char **sid)
{
    memset(decision, 0, sizeof(*decision));
    if (apr_table_get(r->headers_in, "Authorization") == NULL)
        return redeem(r, decision, sid);
    if (ap_discard_request_body(r) != OK)
        return sso_error(SSO_NO_CREDENTIAL);
    identify_by_token(r, decision);
    if (decision->who != NULL)
        *sid = sso_identity_claim(decision->who, "sid");
    return decision->why;
}

int moodlesso_teams_exchange(request_rec *r)
{
    const sso_identity_t *judged;
    sso_decision_t decision;
    const char *sid = NULL;
    const sso_error_t *error = identify(r, &decision, &sid);

    if (error != NULL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s", error->name,
                      error->sentence);
    else
        error = moodlesso_judge(r, decision.source, decision.who, &judged);
    if (error != NULL)
        return moodlesso_problem(r, moodlesso_status_of(error), error);
    if (!moodlesso_session_begin(r, decision.source, decision.who, sid ? sid : ""))
        return moodlesso_problem(r, HTTP_INTERNAL_SERVER_ERROR, sso_error(SSO_SESSION_NOT_SEALED));
    return moodlesso_answer_json(
        r, MOODLESSO_JSON, json_pack("{s:s}", "username", judged->claims[SSO_CLAIM_USERNAME]));
}

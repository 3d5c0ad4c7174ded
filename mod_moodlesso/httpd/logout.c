/* SPDX-License-Identifier: Apache-2.0 */
/* logout.c -- the provider ended a session: so do we, on every node. */
#include <httpd.h>

#include <http_log.h>
#include <http_protocol.h>

#include "base/uri.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"
#include "sso/source_oidc.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_FORM (SSO_JWS_MAX + 1024) /* bytes */

/* Which source's provider says so, and what? */
static const sso_error_t *judge(request_rec *r, const char *token, sso_logout_t *logout)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    sso_world_t *world = moodlesso_world();
    const sso_error_t *error = sso_error(SSO_TOKEN_ISSUER);
    int count = moodlesso_token_sources(r, sources);
    sso_access_t access;

    sso_access_init(&access, world, r->request_time);
    for (int i = 0; i < count && error != NULL && error->code == SSO_TOKEN_ISSUER; i++)
        error = sso_oidc_logout(sources[i], sso_span(token), &access.io, logout, r->pool);
    return error;
}

static const sso_error_t *end_sessions(request_rec *r, const char *kind, const char *text,
                                       apr_time_t at)
{
    sso_world_t *world = moodlesso_world();
    const char *why = NULL;

    if (world == NULL || world->epochs == NULL ||
        sso_epochs_revoke(world->epochs, kind, text, at, &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return NULL;
}

static const sso_error_t *see_once(request_rec *r, const sso_logout_t *logout)
{
    sso_store_t *store = moodlesso_world()->store;
    const char *why = NULL;
    bool first = false;

    if (sso_store_see_once(store, "jti",
                           sso_session_epoch_text(logout->issuer, logout->jti, r->pool),
                           logout->expires, &first, &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return first ? NULL : sso_error(SSO_TOKEN_SEEN);
}

static const sso_error_t *obey(request_rec *r, const char *token)
{
    sso_logout_t logout = {0};
    const char *kind, *text;

    if (token == NULL)
        return sso_error(SSO_NO_CREDENTIAL);
    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    SSO_TRY(judge(r, token, &logout));
    kind = logout.sid ? "sid" : "subject";
    text = sso_session_epoch_text(logout.issuer, logout.sid ? logout.sid : logout.subject, r->pool);
    /* Ending sessions again that began before is harmless: so first that, then the token is used
     * up. */
    SSO_TRY(end_sessions(r, kind, text, logout.at));
    return see_once(r, &logout);
}

/* Back-Channel Logout 1.0 2.8. */
int moodlesso_backchannel_logout(request_rec *r)
{
    const char *form = moodlesso_read_form(r, MAX_FORM);
    const sso_error_t *error = obey(r, form ? moodlesso_parameter(r, form, "logout_token") : NULL);

    if (error == NULL) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: a provider ended a session");
        return moodlesso_answer_json(r, MOODLESSO_JSON, json_object());
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "moodlesso: back-channel logout: %s: %s",
                  error->name, error->sentence);
    if (error->class == SSO_UNAVAILABLE)
        return moodlesso_problem(r, HTTP_SERVICE_UNAVAILABLE, error);
    r->status = HTTP_BAD_REQUEST;
    return moodlesso_answer_json(
        r, MOODLESSO_JSON,
        json_pack("{s:s, s:s}", "error", "invalid_request", "error_description", error->name));
}

/* The source whose provider calls itself that; NULL: none. */
static const sso_source_t *source_of(request_rec *r, const char *issuer)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    int count = moodlesso_token_sources(r, sources);

    for (int i = 0; i < count; i++) {
        if (sso_oidc_knows_issuer(sources[i], issuer, r->pool))
            return sources[i];
    }
    return NULL;
}

/* Where people sign out at the provider of the source; NULL: nobody knows. */
static const char *place_to_sign_out(request_rec *r, const sso_source_t *source)
{
    const sso_client_t *client = sso_source_client(source);
    const sso_trust_t *trust;
    sso_access_t access;

    if (client == NULL)
        return NULL;
    sso_access_init(&access, moodlesso_world(), r->request_time);
    trust = access.io.trust(&access.io, client->issuer);
    return trust ? trust->end_session_endpoint : NULL;
}

/* The origins of a provider's pages, of which one shows ours in a frame. */
static json_t *frames_of(request_rec *r, const char *issuer, const sso_source_t *source)
{
    const char *urls[] = {issuer, place_to_sign_out(r, source)};
    json_t *origins = json_array();
    sso_uri_t uri;

    for (int i = 0; i < 2; i++) {
        if (urls[i] != NULL && sso_uri_parse(urls[i], &uri, r->pool))
            json_array_append_new(origins, json_string(sso_uri_origin(&uri, r->pool)));
    }
    return origins;
}

/* Does the browser bring the session that is to end? */
static bool is_brought(request_rec *r, const sso_source_t *source, const char *sid)
{
    sso_decision_t decision;

    moodlesso_session_find(r, &source, 1, &decision);
    return decision.session != NULL && strcmp(decision.session->sid, sid) == 0;
}

/* The cookie seldom comes into a frame of the provider, so whoever knows a sid may end it; but not
 * so many that nobody could tell which sessions go on. */
static const sso_error_t *end_session(request_rec *r, const sso_source_t *source,
                                      const char *issuer, const char *sid)
{
    bool brought = is_brought(r, source, sid);
    sso_world_t *world = moodlesso_world();

    if (world != NULL && world->epochs != NULL && !sso_epochs_has_room(world->epochs) && !brought)
        return sso_error(SSO_LOGOUT_BUSY);
    SSO_TRY(end_sessions(r, "sid", sso_session_epoch_text(issuer, sid, r->pool), r->request_time));
    /* Not that of whoever followed somebody else's link. */
    if (brought)
        moodlesso_session_end(r);
    return NULL;
}

/* Front-Channel Logout 1.0 2: a page in a frame of the provider. */
int moodlesso_frontchannel_logout(request_rec *r)
{
    const char *issuer = moodlesso_parameter(r, r->args, "iss");
    const char *sid = moodlesso_parameter(r, r->args, "sid");
    const sso_source_t *source = issuer && sid ? source_of(r, issuer) : NULL;
    const sso_error_t *error;

    if (source == NULL)
        return HTTP_BAD_REQUEST;
    if ((error = end_session(r, source, issuer, sid)) != NULL) {
        /* Strangers do not fill the log, either. */
        int level = moodlesso_say_once(MOODLESSO_SAID_LOGOUT_REFUSED) ? APLOG_WARNING : APLOG_INFO;

        ap_log_rerror(APLOG_MARK, level, 0, r, "moodlesso: front-channel logout: %s: %s",
                      error->name, error->sentence);
        return moodlesso_problem(r, HTTP_SERVICE_UNAVAILABLE, error);
    }
    return moodlesso_page(r, HTTP_OK, "signed_out",
                          json_pack("{s:o}", "frames", frames_of(r, issuer, source)));
}

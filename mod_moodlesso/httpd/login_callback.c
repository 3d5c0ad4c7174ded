/* SPDX-License-Identifier: Apache-2.0 */
/* login_callback.c -- GET and POST callback: back from a provider.
 *
 *   state ──> from whom? ──> once ──> code for ID token ──> who ──> may pass? ──> session ──> page
 *     └─not ours, not now: begun anew once, else a page that says why
 */
#include <httpd.h>

#include <apr_strings.h>

#include "base/random.h"
#include "httpd/account.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/judge.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"
#include "io/token_request.h"
#include "sso/frame_code.h"
#include "sso/source_oidc.h"

#define MAX_FORM 16384 /* bytes */

/* A login that comes back. */
typedef struct return_t {
    sso_callback_t callback;
    sso_login_t login;
    sso_login_browser_t browser;
    const sso_source_t *source; /* NULL: the state is not ours */
    sso_access_t access;
    sso_identity_t *who; /* as the provider says; NULL: nobody, yet */
} return_t;

static const sso_error_t *read_state(request_rec *r, return_t *back)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    const char *form = r->method_number == M_POST ? moodlesso_read_form(r, MAX_FORM) : r->args;
    const sso_error_t *error;

    SSO_TRY(sso_callback_read(form, &back->callback, r->pool));
    back->browser = moodlesso_login_browser(r);
    error = sso_login_open(&sessions->logins, back->callback.state, sessions->site, &back->browser,
                           r->request_time, &back->login, r->pool);
    if (error != NULL && (error->code == SSO_LOGIN_UNKNOWN || error->code == SSO_LOGIN_OTHER_SITE))
        return error;
    back->source = moodlesso_login_source(r, back->login.source);
    return back->source ? error : sso_error(SSO_LOGIN_UNKNOWN);
}

static const sso_error_t *see_once(request_rec *r, const return_t *back)
{
    const sso_login_t *login = &back->login;
    sso_store_t *store = back->access.world->store;
    const char *why = NULL;
    bool first = false;

    if (store == NULL ||
        sso_store_see_once(store, "state", login->id, login->created + SSO_LOGIN_LIFETIME, &first,
                           &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return first ? NULL : sso_error(SSO_LOGIN_REPLAYED);
}

/* The code for an ID token, and that for a person. */
static const sso_error_t *redeem(request_rec *r, return_t *back, const sso_code_flow_t *flow)
{
    sso_id_token_wish_t wish = {.acr = back->login.acr, .max_age = back->login.max_age};
    sso_code_tokens_t tokens = {NULL, NULL};
    sso_exchange_t exchange;
    const sso_error_t *error;

    SSO_TRY(sso_code_flow_request(flow, back->callback.code, r->request_time, &exchange, r->pool));
    SSO_TRY(sso_provider_error(sso_token_request(&back->access, back->source, &exchange, r->pool)));
    SSO_TRY(sso_code_flow_answer(&exchange, &tokens, r->pool));
    wish.nonce = sso_login_nonce(&back->login, &back->browser, r->pool);
    wish.access_token = tokens.access_token;
    if (wish.nonce == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    error = sso_oidc_sign_in(back->source, sso_span(tokens.id_token), &wish, &back->access.io,
                             &back->who, r->pool);
    /* The first to come with a key of today. */
    if (error != NULL && error->code == SSO_TOKEN_KEY_UNKNOWN &&
        sso_token_keys_await(&back->access, back->source, flow->trust))
        error = sso_oidc_sign_in(back->source, sso_span(tokens.id_token), &wish, &back->access.io,
                                 &back->who, r->pool);
    return error;
}

static const sso_error_t *receive(request_rec *r, return_t *back)
{
    sso_code_flow_t flow = {.redirect = moodlesso_absolute_url(r, "callback"),
                            .login = &back->login,
                            .browser = &back->browser};
    const sso_identity_t *judged;

    SSO_TRY(read_state(r, back));
    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    if (moodlesso_is_source_off(back->source))
        return sso_error(SSO_SOURCE_OFF);
    sso_access_init(&back->access, moodlesso_world(), r->request_time);
    flow.client = sso_source_client(back->source);
    flow.trust = back->access.io.trust(&back->access.io, flow.client->issuer);
    if (flow.trust == NULL)
        return sso_error(SSO_TRUST_MISSING);
    SSO_TRY(sso_callback_check(&back->callback, &flow));
    SSO_TRY(see_once(r, back));
    SSO_TRY(redeem(r, back, &flow));
    /* Whose account it is to be is asked where that person is known: on the page of accounts. */
    if (back->login.purpose == SSO_LOGIN_LINK)
        return moodlesso_allow(r, back->source, back->who);
    return moodlesso_judge(r, back->source, back->who, &judged);
}

/* To the page of this very site that opened the window, and to no other: whoever else had it
 * opened, with a challenge of its own, hears nothing. */
static int tell_opener(request_rec *r, json_t *message, const char *back)
{
    return moodlesso_page(r, HTTP_OK, "signed_in",
                          json_pack("{s:s, s:o, s:s?}", "origin",
                                    sso_uri_origin(moodlesso_server(r->server)->base_url, r->pool),
                                    "message", message, "back", back));
}

/* A session for the frame that waits for it: as a code, that it redeems in its own partition. */
static int hand_over(request_rec *r, const return_t *back, const char *sid)
{
    const sso_session_t session = {r->request_time, r->request_time, sid, back->who, NULL};
    const char *code = sso_frame_code_make(moodlesso_server(r->server)->sessions, back->source,
                                           &session, back->login.frame, r->pool);

    if (code == NULL)
        return moodlesso_login_refuse(r, sso_error(SSO_SESSION_NOT_SEALED), NULL);
    return tell_opener(r, json_pack("{s:s, s:s}", "moodlesso", "code", "code", code), NULL);
}

static int land(request_rec *r, return_t *back)
{
    const char *sid = sso_identity_claim(back->who, "sid");

    /* So that signing out ends this session and no other of the person. */
    if (sid == NULL && (sid = sso_random(r->pool)) == NULL)
        return moodlesso_login_refuse(r, sso_error(SSO_SESSION_NOT_SEALED), NULL);
    if (back->login.frame != NULL)
        return hand_over(r, back, sid);
    if (!moodlesso_session_begin(r, back->source, back->who, sid))
        return moodlesso_login_refuse(r, sso_error(SSO_SESSION_NOT_SEALED), NULL);
    back->browser.done = r->request_time;
    moodlesso_login_set_browser(r, &back->browser);
    return back->login.is_popup
               ? tell_opener(r, json_pack("{s:s}", "moodlesso", "done"), back->login.back)
               : moodlesso_see_other(r, back->login.back);
}

/* Did the login come back too late, twice, or without what the browser should have kept? */
static bool is_lost(const sso_error_t *error)
{
    return error->code == SSO_LOGIN_NO_COOKIE || error->code == SSO_LOGIN_OTHER_BROWSER ||
           error->code == SSO_LOGIN_EXPIRED || error->code == SSO_LOGIN_REPLAYED;
}

/* Is somebody, and as strongly as this login was to do it? */
static bool is_signed_in(request_rec *r, const return_t *back)
{
    sso_decision_t decision;

    moodlesso_session_find(r, &back->source, 1, &decision);
    return decision.who != NULL &&
           (back->login.acr == NULL ||
            sso_acr_is_one_of(sso_identity_claim(decision.who, "acr"), back->login.acr));
}

static int begin_again(request_rec *r, return_t *back)
{
    const bool is_link = back->login.purpose == SSO_LOGIN_LINK;
    const sso_code_hints_t hints = {NULL, is_link ? moodlesso_account_prompt(back->source) : NULL};

    return moodlesso_login_begin(r, back->source, &back->login, &hints);
}

/* Without a login that is ours there is nothing to begin again, but the front page. */
static const char *retry_url(request_rec *r, const return_t *back)
{
    return back->source ? moodlesso_login_retry_url(r, back->source, &back->login) : "/";
}

static int refuse(request_rec *r, return_t *back, const sso_error_t *error)
{
    sso_login_t *login = &back->login;

    if (error->code == SSO_LOGIN_SILENT) {
        login->is_silent = false;
        return begin_again(r, back);
    }
    if (back->source != NULL && is_lost(error) && !login->is_popup &&
        login->purpose == SSO_LOGIN_SESSION && is_signed_in(r, back))
        return moodlesso_see_other(r, login->back);
    if (back->source != NULL && is_lost(error) && !login->is_restarted) {
        login->is_restarted = true;
        return begin_again(r, back);
    }
    return moodlesso_login_refuse(r, error, retry_url(r, back));
}

int moodlesso_login_callback(request_rec *r)
{
    return_t back = {.source = NULL};
    const sso_error_t *error;

    error = receive(r, &back);
    if (error == NULL && back.login.purpose == SSO_LOGIN_LINK)
        return moodlesso_account_land(r, back.source, back.who, back.login.back);
    return error ? refuse(r, &back, error) : land(r, &back);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* session_cookie.c -- our own session in the browser: begun, kept alive, ended. */
#include "httpd/session_cookie.h"

#include <apr_strings.h>

#include "httpd/frame_request.h"
#include "httpd/freeze.h"
#include "httpd/identify.h"

#define TOP    "; Path=/; Secure; HttpOnly; SameSite=Lax"
#define FRAMED "; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"

static bool is_framed(const char *cookie)
{
    return strcmp(cookie, SSO_SESSION_COOKIE_FRAMED) == 0;
}

static const char *cookie_for(request_rec *r)
{
    return moodlesso_is_embedded(r) ? SSO_SESSION_COOKIE_FRAMED : SSO_SESSION_COOKIE;
}

static void set_cookie(request_rec *r, const char *name, const char *value, const char *more)
{
    apr_table_addn(
        r->err_headers_out, "Set-Cookie",
        apr_pstrcat(r->pool, name, "=", value, is_framed(name) ? FRAMED : TOP, more, NULL));
}

static bool seal(request_rec *r, const sso_source_t *source, const sso_session_t *session)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    const sso_session_bond_t bond = {session->cookie, sessions->site, source->name,
                                     source->audience};
    const char *value = sso_session_seal(&sessions->seal, &bond, session, r->pool);

    if (value != NULL)
        set_cookie(r, session->cookie, value, "");
    return value != NULL;
}

bool moodlesso_session_begin(request_rec *r, const sso_source_t *source, const sso_identity_t *who,
                             const char *sid)
{
    const sso_session_t session = {r->request_time, r->request_time, sid, who, cookie_for(r)};

    return moodlesso_server(r->server)->sessions != NULL && moodlesso_is_https(r) &&
           seal(r, source, &session);
}

void moodlesso_session_find(request_rec *r, const sso_source_t *const *sources, int count,
                            sso_decision_t *decision)
{
    const sso_request_t request = {.cookies = moodlesso_cookies(r),
                                   .now = r->request_time,
                                   .sessions = moodlesso_server(r->server)->sessions};
    sso_world_t *world = moodlesso_world();
    sso_access_t access;

    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(world ? SSO_NO_CREDENTIAL : SSO_NOT_READY);
    if (world == NULL || request.cookies == NULL)
        return;
    sso_access_init(&access, world, r->request_time);
    sso_identify(sources, count, &request, &access.io, decision, r->pool);
}

void moodlesso_session_renew(request_rec *r, const sso_decision_t *decision)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    sso_session_t renewed;

    if (decision->session == NULL || sessions == NULL ||
        !sso_session_is_stale(decision->session, &sessions->policy, r->request_time))
        return;
    renewed = *decision->session;
    renewed.sealed = r->request_time;
    /* The page is the application's, and perhaps somebody stores it: not with this. */
    if (seal(r, decision->source, &renewed))
        apr_table_mergen(r->err_headers_out, "Cache-Control", "private, no-cache=\"Set-Cookie\"");
}

void moodlesso_session_end(request_rec *r)
{
    set_cookie(r, cookie_for(r), "", "; Max-Age=0");
}

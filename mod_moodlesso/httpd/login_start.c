/* SPDX-License-Identifier: Apache-2.0 */
/* login_start.c -- GET start/NAME: off to a provider. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "base/form.h"
#include "base/random.h"
#include "base/utf8.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/frame_request.h"
#include "httpd/freeze.h"
#include "httpd/identify.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"

APLOG_USE_MODULE(moodlesso);

#define COOKIE       "; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=None"
#define HINT_MAX     320 /* bytes; an address has no more */
#define MAX_AGE_MOST 2678400

const sso_source_t *moodlesso_login_source(request_rec *r, const char *name)
{
    const sso_source_t *source =
        apr_hash_get(moodlesso_server(r->server)->sources, name, APR_HASH_KEY_STRING);

    return source != NULL && sso_source_client(source) != NULL ? source : NULL;
}

const char *moodlesso_login_endpoint(request_rec *r, const sso_source_t *const *sources, int count)
{
    const char *only = NULL;
    int providers = 0;

    for (int i = 0; i < count; i++) {
        if (sso_source_client(sources[i]) == NULL || moodlesso_is_source_off(sources[i]))
            continue;
        only = sources[i]->name;
        providers++;
    }
    if (providers == 1)
        return apr_pstrcat(r->pool, "start/", only, NULL);
    return providers > 1 ? "login" : NULL;
}

const char *moodlesso_absolute_url(request_rec *r, const char *endpoint)
{
    const sso_uri_t *base = moodlesso_server(r->server)->base_url;

    return base ? apr_pstrcat(r->pool, sso_uri_origin(base, r->pool),
                              moodlesso_endpoint_url(r, endpoint), NULL)
                : NULL;
}

sso_login_browser_t moodlesso_login_browser(request_rec *r)
{
    return sso_login_browser(moodlesso_cookies(r), r->pool);
}

void moodlesso_login_set_browser(request_rec *r, const sso_login_browser_t *browser)
{
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_pstrcat(r->pool, SSO_LOGIN_COOKIE "=",
                               sso_login_browser_cookie(browser, r->pool), COOKIE, NULL));
}

int moodlesso_see_other(request_rec *r, const char *url)
{
    apr_table_setn(r->err_headers_out, "Location", url);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->err_headers_out, "Referrer-Policy", "no-referrer");
    return HTTP_SEE_OTHER;
}

/* A page is no API: nothing could answer a challenge. */
static int page_status_of(const sso_error_t *error)
{
    int status = moodlesso_status_of(error);

    return status == HTTP_UNAUTHORIZED ? HTTP_BAD_REQUEST : status;
}

int moodlesso_login_refuse(request_rec *r, const sso_error_t *error, const char *retry_url)
{
    if (error->class == SSO_BROKEN)
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "moodlesso: %s: sign-in: %s", error->name,
                      error->sentence);
    return moodlesso_error_page(r, page_status_of(error), error, retry_url);
}

const char *moodlesso_login_retry_url(request_rec *r, const sso_source_t *source,
                                      const sso_login_t *login)
{
    const char *form = sso_form_add("", "return", login->back, r->pool);

    /* Nobody is to be signed in as somebody else instead. */
    if (login->purpose == SSO_LOGIN_LINK)
        return moodlesso_endpoint_url(r, "account");

    form = sso_form_add(form, "acr", login->acr, r->pool);
    if (login->max_age >= 0)
        form = sso_form_add(form, "max_age", apr_itoa(r->pool, login->max_age), r->pool);
    if (login->is_popup)
        form = sso_form_add(form, "display", "popup", r->pool);
    form = sso_form_add(form, "frame", login->frame, r->pool);
    return sso_form_url(
        moodlesso_endpoint_url(r, apr_pstrcat(r->pool, "start/", source->name, NULL)), form,
        r->pool);
}

/* What is known of the provider; sets *error when that is nothing. */
static const sso_trust_t *trust_of(request_rec *r, const sso_client_t *client,
                                   const sso_error_t **error)
{
    sso_world_t *world = moodlesso_world();
    const sso_trust_t *trust = NULL;
    sso_access_t access;

    *error = sso_error(world ? SSO_TRUST_MISSING : SSO_NOT_READY);
    if (world != NULL) {
        sso_access_init(&access, world, r->request_time);
        trust = access.io.trust(&access.io, client->issuer);
    }
    return trust;
}

/* Make the login's URL at the provider; the browser gets a key if it has none. */
static const sso_error_t *compose(request_rec *r, const sso_code_flow_t *flow,
                                  const sso_code_hints_t *hints, const char **url)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    const char *state;

    if (flow->trust->authorization_endpoint == NULL)
        return sso_error(SSO_PROVIDER_ANSWER);
    if (flow->redirect == NULL || !moodlesso_is_https(r) || flow->browser->key == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    state = sso_login_seal(&sessions->logins, flow->login, flow->browser, r->pool);
    *url = state ? sso_code_flow_url(flow, state, hints, r->pool) : NULL;
    return *url ? NULL : sso_error(SSO_SESSION_NOT_SEALED);
}

int moodlesso_login_begin(request_rec *r, const sso_source_t *source, sso_login_t *login,
                          const sso_code_hints_t *hints)
{
    const sso_error_t *error;
    sso_login_browser_t browser = moodlesso_login_browser(r);
    const sso_client_t *client = sso_source_client(source);
    const sso_trust_t *trust = trust_of(r, client, &error);
    const sso_code_flow_t flow = {client, trust, moodlesso_absolute_url(r, "callback"), login,
                                  &browser};
    const char *url = NULL;

    if (browser.key == NULL)
        browser.key = sso_random(r->pool);
    browser.done = 0;
    login->id = sso_random(r->pool);
    login->source = source->name;
    login->site = moodlesso_server(r->server)->sessions->site;
    login->created = r->request_time;
    login->back = sso_login_back(login->back, r->pool);
    if (trust != NULL)
        error = compose(r, &flow, hints, &url);
    if (error != NULL)
        return moodlesso_login_refuse(r, error, moodlesso_login_retry_url(r, source, login));
    moodlesso_login_set_browser(r, &browser);
    return moodlesso_see_other(r, url);
}

static bool is_any_of(const char *text, const char *const *words)
{
    for (; text != NULL && *words != NULL; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static bool read_strength(request_rec *r, sso_login_t *login)
{
    const char *max_age;
    apr_int64_t seconds;

    login->max_age = -1;
    if (!sso_form_get(r->args, "acr", &login->acr, r->pool) ||
        !sso_form_get(r->args, "max_age", &max_age, r->pool) ||
        (login->acr != NULL && !sso_login_is_acr(login->acr)))
        return false;
    if (max_age == NULL)
        return true;
    if (!sso_span_integer(sso_span(max_age), &seconds) || seconds < 0 || seconds > MAX_AGE_MOST)
        return false;
    login->max_age = (int)seconds;
    return true;
}

/* The query of start/NAME; false when something in it is not of its form. */
static bool read_wishes(request_rec *r, sso_login_t *login, sso_code_hints_t *hints)
{
    static const char *const prompts[] = {"login", "consent", "select_account", NULL};
    const char *back, *display;

    if (!sso_form_get(r->args, "return", &back, r->pool) ||
        !sso_form_get(r->args, "login_hint", &hints->login_hint, r->pool) ||
        !sso_form_get(r->args, "prompt", &hints->prompt, r->pool) ||
        !sso_form_get(r->args, "display", &display, r->pool) ||
        !sso_form_get(r->args, "frame", &login->frame, r->pool) || !read_strength(r, login))
        return false;
    login->purpose = SSO_LOGIN_SESSION;
    login->back = moodlesso_return_url_of(r, back);
    login->is_popup = login->frame != NULL || (display != NULL && strcmp(display, "popup") == 0);
    return (hints->prompt == NULL || is_any_of(hints->prompt, prompts)) &&
           (login->frame == NULL || sso_login_is_challenge(login->frame)) &&
           (hints->login_hint == NULL || (strlen(hints->login_hint) <= HINT_MAX &&
                                          sso_utf8_is_clean(sso_span(hints->login_hint))));
}

/* Somebody who has just signed in is sent here again: once more would not help. */
static bool goes_in_circles(request_rec *r)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    sso_login_browser_t browser = moodlesso_login_browser(r);
    sso_decision_t decision;

    if (browser.done == 0 || r->request_time - browser.done > SSO_LOGIN_AGAIN)
        return false;
    /* Whoever has one goes to another provider on purpose. */
    moodlesso_session_find(r, sources, moodlesso_session_sources(r, sources), &decision);
    if (decision.who != NULL)
        return false;
    /* Whoever tries again on purpose may. */
    browser.done = 0;
    moodlesso_login_set_browser(r, &browser);
    return true;
}

int moodlesso_login_start(request_rec *r)
{
    const sso_source_t *source = moodlesso_login_source(r, moodlesso_endpoint_rest(r));
    sso_code_hints_t hints = {NULL, NULL};
    sso_login_t login = {.id = NULL};

    if (source == NULL)
        return HTTP_NOT_FOUND;
    if (!read_wishes(r, &login, &hints))
        return HTTP_BAD_REQUEST;
    /* Providers refuse to be framed, and a frame could not keep what they say. */
    if (moodlesso_is_embedded(r))
        return moodlesso_see_other(r, sso_form_url(moodlesso_endpoint_url(r, "teams"),
                                                   sso_form_add("", "return", login.back, r->pool),
                                                   r->pool));
    if (moodlesso_is_source_off(source))
        return moodlesso_login_refuse(r, sso_error(SSO_SOURCE_OFF), NULL);
    if (!login.is_popup && goes_in_circles(r))
        return moodlesso_login_refuse(r, sso_error(SSO_LOGIN_LOOP),
                                      moodlesso_login_retry_url(r, source, &login));
    /* To sign in more strongly a person does something. */
    login.is_silent =
        sso_source_client(source)->try_silent && hints.prompt == NULL && login.acr == NULL;
    return moodlesso_login_begin(r, source, &login, &hints);
}

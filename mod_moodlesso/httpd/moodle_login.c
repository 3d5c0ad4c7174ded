/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_login.c -- people we know, signed in to Moodle; and nobody else's session left to them. */
#include "httpd/moodle_login.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>

#include "base/cookie.h"
#include "base/form.h"
#include "base/set_cookie.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/frame_request.h"
#include "httpd/freeze.h"
#include "httpd/identify.h"
#include "httpd/moodle_userkey.h"
#include "httpd/page.h"
#include "httpd/sign_in.h"
#include "io/lookup.h"

APLOG_USE_MODULE(moodlesso);

/* Of several session cookies (of two Moodles on one host) PHP has taken one, so that is looked at:
 * who is let in is another question than who is kept out. */
static const sso_error_t *find_session(const sso_source_t *moodle, const sso_request_t *request,
                                       sso_credential_t *credential, apr_pool_t *p)
{
    const char *name = sso_moodle_cookie(moodle);
    const sso_error_t *error = moodle->kind->find(moodle, request, credential, p);

    if (error == NULL || error->code != SSO_DUPLICATE_COOKIE ||
        !sso_cookie_first(request->cookies, name, &credential->secret, p) ||
        !sso_span_is_word(credential->secret, ",-", 128))
        return error;
    credential->name = name;
    return NULL;
}

/* One cached look-up, where a session came. */
static const sso_error_t *look_up(request_rec *r, moodlesso_visit_t *at)
{
    const sso_request_t request = {.cookies = apr_table_get(r->headers_in, "Cookie"),
                                   .https = moodlesso_is_https(r),
                                   .now = r->request_time};
    sso_credential_t *credential = apr_pcalloc(r->pool, sizeof(*credential));
    sso_world_t *world = moodlesso_world();
    sso_identity_t *who = NULL;
    sso_access_t access;
    bool cached;

    if (at->moodle == NULL || world == NULL)
        return sso_error(SSO_NO_CREDENTIAL);
    SSO_TRY(find_session(at->moodle, &request, credential, r->pool));
    at->credential = credential;
    sso_access_init(&access, world, r->request_time);
    SSO_TRY(access.io.lookup(&access.io, at->moodle, credential, &who, &cached, r->pool));
    at->session = who;
    return NULL;
}

const char *moodlesso_moodle_username(request_rec *r, const moodlesso_visit_t *at)
{
    const apr_array_header_t *variables = moodlesso_context_of(r)->variables;

    for (int i = 0; variables != NULL && i < variables->nelts; i++) {
        const apr_table_entry_t *variable = &APR_ARRAY_IDX(variables, i, apr_table_entry_t);

        if (strcmp(variable->key, at->login->variable) == 0)
            return variable->val;
    }
    return NULL;
}

static bool was_made_from_proof(request_rec *r, const moodlesso_visit_t *at)
{
    const char *auth = at->session ? sso_identity_claim(at->session, "auth") : NULL;

    if (at->login->userkey != NULL)
        return moodlesso_userkey_began(r, at);
    return auth != NULL && strcmp(auth, "shibboleth") == 0;
}

static bool is_own(request_rec *r, const moodlesso_visit_t *at)
{
    if (at->login->userkey != NULL)
        return moodlesso_userkey_is_own(r, at);
    return sso_moodle_login_is_same(moodlesso_moodle_username(r, at),
                                    at->session->claims[SSO_CLAIM_USERNAME]);
}

/* Would the proof's cookie have come, were there one? Moodle's (SameSite=None in some versions)
 * goes where Drupal's (Lax) does not: into frames of other sites, with forms and scripts of theirs.
 */
static bool would_have_come(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    if (moodlesso_is_embedded(r))
        return false;
    return site == NULL || strcmp(site, "cross-site") != 0 || moodlesso_is_navigation(r);
}

/* Is Moodle's session one that this request's person must not have? */
static bool is_anothers(request_rec *r, const moodlesso_visit_t *at, const sso_error_t *why)
{
    if (at->decision->who != NULL && at->session == NULL)
        return why->class == SSO_FORBIDDEN;
    if (at->decision->who != NULL)
        return !is_own(r, at) && was_made_from_proof(r, at);
    /* A source that cannot be asked now has not said that nobody is there. */
    return (moodlesso_directory(r)->logout & MOODLESSO_LOGOUT_MOODLE) != 0 &&
           at->decision->why->class <= SSO_FORBIDDEN && was_made_from_proof(r, at) &&
           (at->decision->why->class > SSO_ABSENT || would_have_come(r));
}

bool moodlesso_session_kill(request_rec *r, const sso_source_t *source,
                            const sso_credential_t *credential, const sso_identity_t *who,
                            const char **set_cookie)
{
    sso_world_t *world = moodlesso_world();
    const sso_error_t *error;
    sso_access_t access;

    *set_cookie = NULL;
    if (world == NULL || source->kind->end == NULL)
        return false;
    sso_access_init(&access, world, r->request_time);
    error = source->kind->end(source, credential, who, &access.io, set_cookie, r->pool);
    if (error == NULL)
        sso_lookup_forget(world, source, credential, r->pool);
    else
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "moodlesso: %s: source %s: a session could not be ended: %s%s%s", error->name,
                      source->name, error->sentence, access.why ? ": " : "",
                      access.why ? access.why : "");
    return error == NULL;
}

/* PHP is not to see the session. */
static void drop_cookie(request_rec *r, moodlesso_visit_t *at)
{
    const char *left = sso_cookie_without(apr_table_get(r->headers_in, "Cookie"),
                                          sso_moodle_cookie(at->moodle), r->pool);

    if (left != NULL)
        apr_table_setn(r->headers_in, "Cookie", left);
    else
        apr_table_unset(r->headers_in, "Cookie");
    at->session = NULL;
    at->credential = NULL;
}

/* Whether it could be ended or not. */
static void take_away(request_rec *r, moodlesso_visit_t *at)
{
    const char *path = apr_pstrcat(r->pool, at->login->root, "/", NULL), *unknown;

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: Moodle's session is %s: it ends",
                  at->decision->who ? "of another person" : "without its proof");
    moodlesso_session_kill(r, at->moodle, at->credential, at->session, &unknown);
    drop_cookie(r, at);
    /* Where PHP begins another one its line comes behind this, and counts. */
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   sso_set_cookie_ended(sso_moodle_cookie(at->moodle), path, NULL,
                                        moodlesso_is_https(r), r->pool));
}

const char *moodlesso_moodle_target(request_rec *r, const moodlesso_visit_t *at)
{
    sso_uri_t own;

    return moodlesso_own_origin(r, &own)
               ? sso_moodle_login_target(at->login, r->args, &own, r->pool)
               : NULL;
}

const char *moodlesso_moodle_way(request_rec *r, const moodlesso_visit_t *at, const char *path)
{
    const char *target = moodlesso_moodle_target(r, at);

    return target ? sso_form_url(path, sso_form_add("", "target", target, r->pool), r->pool) : path;
}

int moodlesso_moodle_go_to(request_rec *r, const char *url)
{
    apr_table_setn(r->err_headers_out, "Location", url);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return HTTP_SEE_OTHER;
}

/* Who is in already goes on to the page that target= names. */
static int go_on(request_rec *r, const moodlesso_visit_t *at)
{
    const char *target = moodlesso_moodle_target(r, at);

    return moodlesso_moodle_go_to(r, target ? target
                                            : apr_pstrcat(r->pool, at->login->root, "/", NULL));
}

/* A page of our own instead of Moodle's; `why` are others' words, for the log. */
static int explain(request_rec *r, const moodlesso_visit_t *at, const sso_error_t *error,
                   const char *why)
{
    const char *login = moodlesso_moodle_way(r, at, sso_moodle_login_page(at->login, r->pool));
    bool may_help = error->class == SSO_UNAVAILABLE || error->code == SSO_MOODLE_LOGIN_LOOP;
    int status;

    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "moodlesso: %s: %s%s%s", error->name,
                  error->sentence, why ? ": " : "", why ? why : "");
    moodlesso_mark_return(r, at, sso_span(""), 0);
    ap_run_insert_filter(r);
    status = moodlesso_error_page(r, moodlesso_status_of(error), error, may_help ? login : NULL);
    return status == OK ? DONE : status;
}

/* Tell PHP, and the log, what a new account will lack. */
static void check_profile(request_rec *r, const moodlesso_visit_t *at)
{
    const sso_error_t *error = sso_moodle_login_check_profile(at->decision->who);
    moodlesso_context_t *context = moodlesso_context_of(r);
    apr_array_header_t *variables;
    apr_table_entry_t reason = {NULL, NULL, 0};

    if (error == NULL)
        return;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: source %s: %s", error->name,
                  at->decision->source->name, error->sentence);
    reason.key = apr_pstrdup(r->pool, "MOODLESSO_REASON");
    reason.val = (char *)(apr_uintptr_t)error->name;
    variables = apr_array_copy(r->pool, context->variables);
    APR_ARRAY_PUSH(variables, apr_table_entry_t) = reason;
    context->variables = variables;
}

static int sign_in_by_userkey(request_rec *r, const moodlesso_visit_t *at)
{
    const sso_error_t *error = NULL;
    const char *why = NULL;
    int status = moodlesso_userkey_sign_in(r, at, &error, &why);

    return error ? explain(r, at, error, why) : status;
}

static int decide(request_rec *r, moodlesso_visit_t *at)
{
    sso_moodle_step_t step = sso_moodle_login_decide(&at->visit);
    bool signs_in = at->visit.place == SSO_MOODLE_SHIBBOLETH && at->visit.is_known &&
                    at->visit.navigates && !at->visit.is_in;
    const sso_error_t *error;

    if (sso_moodle_login_wants_proof(&at->visit) && at->decision->why->class <= SSO_REJECTED)
        return moodlesso_lead_to_sign_in(r);
    if (step == SSO_MOODLE_PASS && !signs_in)
        return DECLINED;
    if (step == SSO_MOODLE_GO_ON)
        return go_on(r, at);
    error = sso_moodle_login_check_username(at->login, moodlesso_moodle_username(r, at));
    if (error == NULL && step == SSO_MOODLE_EXPLAIN)
        error = sso_error(SSO_MOODLE_LOGIN_LOOP);
    if (error != NULL)
        return explain(r, at, error, NULL);
    if (step == SSO_MOODLE_SIGN_IN)
        return at->login->userkey
                   ? sign_in_by_userkey(r, at)
                   : moodlesso_moodle_go_to(r, moodlesso_moodle_way(r, at, at->login->path));
    check_profile(r, at);
    /* The page that an anonymous session remembers, perhaps another tab's, would come before the
     * target that this tab was sent with. */
    if (at->credential != NULL && sso_moodle_login_has_target(r->args))
        drop_cookie(r, at);
    return DECLINED;
}

static const sso_source_t *moodle_of(request_rec *r, const moodlesso_directory_t *directory)
{
    const moodlesso_server_t *server = moodlesso_server(r->server);
    const moodlesso_choice_t *choice;
    const sso_source_t *source;

    if (directory->moodle_source == NULL)
        return server->moodle;
    choice = &APR_ARRAY_IDX(directory->moodle_source, 0, moodlesso_choice_t);
    source = choice->source ? choice->source
                            : apr_hash_get(server->sources, choice->name, APR_HASH_KEY_STRING);
    return source != NULL && source->kind == &sso_kind_moodle ? source : NULL;
}

void moodlesso_moodle_replace(request_rec *r, const moodlesso_directory_t *directory,
                              const sso_identity_t *who)
{
    const sso_decision_t decision = {.who = who};
    moodlesso_visit_t at = {.login = directory->moodle_login, .decision = &decision};

    if (at.login == NULL || !at.login->on || !moodlesso_is_on(directory) ||
        sso_moodle_login_is_bypassed(at.login, r->useragent_addr))
        return;
    at.moodle = moodle_of(r, directory);
    look_up(r, &at);
    if (at.session != NULL && !sso_moodle_login_is_same(who->claims[SSO_CLAIM_USERNAME],
                                                        at.session->claims[SSO_CLAIM_USERNAME]))
        take_away(r, &at);
}

/* Once in, what comes later is no second round. Not in with the session that was begun: Moodle
 * gives another one now, which shall not look like that of another tab. */
static void follow_mark(request_rec *r, const moodlesso_visit_t *at)
{
    if (at->mark.rounds > 0 && at->visit.is_in)
        moodlesso_mark_return(r, at, sso_span(""), 0);
    else if (at->mark.returned && at->visit.place == SSO_MOODLE_PAGE)
        moodlesso_mark_return(r, at, sso_span(""), at->mark.rounds);
}

int moodlesso_moodle_request(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    const sso_moodle_login_t *login = directory->moodle_login;
    const sso_decision_t *decision;
    const sso_error_t *why;
    moodlesso_visit_t *at;
    sso_moodle_place_t place;

    if (login == NULL || !login->on || !moodlesso_is_on(directory) || moodlesso_origin(r) != NULL ||
        moodlesso_is_endpoint(r))
        return DECLINED;
    place = sso_moodle_login_place(login, r->uri);
    /* Where Moodle itself vouches there is no other word to hold against it. */
    if (place == SSO_MOODLE_ELSEWHERE || place == SSO_MOODLE_SESSIONLESS ||
        sso_moodle_login_is_bypassed(login, r->useragent_addr) ||
        (decision = moodlesso_decision(r)) == NULL ||
        (decision->who != NULL && decision->source->kind == &sso_kind_moodle))
        return DECLINED;
    at = apr_pcalloc(r->pool, sizeof(*at));
    at->login = login;
    at->asked = r->unparsed_uri;
    at->moodle = moodle_of(r, directory);
    if (login->userkey != NULL && at->moodle == NULL)
        return DECLINED;
    at->decision = decision;
    why = look_up(r, at);
    at->mark = moodlesso_mark(r, at);
    if (at->credential != NULL && is_anothers(r, at, why))
        take_away(r, at);
    at->visit = (sso_moodle_visit_t){place,
                                     r->args,
                                     moodlesso_is_navigation(r) && !r->header_only,
                                     decision->who != NULL,
                                     at->session != NULL,
                                     at->mark.returned};
    follow_mark(r, at);
    moodlesso_context(r)->visit = at;
    return decide(r, at);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* identify.c -- the decision of a request: made once, published into its environment, obeyed. */
#include "httpd/identify.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "base/seldom.h"
#include "httpd/context.h"
#include "httpd/freeze.h"
#include "httpd/judge.h"
#include "httpd/publish.h"
#include "httpd/session_cookie.h"
#include "sso/scrub.h"

APLOG_USE_MODULE(moodlesso);

static bool same_names(const apr_array_header_t *a, const apr_array_header_t *b)
{
    if (a == b)
        return true;
    if (a->nelts != b->nelts)
        return false;
    for (int i = 0; i < a->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(a, i, moodlesso_choice_t).name,
                   APR_ARRAY_IDX(b, i, moodlesso_choice_t).name) != 0)
            return false;
    }
    return true;
}

static void log_decision(request_rec *r, const sso_decision_t *decision)
{
    if (decision->who != NULL)
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "moodlesso: source %s vouches (%s)",
                      decision->source->name, decision->cached ? "cached" : "asked");
    else if (decision->why->code != SSO_NO_CREDENTIAL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: source %s: %s",
                      decision->why->name, decision->source ? decision->source->name : "-",
                      decision->why->sentence);
}

int moodlesso_used_sources(request_rec *r, const sso_source_t **sources)
{
    const apr_array_header_t *use = moodlesso_directory(r)->use;
    int count = 0;

    for (int i = 0; use != NULL && i < use->nelts; i++) {
        const moodlesso_choice_t *choice = &APR_ARRAY_IDX(use, i, moodlesso_choice_t);
        const sso_source_t *source = choice->source;

        if (source == NULL)
            source = apr_hash_get(moodlesso_server(r->server)->sources, choice->name,
                                  APR_HASH_KEY_STRING);
        if (source != NULL)
            sources[count++] = source;
    }
    return count;
}

/* Only where a source takes tokens is another header looked for. */
static const char *authorization_of(request_rec *r)
{
    return moodlesso_totals()->inventory.issuers->nelts > 0
               ? apr_table_get(r->headers_in, "Authorization")
               : NULL;
}

const char *moodlesso_cookies(const request_rec *r)
{
    const request_rec *at = r;

    do {
        const moodlesso_context_t *context = moodlesso_context_of(at);
        if (context != NULL && context->cookies != NULL)
            return context->cookies;
    } while ((at = moodlesso_origin(at)) != NULL);
    return apr_table_get(r->headers_in, "Cookie");
}

/* Our sessions are proofs: no application, log of one, or proxied backend is to have them. */
static void hide_sessions(request_rec *r)
{
    const char *cookies, *hidden;

    if (moodlesso_server(r->server)->sessions == NULL)
        return;
    cookies = apr_table_get(r->headers_in, "Cookie");
    hidden = sso_session_hide(cookies, r->pool);
    if (hidden == cookies)
        return;
    moodlesso_context(r)->cookies = cookies;
    if (hidden != NULL)
        apr_table_setn(r->headers_in, "Cookie", hidden);
    else
        apr_table_unset(r->headers_in, "Cookie");
}

static void ask(request_rec *r, const sso_source_t *const *sources, int count,
                sso_request_t *request, sso_decision_t *decision)
{
    sso_world_t *world = moodlesso_world();
    sso_access_t access;

    if (world == NULL) {
        decision->why = sso_error(SSO_NOT_READY);
        return;
    }
    for (int i = 0; i < count && !request->https; i++)
        request->https = sources[i]->kind->minds_scheme && moodlesso_is_https(r);
    sso_access_init(&access, world, r->request_time);
    sso_identify(sources, count, request, &access.io, decision, r->pool);
    log_decision(r, decision);
}

static void decide(request_rec *r, sso_decision_t *decision)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    sso_request_t request = {.cookies = moodlesso_cookies(r),
                             .authorization = authorization_of(r),
                             .now = r->request_time,
                             .sessions = moodlesso_server(r->server)->sessions};
    int count;

    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(SSO_NO_CREDENTIAL);
    if (request.cookies == NULL && request.authorization == NULL)
        return;
    count = moodlesso_used_sources(r, sources);
    if (sso_may_identify(sources, count, &request))
        ask(r, sources, count, &request, decision);
}

static void make_decision(request_rec *r, moodlesso_context_t *context,
                          const apr_array_header_t *use)
{
    context->use = use;
    context->section = NULL;
    for (request_rec *from = moodlesso_origin(r); from != NULL; from = moodlesso_origin(from)) {
        const moodlesso_context_t *earlier = moodlesso_context_of(from);
        if (earlier != NULL && earlier->use != NULL && same_names(earlier->use, use)) {
            context->asked = earlier->asked;
            return;
        }
    }
    decide(r, &context->made);
    context->asked = &context->made;
}

static bool same_rules(const moodlesso_directory_t *a, const moodlesso_directory_t *b)
{
    int count = a->allow ? a->allow->nelts : 0;

    if (a->match != b->match || a->creates != b->creates ||
        count != (b->allow ? b->allow->nelts : 0))
        return false;
    for (int i = 0; i < count && a->allow != b->allow; i++) {
        if (APR_ARRAY_IDX(a->allow, i, void *) != APR_ARRAY_IDX(b->allow, i, void *))
            return false;
    }
    return true;
}

/* What the same rules made of the same person in the request that this one came from; NULL: none
 * did. */
static const sso_decision_t *judged_before(request_rec *r, const moodlesso_context_t *context)
{
    for (request_rec *from = moodlesso_origin(r); from != NULL; from = moodlesso_origin(from)) {
        const moodlesso_context_t *earlier = moodlesso_context_of(from);

        if (earlier != NULL && earlier->use != NULL && earlier->section != NULL &&
            earlier->asked == context->asked && same_rules(earlier->section, context->section))
            return earlier->decision;
    }
    return NULL;
}

/* What the section's rules make of whom the sources vouch for. */
static void judge(request_rec *r, moodlesso_context_t *context,
                  const moodlesso_directory_t *directory)
{
    sso_decision_t *judged = &context->judged;

    context->section = directory;
    context->variables = NULL;
    context->decision = context->asked;
    if (context->asked->who == NULL || !moodlesso_has_rules(directory))
        return;
    if ((context->decision = judged_before(r, context)) != NULL)
        return;
    *judged = *context->asked;
    judged->why = moodlesso_judge(r, judged->source, context->asked->who, &judged->who);
    if (judged->why != NULL) {
        judged->who = NULL;
        judged->session = NULL;
    }
    context->decision = judged;
}

SSO_SELDOM static moodlesso_context_t *decide_here(request_rec *r,
                                                   const moodlesso_directory_t *directory)
{
    moodlesso_context_t *context = moodlesso_context(r);

    if (context->use == NULL || !same_names(context->use, directory->use))
        make_decision(r, context, directory->use);
    judge(r, context, directory);
    return context;
}

/* The context with the decision that holds here; NULL where nobody is asked. */
static moodlesso_context_t *decided(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    moodlesso_context_t *context = moodlesso_context_of(r);

    if (!moodlesso_is_on(directory) || directory->use == NULL)
        return NULL;
    /* The section may have changed since (a fast internal redirect keeps the request_rec). */
    if (context != NULL && context->use != NULL && context->section == directory)
        return context;
    return decide_here(r, directory);
}

const sso_decision_t *moodlesso_decision(request_rec *r)
{
    moodlesso_context_t *context = decided(r);

    return context ? context->decision : NULL;
}

/* Is it this module that authenticates here? Another AuthType must not find a user already there.
 */
static bool authenticates(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type == NULL || ap_cstr_casecmp(type, "MoodleSSO") == 0;
}

/* A cookie does not keep shared caches from giving others what it opened, as Authorization does
 * (RFC 9111 3.5); mod_cache would, before anybody is asked who they are. */
static void keep_from_caches(request_rec *r)
{
    if (r->main == NULL && ap_auth_type(r) != NULL &&
        apr_table_get(r->err_headers_out, "Cache-Control") == NULL)
        apr_table_setn(r->err_headers_out, "Cache-Control", "private");
}

static void adopt(request_rec *r, const sso_decision_t *decision)
{
    if (decision->who == NULL || !authenticates(r))
        return;
    r->user = (char *)(apr_uintptr_t)decision->who->claims[SSO_CLAIM_USERNAME];
    r->ap_auth_type = (char *)(apr_uintptr_t) "MoodleSSO";
    keep_from_caches(r);
}

int moodlesso_identify(request_rec *r)
{
    moodlesso_context_t *context = decided(r);

    if (context != NULL) {
        context->acr = NULL;
        context->is_acr_met = false;
        context->variables = moodlesso_variables(r, context->decision);
        moodlesso_publish(r, context->variables);
        if (context->asked == &context->made && context->decision->session != NULL)
            moodlesso_session_renew(r, context->decision);
        adopt(r, context->decision);
    }
    return DECLINED;
}

int moodlesso_publish_early(request_rec *r)
{
    const moodlesso_context_t *context = moodlesso_context_of(r);

    return context != NULL && context->use != NULL ? DECLINED : moodlesso_identify(r);
}

int moodlesso_publish_again(request_rec *r)
{
    moodlesso_context_t *context = decided(r);

    if (context != NULL && context->variables == NULL)
        moodlesso_identify(r);
    moodlesso_publish(r, context ? context->variables : NULL);
    hide_sessions(r);
    return DECLINED;
}

SSO_SELDOM static void scrub_connection(request_rec *r, const apr_array_header_t *published)
{
    const char *value = apr_table_get(r->headers_in, "Connection");
    const char *kept = value ? sso_scrub_connection(value, published, r->pool) : NULL;

    if (kept == NULL)
        apr_table_unset(r->headers_in, "Connection");
    else if (kept != value)
        apr_table_setn(r->headers_in, "Connection", kept);
}

SSO_SELDOM static void scrub_names(request_rec *r, const apr_array_header_t *published)
{
    const apr_array_header_t *headers = apr_table_elts(r->headers_in);

    for (int i = 0; i < headers->nelts; i++) {
        const char *name = APR_ARRAY_IDX(headers, i, apr_table_entry_t).key;

        if (!sso_scrub_is_lookalike(name, published))
            continue;
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "moodlesso: dropped a request header that looks like one of our variables");
        apr_table_unset(r->headers_in, name);
        i = -1; /* entries moved */
    }
}

/* Told from Cookie by a letter; Content-Type may be it, too. */
static inline bool may_be_connection(const char *name)
{
    return (name[0] | 0x20) == 'c' && (name[1] | 0x20) == 'o' && (name[2] | 0x20) == 'n';
}

/* One walk over the first letters of all names: in most requests that is all. */
int moodlesso_scrub(request_rec *r)
{
    const apr_array_header_t *published = moodlesso_published();
    const apr_array_header_t *headers = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)(void *)headers->elts;
    bool has_connection = false, has_lookalike = published != NULL;

    for (int left = headers->nelts; left > 0; left--, entry++) {
        has_connection |= may_be_connection(entry->key);
        has_lookalike |= sso_scrub_may_be_reserved(entry->key);
    }
    if (has_lookalike)
        scrub_names(r, published);
    if (has_connection)
        scrub_connection(r, published);
    return DECLINED;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_response.c -- what Moodle answered: its way to the login page shortened, its logout
 * carried on, a sign-in remembered for some seconds; and the way there for who signed in here. */
#include "httpd/moodle_login.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>
#include <util_filter.h>

#include "base/cookie.h"
#include "base/percent.h"
#include "base/set_cookie.h"
#include "httpd/context.h"
#include "httpd/frame_request.h"
#include "httpd/sign_in.h"
#include "httpd/sign_out.h"

#define NAME       "MOODLESSO_MOODLE"
#define SET_COOKIE "Set-Cookie"

/* Long enough for two answers of a slow Moodle, too short to be met by the next sign-in. */
#define MARK_SECONDS "20"
#define MARK         "__Host-moodlesso-returned"
#define MARK_HTTP    "moodlesso-returned"

APLOG_USE_MODULE(moodlesso);

static const char *mark_name(request_rec *r)
{
    return moodlesso_is_https(r) ? MARK : MARK_HTTP;
}

sso_moodle_mark_t moodlesso_mark(request_rec *r, const moodlesso_visit_t *at)
{
    const char *cookies = apr_table_get(r->headers_in, "Cookie");
    const sso_span_t none = {NULL, 0};
    sso_span_t value;

    if (at->decision->who == NULL ||
        sso_cookie_find(cookies, mark_name(r), &value, r->pool) != SSO_COOKIE_FOUND)
        return (sso_moodle_mark_t){0, false};
    return sso_moodle_mark_read(value, at->decision->who->claims[SSO_CLAIM_SUBJECT],
                                at->credential ? at->credential->secret : none, r->pool);
}

void moodlesso_set_mark(request_rec *r, const char *name, const char *value, const char *lifetime)
{
    const char *same_site = !moodlesso_is_https(r)     ? "; SameSite=Lax"
                            : moodlesso_is_embedded(r) ? "; Secure; SameSite=None; Partitioned"
                                                       : "; Secure; SameSite=Lax";

    apr_table_addn(
        r->err_headers_out, SET_COOKIE,
        apr_pstrcat(r->pool, name, "=", value, "; Path=/; HttpOnly", lifetime, same_site, NULL));
}

void moodlesso_mark_return(request_rec *r, const moodlesso_visit_t *at, sso_span_t sid, int rounds)
{
    const char *value = rounds > 0
                            ? sso_moodle_mark_make(at->decision->who->claims[SSO_CLAIM_SUBJECT],
                                                   sid, rounds, r->pool)
                            : "";

    moodlesso_set_mark(r, mark_name(r), value,
                       rounds > 0 ? "; Max-Age=" MARK_SECONDS : "; Max-Age=0");
}

typedef struct search_t {
    const char *name;
    const char *line; /* the last that sets it; NULL: none does */
} search_t;

static int sets(void *of_search, const char *key, const char *line)
{
    search_t *search = of_search;

    if (sso_span_equal(sso_set_cookie_name(line), search->name))
        search->line = line;
    return 1;
}

/* The session that Moodle begins with this answer; empty when it does not. Ours that ends one was
 * set before PHP ran. */
static sso_span_t begun(request_rec *r, const moodlesso_visit_t *at)
{
    search_t search = {at->moodle ? sso_moodle_cookie(at->moodle) : "MoodleSession", NULL};
    sso_span_t value = {NULL, 0};
    const char *equals;

    apr_table_do(sets, &search, r->headers_out, SET_COOKIE, NULL);
    apr_table_do(sets, &search, r->err_headers_out, SET_COOKIE, NULL);
    equals = search.line ? strchr(search.line, '=') : NULL;
    if (equals != NULL)
        value = (sso_span_t){equals + 1, strcspn(equals + 1, ";")};
    return sso_percent_decode(value, r->pool);
}

static const char **location_of(request_rec *r)
{
    apr_table_t *const tables[] = {r->err_headers_out, r->headers_out};

    for (int t = 0; t < 2; t++) {
        const apr_array_header_t *all = apr_table_elts(tables[t]);

        for (int i = 0; i < all->nelts; i++) {
            apr_table_entry_t *entry = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

            if (strcasecmp(entry->key, "Location") == 0)
                return (const char **)(void *)&entry->val;
        }
    }
    return NULL;
}

/* A way to sign in to Moodle, told the page that comes then; `otherwise` when that is too long. */
static const char *told(request_rec *r, const char *origin, const char *path, const char *page,
                        const char *otherwise)
{
    const char *target = apr_pstrcat(r->pool, origin, page, NULL);
    const char *url = apr_pstrcat(r->pool, origin, path,
                                  "?target=", sso_percent_encode(sso_span(target), r->pool), NULL);

    return moodlesso_can_be_asked(r, url) ? url : otherwise;
}

static bool is_here(request_rec *r, const char *url, sso_uri_t *to)
{
    sso_uri_t own;

    return url != NULL && sso_uri_parse(url, to, r->pool) && moodlesso_own_origin(r, &own) &&
           sso_uri_same_origin(to, &own);
}

/* `login` is what is configured for the page. */
static const char *way_to(request_rec *r, const sso_moodle_login_t *login, const sso_uri_t *page)
{
    sso_span_t path = {page->path, strcspn(page->path, "?")};

    path = sso_percent_decode(path, r->pool);
    return !sso_moodle_login_is_bypassed(login, r->useragent_addr) &&
                   sso_moodle_login_place(login, apr_pstrmemdup(r->pool, path.at, path.len)) ==
                       SSO_MOODLE_PAGE
               ? told(r, sso_uri_origin(page, r->pool), login->path, page->path, NULL)
               : NULL;
}

static bool signs_in(const moodlesso_directory_t *directory)
{
    return directory->moodle_login != NULL && directory->moodle_login->on &&
           moodlesso_is_on(directory);
}

/* The sections of a site need not say it for our own addresses. */
const char *moodlesso_moodle_enter(request_rec *r, const sso_identity_t *who, const char *url)
{
    const moodlesso_directory_t *section = moodlesso_directory(r);
    request_rec *page = NULL;
    const char *way = NULL;
    sso_uri_t to;

    if (is_here(r, url, &to) && to.path[0] == '/')
        page = ap_sub_req_lookup_uri(to.path, r, NULL);
    if (page != NULL && signs_in(moodlesso_directory(page))) {
        section = moodlesso_directory(page);
        way = way_to(r, section->moodle_login, &to);
    }
    moodlesso_moodle_replace(r, section, who);
    if (page != NULL)
        ap_destroy_sub_req(page);
    return way ? way : url;
}

static bool leads_here(request_rec *r, const char **location, sso_uri_t *to)
{
    return location != NULL && is_here(r, *location, to);
}

/* Who was in when the request came, moments after signing in, is out now: Moodle ended the session
 * by itself, and would end the next one, too. */
static void remember(request_rec *r, const moodlesso_visit_t *at)
{
    sso_uri_t to;

    if (leads_here(r, location_of(r), &to) && sso_moodle_login_is_page(at->login, to.path))
        moodlesso_mark_return(r, at, sso_span(""), at->mark.rounds);
}

/* From the page straight to where people are signed in, which is told the page: so that several
 * tabs find theirs, where Moodle's session remembers one only. Who is not known goes to sign in,
 * which is told the page as well: Moodle's session remembers what the page says of its address, and
 * not every page says all of its query. Whom the login page may have to tell why, and whose source
 * cannot be asked now, go there, as Moodle says; the next look may find them in, or known. */
static void shorten(request_rec *r, const moodlesso_visit_t *at)
{
    const sso_error_t *why = at->decision->why;
    const char **location = location_of(r), *sign_in;
    sso_uri_t to;

    if (at->asked[0] != '/' || at->asked[1] == '/' || !leads_here(r, location, &to) ||
        !sso_moodle_login_sends(at->login, &at->visit, to.path))
        return;
    if (at->visit.is_known && !at->visit.came_back)
        *location = told(r, sso_uri_origin(&to, r->pool), at->login->path, at->asked, *location);
    else if (at->visit.is_known || why->class == SSO_UNAVAILABLE)
        *location = told(r, sso_uri_origin(&to, r->pool), to.path, at->asked, *location);
    else if ((sign_in = moodlesso_sign_in_url(r, at->asked)) != NULL)
        *location = sign_in;
}

/* Every session of this kind that came with the request, whoever vouched in the end. */
static void end_sessions_of(request_rec *r, const sso_kind_t *kind)
{
    const apr_array_header_t *use = moodlesso_directory(r)->use;
    const moodlesso_context_t *context = moodlesso_context_of(r);
    const sso_request_t request = {
        .cookies = context->cookies ? context->cookies : apr_table_get(r->headers_in, "Cookie"),
        .https = moodlesso_is_https(r),
        .now = r->request_time};

    for (int i = 0; use != NULL && i < use->nelts; i++) {
        const moodlesso_choice_t *choice = &APR_ARRAY_IDX(use, i, moodlesso_choice_t);
        const sso_source_t *source = choice->source
                                         ? choice->source
                                         : apr_hash_get(moodlesso_server(r->server)->sources,
                                                        choice->name, APR_HASH_KEY_STRING);
        sso_credential_t credential = {0};
        const char *line;

        if (source == NULL || source->kind != kind ||
            kind->find(source, &request, &credential, r->pool) != NULL)
            continue;
        moodlesso_session_kill(r, source, &credential, NULL, &line);
        if (line != NULL)
            apr_table_addn(r->err_headers_out, SET_COOKIE, line);
    }
}

/* The provider's logout comes before the page that Moodle leads to. */
static void end_ours(request_rec *r)
{
    const char **location = location_of(r), *url;

    url = moodlesso_sign_out_here(r, location ? *location : "/");
    if (url != NULL && location != NULL)
        *location = url;
}

/* Moodle asks before it signs out who comes without the right sesskey, and gives a new session to
 * everybody else: only who had one is signed out elsewhere. */
static void carry_on_logout(request_rec *r, const moodlesso_visit_t *at)
{
    unsigned int logout = moodlesso_directory(r)->logout;

    if (at->session == NULL || begun(r, at).len == 0)
        return;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: Moodle ended a session");
    moodlesso_mark_return(r, at, sso_span(""), 0);
    if (logout & MOODLESSO_LOGOUT_DRUPAL)
        end_sessions_of(r, &sso_kind_drupal);
    if ((logout & MOODLESSO_LOGOUT_OIDC) && moodlesso_server(r->server)->sessions != NULL)
        end_ours(r);
}

static apr_status_t moodle_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const moodlesso_visit_t *at = filter->ctx;
    sso_span_t sid;

    if (r->status == HTTP_SEE_OTHER || r->status == HTTP_MOVED_TEMPORARILY) {
        if (at->visit.place == SSO_MOODLE_LOGOUT_PAGE)
            carry_on_logout(r, at);
        else if (at->visit.place == SSO_MOODLE_PAGE && at->visit.is_in)
            remember(r, at);
        else if (at->visit.place == SSO_MOODLE_PAGE)
            shorten(r, at);
        else if ((sid = begun(r, at)).len > 0)
            moodlesso_mark_return(r, at, sid, at->mark.rounds + 1);
    }
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

static ap_filter_rec_t *registered;

/* Can the answer be one that counts? */
static bool is_watched(const moodlesso_visit_t *at)
{
    const sso_moodle_visit_t *visit = &at->visit;

    if (visit->place == SSO_MOODLE_LOGOUT_PAGE)
        return visit->is_in;
    if (visit->place == SSO_MOODLE_PAGE && visit->is_in && at->mark.rounds > 0)
        return true;
    if (visit->is_in || !visit->navigates)
        return false;
    return (visit->place == SSO_MOODLE_SHIBBOLETH && visit->is_known) ||
           (visit->place == SSO_MOODLE_PAGE &&
            (visit->is_known || at->decision->why->class <= SSO_REJECTED ||
             at->decision->why->class == SSO_UNAVAILABLE));
}

void moodlesso_insert_moodle_filter(request_rec *r)
{
    const request_rec *first = r;
    const moodlesso_context_t *context;

    if (moodlesso_directory(r)->moodle_login == NULL || r->main != NULL)
        return;
    while (first->prev != NULL)
        first = first->prev;
    context = moodlesso_context_of(first);
    if (context != NULL && context->visit != NULL && is_watched(context->visit))
        ap_add_output_filter_handle(registered, (void *)(apr_uintptr_t)context->visit, r,
                                    r->connection);
}

void moodlesso_register_moodle_filter(void)
{
    /* Before the filter for frames, which renames cookies. */
    registered = ap_register_output_filter(NAME, moodle_filter, NULL, AP_FTYPE_CONTENT_SET);
}

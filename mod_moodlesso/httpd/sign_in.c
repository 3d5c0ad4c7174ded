/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in.c -- what a request gets that Require keeps out for want of a proof. */
#include "httpd/sign_in.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "base/percent.h"
#include "httpd/authorise.h"
#include "httpd/endpoints.h"
#include "httpd/frame_request.h"
#include "httpd/identify.h"
#include "httpd/freeze.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"

APLOG_USE_MODULE(moodlesso);

/* Bytes of a request line beside the URL, and what our pages add to the URL that they lead on to.
 */
#define REST_OF_LINE 256

bool moodlesso_is_navigation(request_rec *r)
{
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    const char *accept = apr_table_get(r->headers_in, "Accept");
    bool is_meant = moodlesso_directory(r)->unauthenticated == MOODLESSO_UNAUTHENTICATED_LOGIN;

    if (r->method_number != M_GET)
        return false;
    if (mode != NULL)
        return strcmp(mode, "navigate") == 0;
    if (is_meant && apr_table_get(r->headers_in, "X-Requested-With") != NULL)
        return false;
    return accept == NULL
               ? is_meant
               : strstr(accept, "text/html") != NULL || (is_meant && strstr(accept, "*/*") != NULL);
}

/* An endpoint that leads back to `here`. */
static const char *url_of(request_rec *r, const char *endpoint, const char *here)
{
    return apr_pstrcat(r->pool, moodlesso_endpoint_url(r, endpoint),
                       "?return=", sso_percent_encode(sso_span(here), r->pool), NULL);
}

bool moodlesso_can_be_asked(const request_rec *r, const char *url)
{
    return strlen(url) + REST_OF_LINE <= (apr_size_t)r->server->limit_req_line;
}

/* To an endpoint, with `more` in its query, and then back here; without the query of a page, or the
 * page itself, where that would be too long. */
static int go_to(request_rec *r, const char *endpoint, const char *more)
{
    const char *here =
        apr_pstrcat(r->pool, r->uri, r->args ? "?" : "", r->args ? r->args : "", NULL);
    const char *const pages[] = {here, r->uri, "/"};
    const char *url = NULL;

    for (int i = 0; i < 3 && (url == NULL || !moodlesso_can_be_asked(r, url)); i++)
        url = apr_pstrcat(r->pool, url_of(r, endpoint, pages[i]), more, NULL);
    apr_table_setn(r->err_headers_out, "Location", url);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return HTTP_MOVED_TEMPORARILY;
}

/* Where people sign in who need a source of this section; NULL: nowhere. */
static const char *login_endpoint(request_rec *r)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];

    return moodlesso_login_endpoint(r, sources, moodlesso_used_sources(r, sources));
}

/* Answered here and now, a tenth of what an error document costs: many pages ask every few seconds
 * whether somebody is there. DONE ends the request: no handler runs. */
static int answer_script(request_rec *r, const sso_error_t *error)
{
    int status = ap_discard_request_body(r);

    if (status != OK)
        return status;
    ap_run_insert_filter(r);
    moodlesso_problem(r, HTTP_UNAUTHORIZED, error);
    return DONE;
}

static int refuse_script(request_rec *r)
{
    const sso_decision_t *decision = moodlesso_decision(r);

    return answer_script(r,
                         decision && decision->why ? decision->why : sso_error(SSO_NO_CREDENTIAL));
}

int moodlesso_ask_to_sign_in(request_rec *r)
{
    bool has_endpoints = moodlesso_server(r->server)->sessions != NULL;
    bool navigates = moodlesso_is_navigation(r);
    const char *login;

    if (has_endpoints && navigates && moodlesso_is_embedded(r))
        return go_to(r, "teams", "");
    if (has_endpoints && navigates && (login = login_endpoint(r)) != NULL)
        return go_to(r, login, "");
    moodlesso_note_failure(r, "MoodleSSO");
    return has_endpoints && !navigates && r->main == NULL ? refuse_script(r) : HTTP_UNAUTHORIZED;
}

static bool takes_tokens(request_rec *r)
{
    const apr_array_header_t *use = moodlesso_directory(r)->use;

    for (int i = 0; use != NULL && i < use->nelts; i++) {
        const moodlesso_choice_t *choice = &APR_ARRAY_IDX(use, i, moodlesso_choice_t);

        if (choice->source != NULL && sso_source_issuers(choice->source) != NULL)
            return true;
    }
    return false;
}

/* NULL: none, people are let in without a proof. */
static const char *voluntary_endpoint(request_rec *r)
{
    if (moodlesso_server(r->server)->sessions == NULL || !takes_tokens(r))
        return NULL;
    if (moodlesso_is_embedded(r))
        return "teams";
    return moodlesso_directory(r)->unauthenticated == MOODLESSO_UNAUTHENTICATED_LOGIN
               ? login_endpoint(r)
               : NULL;
}

int moodlesso_lead_to_sign_in(request_rec *r)
{
    const char *endpoint = voluntary_endpoint(r);

    return endpoint ? go_to(r, endpoint, "") : DECLINED;
}

const char *moodlesso_sign_in_url(request_rec *r, const char *here)
{
    const char *endpoint = voluntary_endpoint(r);
    const char *url = endpoint ? url_of(r, endpoint, here) : NULL;

    return url && moodlesso_can_be_asked(r, url) ? url : NULL;
}

void moodlesso_challenge_bearer(request_rec *r, const sso_decision_t *decision)
{
    const char *name = ap_auth_name(r), *reason = "";
    bool presented = apr_table_get(r->headers_in, "Authorization") != NULL;

    if (!takes_tokens(r))
        return;
    if (presented && decision->why != NULL)
        reason = decision->why->name;
    apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "Bearer realm=\"", name ? name : "MoodleSSO",
                               presented ? "\", error=\"invalid_token\", error_description=\"" : "",
                               reason, "\"", NULL));
}

/* No login page shows in a frame, and a token of Teams says nothing stronger the next time. */
static int explain_in_frame(request_rec *r)
{
    int status = ap_discard_request_body(r);

    if (status != OK)
        return status;
    ap_run_insert_filter(r);
    status = moodlesso_error_page(r, HTTP_FORBIDDEN, sso_error(SSO_ACR_INSUFFICIENT), NULL);
    return status == OK ? DONE : status;
}

static int go_to_step_up(request_rec *r, const sso_source_t *source, const char *acr)
{
    if (moodlesso_is_embedded(r))
        return r->main == NULL ? explain_in_frame(r) : HTTP_FORBIDDEN;
    if (sso_source_client(source) == NULL || moodlesso_is_source_off(source))
        return HTTP_FORBIDDEN;
    return go_to(r, apr_pstrcat(r->pool, "start/", source->name, NULL),
                 apr_pstrcat(r->pool, "&acr=", sso_percent_encode(sso_span(acr), r->pool), NULL));
}

int moodlesso_ask_to_step_up(request_rec *r, const sso_decision_t *decision, const char *acr)
{
    const moodlesso_unauthenticated_t asked = moodlesso_directory(r)->unauthenticated;
    const sso_error_t *error = sso_error(SSO_ACR_INSUFFICIENT);
    const char *name = ap_auth_name(r);

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: source %s: %s", error->name,
                  decision->source->name, error->sentence);
    if (asked == MOODLESSO_UNAUTHENTICATED_403)
        return HTTP_FORBIDDEN;
    if (asked != MOODLESSO_UNAUTHENTICATED_401 && decision->session != NULL &&
        moodlesso_is_navigation(r))
        return go_to_step_up(r, decision->source, acr);
    apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "Bearer realm=\"", name ? name : "MoodleSSO",
                               "\", error=\"insufficient_user_authentication\", "
                               "error_description=\"",
                               error->name, "\", acr_values=\"", acr, "\"", NULL));
    return r->main == NULL ? answer_script(r, error) : HTTP_UNAUTHORIZED;
}

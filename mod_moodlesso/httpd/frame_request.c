/* SPDX-License-Identifier: Apache-2.0 */
/* frame_request.c -- requests from inside frames: told apart, their cookies mapped back, the guard,
 * and storage access. */
#include "httpd/frame_request.h"

#include <apr_strings.h>
#include <http_log.h>

#include "httpd/freeze.h"
#include "sso/error.h"

APLOG_USE_MODULE(moodlesso);

#define COOKIE "Cookie"

moodlesso_framed_t *moodlesso_framed(const request_rec *r)
{
    for (; r != NULL; r = moodlesso_origin(r)) {
        const moodlesso_context_t *context = moodlesso_context_of(r);
        if (context != NULL && context->framed != NULL)
            return context->framed;
    }
    return NULL;
}

static bool has_work(const moodlesso_directory_t *directory)
{
    return moodlesso_is_on(directory) &&
           ((directory->frame_cookies != NULL && directory->frame_cookies->patterns != NULL) ||
            (directory->frame_guard != NULL && directory->frame_guard->on) ||
            directory->storage_access == MOODLESSO_ON);
}

static void replace_cookies(request_rec *r, const char *header)
{
    if (header != NULL)
        apr_table_setn(r->headers_in, COOKIE, header);
    else
        apr_table_unset(r->headers_in, COOKIE);
}

/* Only a browser on https tells of frames, so somebody in front of us ends its TLS. */
static void warn_of_plain_http(request_rec *r)
{
    if (moodlesso_say_once(MOODLESSO_SAID_PLAIN_HTTP))
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            "moodlesso: MoodleSSOFrameCookies changes nothing over plain http. If a proxy "
            "ends TLS in front of this server, tell with MoodleSSOBaseURL https://... "
            "(and whose addresses to trust with mod_remoteip)");
}

/* The top-level session is let in where the administrator wants that and the browser granted it. */
static sso_twins_t twins_of(const moodlesso_directory_t *directory, const sso_fetch_t *fetch,
                            sso_embedding_t embedding)
{
    bool shared = directory->storage_access == MOODLESSO_ON && fetch->storage_access != NULL &&
                  strcmp(fetch->storage_access, "active") == 0;

    return embedding == SSO_EMBEDDED && !shared ? SSO_TWINS_DROPPED : SSO_TWINS_SHADOWED;
}

static void map_cookies(request_rec *r, const moodlesso_directory_t *directory,
                        const sso_fetch_t *fetch, moodlesso_framed_t *framed)
{
    const char *header = apr_table_get(r->headers_in, COOKIE);
    sso_frame_cookies_view_t view;
    sso_twins_t twins;

    sso_frame_cookies_look(directory->frame_cookies, header, &view);
    framed->has_renamed = view.has_renamed;
    framed->embedding = sso_embedding(fetch, view.has_renamed, view.has_plain);
    if (framed->embedding == SSO_TOP_LEVEL)
        return;
    if (!moodlesso_is_https(r)) {
        if (framed->embedding == SSO_EMBEDDED)
            warn_of_plain_http(r);
        if (view.has_renamed)
            replace_cookies(r, sso_frame_cookies_strip(directory->frame_cookies, header, r->pool));
        return;
    }
    framed->renames = true;
    twins = twins_of(directory, fetch, framed->embedding);
    framed->changed = view.has_renamed || (view.has_plain && twins == SSO_TWINS_DROPPED);
    if (framed->changed)
        replace_cookies(
            r, sso_frame_cookies_map_back(directory->frame_cookies, header, twins, r->pool));
}

static int refuse_cross_site(request_rec *r)
{
    const sso_error_t *error = sso_error(SSO_CROSS_SITE_POST);

    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "moodlesso: %s: %s: %s %s", error->name,
                  error->sentence, r->method, r->uri);
    apr_table_setn(r->subprocess_env, "MOODLESSO_REASON", error->name);
    return HTTP_FORBIDDEN;
}

/* Our own origin: as MoodleSSOBaseURL says, else as the browser asked for it. */
static bool own_origin(request_rec *r, sso_uri_t *own)
{
    const sso_uri_t *base = moodlesso_server(r->server)->base_url;
    const char *host = apr_table_get(r->headers_in, "Host");

    if (base != NULL)
        *own = *base;
    return base != NULL ||
           (host != NULL &&
            sso_uri_parse(apr_pstrcat(r->pool, "https://", host, NULL), own, r->pool));
}

/* May the browser be asked to come again, with the cookies of the top level? */
static bool wants_storage_access(request_rec *r, const moodlesso_directory_t *directory,
                                 const sso_fetch_t *fetch, const moodlesso_framed_t *framed)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    sso_uri_t own;

    return directory->storage_access == MOODLESSO_ON && directory->frame != NULL &&
           fetch->storage_access != NULL && strcmp(fetch->storage_access, "inactive") == 0 &&
           !framed->has_renamed && framed->embedding != SSO_TOP_LEVEL && origin != NULL &&
           own_origin(r, &own) && sso_frame_allows(directory->frame, origin, &own, r->pool);
}

static int ask_to_retry(request_rec *r)
{
    apr_table_t *headers = r->err_headers_out;

    apr_table_setn(headers, "Activate-Storage-Access",
                   apr_psprintf(r->pool, "retry; allowed-origin=\"%s\"",
                                apr_table_get(r->headers_in, "Origin")));
    apr_table_setn(headers, "Cache-Control", "no-store");
    apr_table_mergen(headers, "Vary", "Sec-Fetch-Storage-Access, Origin");
    return HTTP_UNAUTHORIZED;
}

int moodlesso_frame_request(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    sso_fetch_t fetch;
    moodlesso_framed_t *framed;

    if (!has_work(directory) || moodlesso_framed(r) != NULL)
        return DECLINED;
    fetch.storage_access = apr_table_get(r->headers_in, "Sec-Fetch-Storage-Access");
    fetch.dest = apr_table_get(r->headers_in, "Sec-Fetch-Dest");
    fetch.site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    framed = moodlesso_context(r)->framed = apr_pcalloc(r->pool, sizeof(*framed));
    if (directory->frame_cookies != NULL && directory->frame_cookies->patterns != NULL)
        map_cookies(r, directory, &fetch, framed);
    else
        framed->embedding = sso_embedding(&fetch, false, false);
    if (framed->embedding != SSO_TOP_LEVEL && directory->frame_guard != NULL &&
        sso_frame_guard_refuses(directory->frame_guard, &fetch, r->method, r->uri))
        return refuse_cross_site(r);
    return wants_storage_access(r, directory, &fetch, framed) ? ask_to_retry(r) : DECLINED;
}

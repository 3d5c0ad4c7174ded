/* SPDX-License-Identifier: Apache-2.0 */
/* frame_request.c -- requests from inside frames: told apart, their cookies mapped back, the guard,
 * and storage access. */
#include "httpd/frame_request.h"

#include <apr_strings.h>
#include <http_log.h>

#include "base/seldom.h"
#include "httpd/freeze.h"
#include "sso/error.h"

APLOG_USE_MODULE(moodlesso);

#define COOKIE "Cookie"

moodlesso_framed_t *moodlesso_framed(const request_rec *r)
{
    for (; r != NULL; r = moodlesso_origin(r)) {
        moodlesso_context_t *context = moodlesso_context_of(r);
        if (context != NULL && context->is_framed_known)
            return &context->framed;
    }
    return NULL;
}

const sso_frame_cookies_t *moodlesso_frame_cookies(request_rec *r)
{
    const sso_frame_cookies_t *listed = moodlesso_listed_cookies(moodlesso_directory(r));

    if (listed != NULL)
        return listed;
    return moodlesso_server(r->server)->sessions ? &sso_frame_cookies_none : NULL;
}

static bool has_work(const moodlesso_directory_t *directory, const sso_frame_cookies_t *cookies)
{
    return moodlesso_is_on(directory) &&
           (cookies != NULL || (directory->frame_guard != NULL && directory->frame_guard->on) ||
            directory->storage_access == MOODLESSO_ON);
}

/* The headers of a request that speak of frames. */
typedef struct headers_t {
    sso_fetch_t fetch;
    const char **cookies; /* place of the Cookie header's value; NULL: there is none */
} headers_t;

/* As browsers and mod_http2 write it, else in any case; `length` is that of both. */
static inline bool is_header(const char *name, const char *wanted, apr_size_t length)
{
    return memcmp(name, wanted, length) == 0 || strcasecmp(name, wanted) == 0;
}

#define DEST    "Fetch-Dest"
#define SITE    "Fetch-Site"
#define STORAGE "Fetch-Storage-Access"

/* `rest` is what stands behind "Sec-". Told apart by lengths and letters before they are compared:
 * every request of a browser has several of these. */
static const char **member_of(sso_fetch_t *fetch, const char *rest)
{
    switch (strlen(rest)) {
    case sizeof(DEST) - 1:
        if ((rest[6] | 0x20) == 'd')
            return is_header(rest, DEST, sizeof(DEST) - 1) ? &fetch->dest : NULL;
        return is_header(rest, SITE, sizeof(SITE) - 1) ? &fetch->site : NULL;
    case sizeof(STORAGE) - 1:
        return is_header(rest, STORAGE, sizeof(STORAGE) - 1) ? &fetch->storage_access : NULL;
    default:
        return NULL;
    }
}

static inline bool begins_with(const char *key, char first, char second, char third)
{
    return (key[0] | 0x20) == first && (key[1] | 0x20) == second && (key[2] | 0x20) == third;
}

/* One walk instead of four searches. */
static void read_headers(request_rec *r, headers_t *headers)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    apr_table_entry_t *entry = (apr_table_entry_t *)(void *)all->elts;
    const char **member;

    memset(headers, 0, sizeof(*headers));
    for (int left = all->nelts; left > 0; left--, entry++) {
        if (begins_with(entry->key, 's', 'e', 'c') && entry->key[3] == '-' &&
            (member = member_of(&headers->fetch, entry->key + 4)) != NULL)
            *member = entry->val;
        else if (begins_with(entry->key, 'c', 'o', 'o') &&
                 (strcmp(entry->key, COOKIE) == 0 || strcasecmp(entry->key, COOKIE) == 0))
            headers->cookies = (const char **)(void *)&entry->val;
    }
}

/* Values may be changed in place: apr_table_t keeps pointers, and no index of values. */
static void replace_cookies(request_rec *r, const headers_t *headers, const char *value)
{
    if (value != NULL)
        *headers->cookies = value;
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

/* May the session of the top level be with it? Where the administrator wants that, and the browser
 * granted it or (for fetch() of a frame) does not say. */
static bool is_shared(const moodlesso_directory_t *directory, const sso_fetch_t *fetch)
{
    return directory->storage_access == MOODLESSO_ON &&
           (fetch->storage_access == NULL || strcmp(fetch->storage_access, "active") == 0);
}

static void map_cookies(request_rec *r, const sso_frame_cookies_t *cookies,
                        const headers_t *headers, moodlesso_framed_t *framed)
{
    bool shared = is_shared(moodlesso_directory(r), &headers->fetch);
    sso_frame_cookies_view_t view = {false, false, false};
    const char *mapped = NULL;

    framed->renames = cookies;
    if (headers->cookies != NULL)
        mapped = sso_frame_cookies_map_back(cookies, *headers->cookies,
                                            shared ? SSO_TWINS_SHADOWED : SSO_TWINS_DROPPED, &view,
                                            r->pool);
    framed->has_renamed = view.has_renamed;
    framed->changed = view.has_plain && !shared;
    framed->marks = !view.has_renamed && !view.has_mark && sso_fetch_is_frame(&headers->fetch);
    framed->activates = shared && !view.has_renamed && headers->fetch.storage_access != NULL;
    if (view.has_renamed || view.has_mark || framed->changed)
        replace_cookies(r, headers, mapped);
}

static void strip_cookies(request_rec *r, const sso_frame_cookies_t *cookies,
                          const headers_t *headers)
{
    if (cookies != &sso_frame_cookies_none && sso_is_embedded(&headers->fetch, false))
        warn_of_plain_http(r);
    if (headers->cookies != NULL)
        replace_cookies(r, headers, sso_frame_cookies_strip(cookies, *headers->cookies, r->pool));
}

/* Is there a name that only a cookie of a frame can have? Most headers are told by one search. */
static bool is_of_frame(const sso_frame_cookies_t *cookies, const char *header)
{
    const char *sign = cookies == &sso_frame_cookies_none ? SSO_FRAME_MARK : "__";
    sso_frame_cookies_view_t view;

    if (strstr(header, sign) == NULL)
        return false;
    sso_frame_cookies_look(cookies, header, &view);
    return view.has_renamed || view.has_mark;
}

/* The cookies are asked only where the browser does not tell. */
static bool is_embedded(const sso_frame_cookies_t *cookies, const headers_t *headers)
{
    if (sso_is_embedded(&headers->fetch, false))
        return true;
    return cookies != NULL && headers->cookies != NULL && is_of_frame(cookies, *headers->cookies);
}

static int refuse_cross_site(request_rec *r)
{
    const sso_error_t *error = sso_error(SSO_CROSS_SITE_POST);

    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "moodlesso: %s: %s: %s %s", error->name,
                  error->sentence, r->method, r->uri);
    apr_table_setn(r->subprocess_env, "MOODLESSO_REASON", error->name);
    return HTTP_FORBIDDEN;
}

/* May the browser be asked to come again, with the cookies of the top level? */
static bool wants_storage_access(request_rec *r, const moodlesso_directory_t *directory,
                                 const sso_fetch_t *fetch, const moodlesso_framed_t *framed)
{
    const char *origin;
    sso_uri_t own;

    if (directory->storage_access != MOODLESSO_ON || directory->frame == NULL ||
        framed->has_renamed || fetch->storage_access == NULL ||
        strcmp(fetch->storage_access, "inactive") != 0)
        return false;
    origin = apr_table_get(r->headers_in, "Origin");
    return origin != NULL && moodlesso_own_origin(r, &own) &&
           sso_frame_allows(directory->frame, origin, &own, r->pool);
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

static moodlesso_framed_t *make_framed(request_rec *r)
{
    moodlesso_context_t *context = moodlesso_context(r);

    context->is_framed_known = true;
    memset(&context->framed, 0, sizeof(context->framed));
    return &context->framed;
}

SSO_SELDOM static int look(request_rec *r, const moodlesso_directory_t *directory)
{
    const sso_frame_cookies_t *cookies = moodlesso_frame_cookies(r);
    headers_t headers;
    moodlesso_framed_t *framed = make_framed(r);

    read_headers(r, &headers);
    framed->is_embedded = is_embedded(cookies, &headers);
    if (!framed->is_embedded)
        return DECLINED;
    if (cookies != NULL && moodlesso_is_https(r))
        map_cookies(r, cookies, &headers, framed);
    else if (cookies != NULL)
        strip_cookies(r, cookies, &headers);
    if (directory->frame_guard != NULL &&
        sso_frame_guard_refuses(directory->frame_guard, &headers.fetch, r->method, r->uri))
        return refuse_cross_site(r);
    return wants_storage_access(r, directory, &headers.fetch, framed) ? ask_to_retry(r) : DECLINED;
}

int moodlesso_frame_request(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);

    return has_work(directory, moodlesso_frame_cookies(r)) && moodlesso_framed(r) == NULL
               ? look(r, directory)
               : DECLINED;
}

bool moodlesso_is_embedded(request_rec *r)
{
    const moodlesso_framed_t *framed = moodlesso_framed(r);
    headers_t headers;

    if (framed != NULL)
        return framed->is_embedded;
    read_headers(r, &headers);
    return sso_is_embedded(&headers.fetch, false);
}

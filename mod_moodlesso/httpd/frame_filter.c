/* SPDX-License-Identifier: Apache-2.0 */
/* frame_filter.c -- MoodleSSOFrameAncestors and MoodleSSOFrameCookies applied to the headers of
 * every response.
 *
 * PHP-FPM and CGI leave their headers in r->err_headers_out, mod_proxy_http in r->headers_out;
 * httpd sends the first before the second. The filter runs behind mod_headers' and before the
 * protocol's, so that it sees what would be sent. */
#include "httpd/frame_filter.h"

#include <apr_strings.h>
#include <http_log.h>
#include <util_filter.h>

#include "httpd/frame_request.h"

#define NAME       "MOODLESSO_FRAME"
#define POLICY     "Content-Security-Policy"
#define XFO        "X-Frame-Options"
#define SET_COOKIE "Set-Cookie"

APLOG_USE_MODULE(moodlesso);

/* Values may be changed in place: apr_table_t keeps pointers, and no index of values. */
static void collect(apr_table_t *table, sso_frame_headers_t *headers, apr_pool_t *p)
{
    const apr_array_header_t *all = apr_table_elts(table);
    apr_table_entry_t *entries = (apr_table_entry_t *)(void *)all->elts;

    for (int i = 0; i < all->nelts; i++) {
        char first = entries[i].key[0];

        if ((first == 'C' || first == 'c') && strcasecmp(entries[i].key, POLICY) == 0)
            APR_ARRAY_PUSH(headers->policies, const char **) =
                (const char **)(void *)&entries[i].val;
        else if ((first == 'X' || first == 'x') && strcasecmp(entries[i].key, XFO) == 0)
            headers->x_frame_options =
                headers->x_frame_options
                    ? apr_pstrcat(p, headers->x_frame_options, ",", entries[i].val, NULL)
                    : entries[i].val;
    }
}

static void frame(request_rec *r, const sso_frame_t *policy)
{
    sso_frame_headers_t headers = {
        .policies = apr_array_make(r->pool, 4, sizeof(const char **)),
    };

    collect(r->err_headers_out, &headers, r->pool);
    collect(r->headers_out, &headers, r->pool);
    sso_frame_apply(policy, &headers, r->pool);
    if (headers.too_large)
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "moodlesso: the application's " POLICY " is too large to be judged and was "
                      "left alone");
    if (headers.added != NULL)
        apr_table_addn(r->headers_out, POLICY, headers.added);
    if (headers.drop_x_frame_options && headers.x_frame_options != NULL) {
        apr_table_unset(r->err_headers_out, XFO);
        apr_table_unset(r->headers_out, XFO);
    }
}

static bool rename_cookies(apr_table_t *table, const sso_frame_cookies_t *cookies, apr_pool_t *p)
{
    const apr_array_header_t *all = apr_table_elts(table);
    apr_table_entry_t *entries = (apr_table_entry_t *)(void *)all->elts;
    bool changed = false;

    for (int i = 0; i < all->nelts; i++) {
        const char *was;

        if ((entries[i].key[0] | 0x20) != 's' || (entries[i].key[1] | 0x20) != 'e' ||
            (entries[i].key[2] | 0x20) != 't' || strcasecmp(entries[i].key, SET_COOKIE) != 0)
            continue;
        was = entries[i].val;
        entries[i].val = (char *)(apr_uintptr_t)sso_frame_cookies_rename(cookies, was, p);
        changed |= entries[i].val != was;
    }
    return changed;
}

/* Top-level responses say nothing of this: they stay as they are without us. */
static void part(request_rec *r, moodlesso_framed_t *framed)
{
    framed->changed |= rename_cookies(r->err_headers_out, framed->renames, r->pool);
    framed->changed |= rename_cookies(r->headers_out, framed->renames, r->pool);
    if (framed->marks)
        apr_table_addn(r->err_headers_out, SET_COOKIE,
                       SSO_FRAME_MARK "=1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned");
    if (framed->activates)
        apr_table_addn(r->err_headers_out, "Activate-Storage-Access", "load");
    if (framed->changed || framed->marks || framed->activates)
        apr_table_mergen(r->headers_out, "Vary",
                         "Sec-Fetch-Storage-Access, Sec-Fetch-Dest, Cookie");
}

static bool frames(const moodlesso_directory_t *directory)
{
    return directory->frame != NULL && directory->frame->mode != SSO_FRAME_OFF;
}

static bool parts(const moodlesso_framed_t *framed)
{
    return framed != NULL && framed->renames != NULL;
}

static apr_status_t frame_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    const moodlesso_directory_t *directory = filter->ctx;
    moodlesso_framed_t *framed = moodlesso_framed(filter->r);

    if (frames(directory))
        frame(filter->r, directory->frame);
    if (parts(framed))
        part(filter->r, framed);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

static ap_filter_rec_t *registered;

void moodlesso_insert_frame_filter(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);

    if (r->main == NULL && moodlesso_is_on(directory) &&
        (frames(directory) || parts(moodlesso_framed(r))))
        ap_add_output_filter_handle(registered, (void *)(apr_uintptr_t)directory, r, r->connection);
}

void moodlesso_register_frame_filter(void)
{
    registered = ap_register_output_filter(NAME, frame_filter, NULL,
                                           (ap_filter_type)(AP_FTYPE_CONTENT_SET + 1));
}

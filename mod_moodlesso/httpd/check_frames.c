/* SPDX-License-Identifier: Apache-2.0 */
/* check_frames.c -- moodlesso-check: what a frame of Teams would get at a path.
 *
 * The configuration that httpd merges for the path is judged, rewriting and aliases included; then
 * the page is asked for at the address that browsers use, as what stands in front of this server
 * may change it again. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_request.h>

#include "httpd/check.h"
#include "httpd/context.h"
#include "io/http.h"
#include "sso/check_frame.h"
#include "sso/check_sent.h"
#include "sso/source_drupal.h"

#define SENT_TIME apr_time_from_sec(3)

/* Sources may share a cookie: that is one line. */
static void add_cookie(apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0)
            return;
    }
    APR_ARRAY_PUSH(names, const char *) = name;
}

/* The session cookies of the sources of this server. */
static void find_cookies(request_rec *r, apr_array_header_t *of_moodle,
                         apr_array_header_t *of_others)
{
    const apr_array_header_t *all = moodlesso_totals()->inventory.sources;
    apr_hash_t *here = moodlesso_server(r->server)->sources;

    for (int i = 0; i < all->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(all, i, const sso_source_t *);

        if (apr_hash_get(here, source->name, APR_HASH_KEY_STRING) != source)
            continue;
        if (source->kind == &sso_kind_moodle)
            add_cookie(of_moodle, sso_moodle_cookie(source));
        if (source->kind == &sso_kind_drupal) {
            const sso_drupal_t *drupal = source->settings;

            add_cookie(of_others, drupal->cookie ? drupal->cookie : drupal->cookie_https);
        }
    }
    /* A Moodle that is shown in frames and not asked has its usual name. */
    if (of_moodle->nelts == 0)
        APR_ARRAY_PUSH(of_others, const char *) = "MoodleSession";
}

static const char *origin_of(request_rec *r)
{
    sso_uri_t own;

    return moodlesso_own_origin(r, &own) ? sso_uri_origin(&own, r->pool) : "http://";
}

/* Not from a request of this kind itself: it would ask for itself for ever. */
static void check_sent(request_rec *r, const sso_check_frame_t *at, sso_check_t *check,
                       apr_time_t deadline)
{
    static const char *const headers[] = {"Accept: text/html", NULL};
    apr_table_t *fields = apr_table_make(r->pool, 20);
    const char *url = at->is_given ? apr_pstrcat(r->pool, at->origin, at->path, NULL) : NULL;
    sso_exchange_t exchange = {.method = "HEAD", .url = url, .headers = headers, .fields = fields};
    sso_check_sent_t sent = {.url = url, .fields = fields};
    apr_time_t end = apr_time_now() + SENT_TIME;

    if (at->frame == NULL || r->header_only)
        return;
    if (url != NULL &&
        sso_http_exchange(&exchange, end < deadline ? end : deadline, &sent.why, r->pool) !=
            APR_SUCCESS &&
        sent.why == NULL)
        sent.why = "no time was left";
    sso_check_sent(check, at->frame, &sent);
}

void moodlesso_check_frames(request_rec *r, const char *path, sso_check_t *check,
                            apr_time_t deadline)
{
    request_rec *there = ap_sub_req_lookup_uri(path, r, NULL);
    const moodlesso_directory_t *directory = moodlesso_directory(there);
    apr_array_header_t *of_moodle = apr_array_make(r->pool, 2, sizeof(const char *));
    apr_array_header_t *of_others = apr_array_make(r->pool, 2, sizeof(const char *));
    sso_check_frame_t at = {.path = path,
                            .origin = origin_of(r),
                            .is_https = moodlesso_is_https(r),
                            .is_given = moodlesso_server(r->server)->base_url != NULL,
                            .of_moodle = of_moodle,
                            .of_others = of_others};

    find_cookies(r, of_moodle, of_others);
    if (moodlesso_is_on(directory)) {
        if (directory->frame != NULL && directory->frame->mode != SSO_FRAME_OFF)
            at.frame = directory->frame;
        at.cookies = moodlesso_listed_cookies(directory);
    }
    sso_check_about(check, "frames", NULL);
    sso_check_frame(check, &at);
    check_sent(r, &at, check, deadline);
    ap_destroy_sub_req(there);
}

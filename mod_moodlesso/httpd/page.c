/* SPDX-License-Identifier: Apache-2.0 */
/* page.c -- an answer that is a page: a template filled in, under a strict policy. */
#include <httpd.h>

#include <apr_base64.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/handlers.h"
#include "httpd/page.h"
#include "sso/pages.h"

APLOG_USE_MODULE(moodlesso);

static const sso_pages_t *built_in; /* of the configuration in force */

const char *moodlesso_pages_freeze(apr_pool_t *pconf)
{
    const char *sentence;

    built_in = sso_pages_make(&sentence, pconf);
    return built_in ? sso_pages_check(built_in, pconf) : sentence;
}

static const char *make_nonce(request_rec *r)
{
    unsigned char random[16];
    char *text = apr_palloc(r->pool, (apr_size_t)apr_base64_encode_len(sizeof(random)));

    if (apr_generate_random_bytes(random, sizeof(random)) != APR_SUCCESS)
        return NULL;
    apr_base64_encode_binary(text, random, sizeof(random));
    return text;
}

/* The sources of a list, each behind a blank. */
static const char *sources_of(request_rec *r, const json_t *list)
{
    const char *sources = "";
    const json_t *source;
    size_t i;

    json_array_foreach(list, i, source)
    {
        if (json_is_string(source))
            sources = apr_pstrcat(r->pool, sources, " ", json_string_value(source), NULL);
    }
    return sources;
}

/* MoodleSSOFrameAncestors unites its hosts with this, as with every policy. */
static void set_headers(request_rec *r, const char *nonce, const json_t *values)
{
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   apr_psprintf(r->pool,
                                "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
                                "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
                                "form-action 'self'%s; frame-ancestors 'self'%s",
                                nonce, nonce, sources_of(r, json_object_get(values, "forms")),
                                sources_of(r, json_object_get(values, "frames"))));
    moodlesso_store_nowhere(r);
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
}

static const char *host_of(request_rec *r)
{
    sso_uri_t own;

    return moodlesso_own_origin(r, &own) ? own.host : r->server->server_hostname;
}

static const sso_pages_t *pages_of(request_rec *r)
{
    const sso_pages_t *own = moodlesso_server(r->server)->pages;

    return own ? own : built_in;
}

static int language_of(request_rec *r)
{
    return sso_pages_language(pages_of(r), apr_table_get(r->headers_in, "Accept-Language"));
}

const char *moodlesso_page_text(request_rec *r, bool in_english, const char *name,
                                const json_t *values)
{
    return sso_pages_sentence(pages_of(r), name, in_english ? 0 : language_of(r), values, r->pool);
}

static bool render(request_rec *r, const char *name, json_t *values, sso_span_t *page)
{
    const char *nonce = make_nonce(r);
    const sso_pages_t *pages = pages_of(r);
    int language = language_of(r);
    const char *tag = sso_pages_tag(pages, language);

    if (nonce == NULL || !json_is_object(values))
        return false;
    json_object_set_new(values, "language", json_string(tag));
    json_object_set_new(values, "nonce", json_string(nonce));
    json_object_set_new(values, "host", json_string(host_of(r)));
    if (!sso_pages_fill(pages, name, language, values, page, r->pool))
        return false;
    set_headers(r, nonce, values);
    apr_table_setn(r->headers_out, "Content-Language", tag);
    return true;
}

int moodlesso_page(request_rec *r, int status, const char *name, json_t *values)
{
    sso_span_t page;
    bool is_rendered = render(r, name, values, &page);

    json_decref(values);
    if (!is_rendered) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "moodlesso: the page %s cannot be filled in",
                      name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    moodlesso_say_when(r, status);
    r->status = status;
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_set_content_length(r, (apr_off_t)page.len);
    ap_rwrite(page.at, (int)page.len, r);
    return OK;
}

/* What the page and the log have in common: mod_unique_id's, else httpd's own id of the request. */
static const char *id_of(request_rec *r)
{
    const char *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    if (id == NULL && r->log_id == NULL)
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    return id ? id : r->log_id;
}

static const char *class_name(sso_class_t class)
{
    static const char *const names[] = {
        [SSO_ABSENT] = "absent",       [SSO_REJECTED] = "rejected",
        [SSO_FORBIDDEN] = "forbidden", [SSO_UNAVAILABLE] = "unavailable",
        [SSO_BROKEN] = "broken",
    };

    return names[class];
}

int moodlesso_error_page(request_rec *r, int status, const sso_error_t *error,
                         const char *retry_url)
{
    const char *id = id_of(r);

    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s (message %s)", error->name,
                  error->sentence, id ? id : "-");
    return moodlesso_page(r, status, "error",
                          json_pack("{s:s, s:s, s:i, s:s?, s:s?}", "reason", error->name, "class",
                                    class_name(error->class), "status", status, "id", id, "retry",
                                    retry_url));
}

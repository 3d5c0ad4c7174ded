/* SPDX-License-Identifier: Apache-2.0 */
/* context.c -- what one request_rec remembers, and where it comes from. */
#include "httpd/context.h"

#include <apr_strings.h>
#include <http_protocol.h>

moodlesso_context_t *moodlesso_context(request_rec *r)
{
    moodlesso_context_t *context = moodlesso_context_of(r);

    if (context == NULL) {
        context = apr_palloc(r->pool, sizeof(*context));
        context->use = context->variables = NULL;
        context->section = NULL;
        context->cookies = context->endpoint = context->rest = NULL;
        context->visit = NULL;
        context->acr = NULL;
        context->is_acr_met = false;
        context->is_framed_known = false;
        ap_set_module_config(r->request_config, &moodlesso_module, context);
    }
    return context;
}

bool moodlesso_is_https(request_rec *r)
{
    const sso_uri_t *base = moodlesso_server(r->server)->base_url;

    return strcmp(base ? base->scheme : ap_http_scheme(r), "https") == 0;
}

bool moodlesso_own_origin(request_rec *r, sso_uri_t *own)
{
    const sso_uri_t *base = moodlesso_server(r->server)->base_url;
    const char *host = apr_table_get(r->headers_in, "Host");

    if (base != NULL)
        *own = *base;
    return base != NULL || (host != NULL && sso_uri_parse(apr_pstrcat(r->pool, ap_http_scheme(r),
                                                                      "://", host, NULL),
                                                          own, r->pool));
}

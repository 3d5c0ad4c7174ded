/* SPDX-License-Identifier: Apache-2.0 */
/* form_body.c -- forms that are posted to us. */
#include "httpd/form_body.h"

#include <http_protocol.h>

#include "httpd/context.h"

const char *moodlesso_read_form(request_rec *r, apr_size_t max)
{
    char *form = apr_palloc(r->pool, max + 1);
    apr_size_t used = 0;
    long got;

    if (ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK) != OK || !ap_should_client_block(r))
        return NULL;
    while ((got = ap_get_client_block(r, form + used, max + 1 - used)) > 0) {
        used += (apr_size_t)got;
        if (used > max)
            return NULL;
    }
    form[used] = '\0';
    return got < 0 ? NULL : form;
}

bool moodlesso_is_same_origin(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");
    sso_uri_t own, from;

    if (site != NULL)
        return strcmp(site, "same-origin") == 0;
    return origin != NULL && moodlesso_own_origin(r, &own) &&
           sso_uri_parse(origin, &from, r->pool) && sso_uri_same_origin(&own, &from);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* return_url.c -- where a person may be sent after signing in or out: a positive rule. */
#include "sso/return_url.h"

#include <apr_strings.h>

static bool is_listed(const sso_uri_t *uri, const apr_array_header_t *origins)
{
    for (int i = 0; origins != NULL && i < origins->nelts; i++) {
        if (sso_uri_same_origin(uri, &APR_ARRAY_IDX(origins, i, sso_uri_t)))
            return true;
    }
    return false;
}

const char *sso_return_url(const char *wanted, const sso_uri_t *own,
                           const apr_array_header_t *origins, apr_pool_t *p)
{
    sso_uri_t uri;
    const char *whole = wanted;

    if (wanted == NULL)
        return NULL;
    /* "//host" is another host. */
    if (wanted[0] == '/' && wanted[1] != '/')
        whole = apr_pstrcat(p, sso_uri_origin(own, p), wanted, NULL);
    if (!sso_uri_parse(whole, &uri, p) ||
        !(sso_uri_same_origin(&uri, own) || is_listed(&uri, origins)))
        return NULL;
    return apr_pstrcat(p, sso_uri_origin(&uri, p), uri.path[0] ? uri.path : "/", NULL);
}

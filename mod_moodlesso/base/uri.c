/* SPDX-License-Identifier: Apache-2.0 */
/* uri.c -- absolute http and https URLs, taken apart strictly, and their origins. */
#include "base/uri.h"

#include <string.h>

#include <apr_strings.h>

#define HOST_NAME "abcdefghijklmnopqrstuvwxyz0123456789-."
#define IPV6      "abcdef0123456789:."

static const char *lower_case(sso_span_t span, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, span.at, span.len);

    for (char *c = copy; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    }
    return copy;
}

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '\\')
            return false;
    }
    return true;
}

static bool host_is_valid(const char *host)
{
    sso_span_t span = sso_span(host), label;

    if (span.len > 2 && host[0] == '[' && host[span.len - 1] == ']') {
        span.at++;
        span.len -= 2;
        return sso_span_consists_of(span, IPV6, 45) && memchr(span.at, ':', span.len) != NULL;
    }
    if (!sso_span_consists_of(span, HOST_NAME, 253))
        return false;
    while (sso_span_next(&span, '.', &label)) {
        if (label.len == 0 || label.len > 63)
            return false;
    }
    return true;
}

/* host [":" port] */
static bool authority_parse(sso_span_t authority, sso_uri_t *uri, apr_pool_t *p)
{
    sso_span_t host = authority, port;
    const char *bracket = memchr(authority.at, ']', authority.len), *colon;
    apr_size_t skip = bracket ? (apr_size_t)(bracket - authority.at) : 0;
    apr_int64_t number;

    colon = memchr(authority.at + skip, ':', authority.len - skip);
    uri->port = strcmp(uri->scheme, "https") == 0 ? 443 : 80;
    if (colon != NULL) {
        host.len = (apr_size_t)(colon - authority.at);
        port.at = colon + 1;
        port.len = authority.len - host.len - 1;
        if (!sso_span_integer(port, &number) || number < 1 || number > 65535)
            return false;
        uri->port = (int)number;
    }
    uri->host = lower_case(host, p);
    return host_is_valid(uri->host);
}

bool sso_uri_parse(const char *text, sso_uri_t *uri, apr_pool_t *p)
{
    sso_span_t authority;
    const char *colon = strstr(text, "://");

    if (colon == NULL || !is_plain(text))
        return false;
    uri->scheme = lower_case((sso_span_t){text, (apr_size_t)(colon - text)}, p);
    if (strcmp(uri->scheme, "http") != 0 && strcmp(uri->scheme, "https") != 0)
        return false;
    authority.at = colon + 3;
    authority.len = strcspn(authority.at, "/?#");
    if (authority.len == 0 || memchr(authority.at, '@', authority.len) != NULL)
        return false;
    if (!authority_parse(authority, uri, p))
        return false;
    uri->path = authority.at + authority.len;
    uri->path = apr_pstrmemdup(p, uri->path, strcspn(uri->path, "#"));
    if (uri->path[0] == '?')
        uri->path = apr_pstrcat(p, "/", uri->path, NULL);
    return true;
}

const char *sso_uri_origin(const sso_uri_t *uri, apr_pool_t *p)
{
    if (uri->port == (strcmp(uri->scheme, "https") == 0 ? 443 : 80))
        return apr_pstrcat(p, uri->scheme, "://", uri->host, NULL);
    return apr_psprintf(p, "%s://%s:%d", uri->scheme, uri->host, uri->port);
}

bool sso_uri_same_origin(const sso_uri_t *a, const sso_uri_t *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port;
}

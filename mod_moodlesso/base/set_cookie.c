/* SPDX-License-Identifier: Apache-2.0 */
/* set_cookie.c -- Set-Cookie lines, and what makes one work inside a frame of another site. */
#include "base/set_cookie.h"

#include <apr_strings.h>

#define HOST       "__Host-"
#define SECURE     "__Secure-"
#define ATTRIBUTES "; Secure; SameSite=None; Partitioned"

static sso_span_t before_equals(sso_span_t item)
{
    const char *equals = item.len > 0 ? memchr(item.at, '=', item.len) : NULL;

    if (equals != NULL)
        item.len = (apr_size_t)(equals - item.at);
    return sso_span_trim(item);
}

sso_span_t sso_set_cookie_name(const char *line)
{
    sso_span_t rest = sso_span(line), pair;

    /* Without '=' the whole text is a value (5.6.1); its name is empty. */
    if (line == NULL || !sso_span_next(&rest, ';', &pair) || pair.len == 0 ||
        memchr(pair.at, '=', pair.len) == NULL)
        return sso_span("");
    return before_equals(pair);
}

static bool is_named(sso_span_t attribute, const char *name)
{
    return sso_span_equal_nocase(before_equals(attribute), sso_span(name));
}

static bool is_replaced(sso_span_t attribute)
{
    return sso_span_trim(attribute).len == 0 || is_named(attribute, "Secure") ||
           is_named(attribute, "SameSite") || is_named(attribute, "Partitioned");
}

static sso_span_t value_of(sso_span_t attribute)
{
    const char *equals = attribute.len > 0 ? memchr(attribute.at, '=', attribute.len) : NULL;

    if (equals == NULL)
        return sso_span("");
    attribute.len -= (apr_size_t)(equals + 1 - attribute.at);
    attribute.at = equals + 1;
    return sso_span_trim(attribute);
}

/* Path "/" and no domain, so that "__Host-" is accepted? The last Path counts (5.6.4, 5.7). */
static bool is_of_whole_host(sso_span_t attributes)
{
    sso_span_t attribute;
    bool is_root = false;

    while (sso_span_next(&attributes, ';', &attribute)) {
        if (is_named(attribute, "Domain") && value_of(attribute).len > 0)
            return false;
        if (is_named(attribute, "Path"))
            is_root = sso_span_equal(value_of(attribute), "/");
    }
    return is_root;
}

static char *put(char *to, const char *bytes, apr_size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

const char *sso_set_cookie_partitioned(const char *line, apr_pool_t *p)
{
    sso_span_t rest = sso_span(line), name = sso_set_cookie_name(line), pair, attribute;
    apr_size_t before = name.at ? (apr_size_t)(name.at - line) : 0;
    char *made = apr_palloc(p, rest.len + sizeof(SECURE) + sizeof(ATTRIBUTES)), *to = made;

    if (!sso_span_next(&rest, ';', &pair))
        return line;
    to = put(to, line, before);
    to = rest.at != NULL && is_of_whole_host(rest) ? put(to, HOST, sizeof(HOST) - 1)
                                                   : put(to, SECURE, sizeof(SECURE) - 1);
    to = put(to, line + before, pair.len - before);
    while (rest.at != NULL && sso_span_next(&rest, ';', &attribute)) {
        if (is_replaced(attribute))
            continue;
        *to++ = ';';
        to = put(to, attribute.at, attribute.len);
    }
    put(to, ATTRIBUTES, sizeof(ATTRIBUTES));
    return made;
}

const char *sso_set_cookie_ended(const char *name, const char *path, const char *domain,
                                 bool secure, apr_pool_t *p)
{
    return apr_pstrcat(p, name,
                       "=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=", path,
                       domain ? "; domain=" : "", domain ? domain : "", secure ? "; secure" : "",
                       "; HttpOnly", NULL);
}

const char *sso_set_cookie_original(const char *name)
{
    if (name[0] != '_' || name[1] != '_')
        return name;
    if (strncmp(name, HOST, sizeof(HOST) - 1) == 0)
        return name + sizeof(HOST) - 1;
    return strncmp(name, SECURE, sizeof(SECURE) - 1) == 0 ? name + sizeof(SECURE) - 1 : name;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* csp.c -- serialised Content-Security-Policy lists: find, edit and append frame-ancestors. */
#include "base/csp.h"

#include <string.h>

#include <apr_strings.h>

#define FRAME_ANCESTORS "frame-ancestors"

static bool is_ascii(sso_span_t text)
{
    for (apr_size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] > 0x7F)
            return false;
    }
    return true;
}

/* Is it named frame-ancestors, readable or not? `sources` is what follows. */
static bool is_ancestors(sso_span_t directive, sso_span_t *sources)
{
    sso_span_t name;

    *sources = directive;
    return sso_span_word(sources, &name) && sso_span_equal_nocase(name, sso_span(FRAME_ANCESTORS));
}

static bool is_none(sso_span_t source)
{
    return sso_span_equal_nocase(source, sso_span("'none'"));
}

/* No sources at all, or 'none' alone, match nothing (CSP3 6.7.2.2). */
static bool matches_nothing(sso_span_t sources)
{
    sso_span_t source;

    while (sso_span_word(&sources, &source)) {
        if (!is_none(source))
            return false;
    }
    return true;
}

static bool policy_is_empty(sso_span_t policy)
{
    sso_span_t directive, name;

    while (sso_span_next(&policy, ';', &directive)) {
        if (is_ascii(directive) && sso_span_word(&directive, &name))
            return false;
    }
    return true;
}

/* The first frame-ancestors of a policy decides; one that cannot be read forbids. */
static void look_at_policy(sso_span_t policy, sso_csp_view_t *view)
{
    sso_span_t directive, sources;

    while (sso_span_next(&policy, ';', &directive)) {
        if (is_ancestors(directive, &sources)) {
            bool readable = is_ascii(directive);
            view->names_ancestors = true;
            view->has_ancestors |= readable;
            view->forbids_ancestors |= !readable || matches_nothing(sources);
            return;
        }
    }
}

bool sso_csp_look(const char *value, sso_csp_view_t *view)
{
    sso_span_t list = sso_span(value), policy;

    memset(view, 0, sizeof(*view));
    if (list.len > SSO_CSP_MAX_BYTES)
        return false;
    while (sso_span_next(&list, ',', &policy)) {
        look_at_policy(policy, view);
        if (!policy_is_empty(policy) && ++view->policies > SSO_CSP_MAX_POLICIES)
            return false;
    }
    return true;
}

static void push(apr_array_header_t *parts, sso_span_t text)
{
    if (text.len > 0)
        APR_ARRAY_PUSH(parts, const char *) = apr_pstrmemdup(parts->pool, text.at, text.len);
}

static bool has_source(sso_span_t sources, const char *wanted)
{
    sso_span_t source;

    while (sso_span_word(&sources, &source)) {
        if (sso_span_equal_nocase(source, sso_span(wanted)))
            return true;
    }
    return false;
}

static void push_sources(apr_array_header_t *parts, const apr_array_header_t *sources,
                         sso_span_t present)
{
    for (int i = 0; i < sources->nelts; i++) {
        const char *source = APR_ARRAY_IDX(sources, i, const char *);
        if (!has_source(present, source)) {
            APR_ARRAY_PUSH(parts, const char *) = " ";
            APR_ARRAY_PUSH(parts, const char *) = source;
        }
    }
}

/* Push `present` without its 'none' tokens; the bytes between other tokens stay. */
static void push_present(apr_array_header_t *parts, sso_span_t present)
{
    sso_span_t source, rest = present;
    const char *from = present.at;

    while (sso_span_word(&rest, &source)) {
        if (is_none(source)) {
            const char *before = source.at;
            while (before > from && sso_is_space(before[-1]))
                before--;
            push(parts, (sso_span_t){from, (apr_size_t)(before - from)});
            from = rest.at;
        }
    }
    push(parts, (sso_span_t){from, (apr_size_t)(present.at + present.len - from)});
}

static void push_edited(apr_array_header_t *parts, sso_span_t directive, sso_span_t present,
                        const apr_array_header_t *sources, bool replace)
{
    sso_span_t head = {directive.at, (apr_size_t)(present.at - directive.at)}, tail;

    /* White space behind the last source stays where it is, behind ours. */
    present = directive;
    present.at += head.len;
    present.len -= head.len;
    tail = present;
    while (present.len > 0 && sso_is_space(present.at[present.len - 1]))
        present.len--;
    tail.at += present.len;
    tail.len -= present.len;
    if (replace)
        present.len = 0;

    push(parts, head);
    push_present(parts, present);
    push_sources(parts, sources, present);
    push(parts, tail);
}

static void push_policy(apr_array_header_t *parts, sso_span_t policy,
                        const apr_array_header_t *sources, bool replace)
{
    sso_span_t directive, present;
    bool first = true, edited = false;

    while (sso_span_next(&policy, ';', &directive)) {
        bool ancestors = is_ancestors(directive, &present);
        if (ancestors && edited && is_ascii(directive))
            continue;
        if (!first)
            APR_ARRAY_PUSH(parts, const char *) = ";";
        first = false;
        if (ancestors && !edited) {
            push_edited(parts, directive, present, sources, replace || !is_ascii(directive));
            edited = true;
        }
        else {
            push(parts, directive);
        }
    }
}

const char *sso_csp_edit(const char *value, const apr_array_header_t *sources, bool replace,
                         apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, 32, sizeof(const char *));
    sso_span_t list = sso_span(value), policy;
    bool first = true;

    while (sso_span_next(&list, ',', &policy)) {
        if (!first)
            APR_ARRAY_PUSH(parts, const char *) = ",";
        first = false;
        push_policy(parts, policy, sources, replace);
    }
    return apr_array_pstrcat(p, parts, 0);
}

const char *sso_csp_directive(const apr_array_header_t *sources, apr_pool_t *p)
{
    return apr_pstrcat(p, FRAME_ANCESTORS " ", apr_array_pstrcat(p, sources, ' '), NULL);
}

const char *sso_csp_append(const char *value, const apr_array_header_t *sources, apr_pool_t *p)
{
    sso_span_t list = sso_span(value), policy, trimmed;
    const char *at, *glue;

    while (sso_span_next(&list, ',', &policy)) {
        if (policy_is_empty(policy))
            continue;
        trimmed = sso_span_trim(policy);
        at = trimmed.at + trimmed.len;
        glue = trimmed.at[trimmed.len - 1] == ';' ? " " : "; ";
        return apr_pstrcat(p, apr_pstrmemdup(p, value, (apr_size_t)(at - value)), glue,
                           sso_csp_directive(sources, p), at, NULL);
    }
    return apr_pstrcat(p, value, *value ? ", " : "", sso_csp_directive(sources, p), NULL);
}

/* "*" / [ "*." ] 1*host-char *( "." 1*host-char ) [ "." ] */
static bool host_is_valid(sso_span_t host, bool any)
{
    sso_span_t label;

    if (sso_span_equal(host, "*"))
        return any;
    if (host.len > 2 && host.at[0] == '*' && host.at[1] == '.') {
        host.at += 2;
        host.len -= 2;
    }
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    while (sso_span_next(&host, '.', &label)) {
        if (!sso_span_is_word(label, "-", 63))
            return false;
    }
    return true;
}

bool sso_csp_source_is_valid(const char *source, bool any)
{
    sso_span_t host = sso_span(source);
    const char *mark = strstr(source, "://"), *colon;

    if (strcmp(source, "'self'") == 0)
        return true;
    if (strcmp(source, "http:") == 0 || strcmp(source, "https:") == 0)
        return any;
    if (mark != NULL) {
        sso_span_t scheme = {source, (apr_size_t)(mark - source)};
        if (!sso_span_equal(scheme, "https") && !sso_span_equal(scheme, "http"))
            return false;
        host = sso_span(mark + 3);
    }
    colon = host.len > 0 ? memchr(host.at, ':', host.len) : NULL;
    if (colon != NULL) {
        sso_span_t port = sso_span(colon + 1);
        if (!sso_span_equal(port, "*") && !sso_span_consists_of(port, "0123456789", 5))
            return false;
        host.len = (apr_size_t)(colon - host.at);
    }
    return host.len > 0 && host_is_valid(host, any);
}

static bool host_allows(sso_span_t host, const char *name)
{
    sso_span_t tail = sso_span(name);

    if (sso_span_equal(host, "*"))
        return true;
    /* "*.a.example" stands for names below a.example, not for itself. */
    if (host.len > 1 && host.at[0] == '*') {
        host.at++;
        host.len--;
        if (tail.len <= host.len)
            return false;
        tail.at += tail.len - host.len;
        tail.len = host.len;
    }
    return sso_span_equal_nocase(host, tail);
}

bool sso_csp_source_allows(const char *source, const sso_uri_t *origin)
{
    const char *mark = strstr(source, "://"), *colon;
    sso_span_t host = sso_span(mark ? mark + 3 : source);
    apr_int64_t port = 443;

    if (strcmp(origin->scheme, "https") != 0 || strcmp(source, "'self'") == 0)
        return false;
    if (strcmp(source, "*") == 0 || strcmp(source, "https:") == 0 || strcmp(source, "http:") == 0)
        return true;
    colon = memchr(host.at, ':', host.len);
    if (colon != NULL) {
        host.len = (apr_size_t)(colon - host.at);
        if (strcmp(colon + 1, "*") == 0)
            port = origin->port;
        else if (!sso_span_integer(sso_span(colon + 1), &port))
            return false;
    }
    return port == origin->port && host_allows(host, origin->host);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* frame_cookies.c -- MoodleSSOFrameCookies: out in responses, back in requests. */
#include "sso/frame_cookies.h"

#include <apr_strings.h>

#include "base/set_cookie.h"

/* One word of the directive. */
typedef struct pattern_t {
    const char *text;
    apr_size_t length;
    bool is_prefix; /* '*' stood behind it */
} pattern_t;

/* RFC 6265 4.1.1: a cookie's name is a token. */
static bool is_token(const char *text, apr_size_t length)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    sso_span_t span = {text, length};

    return sso_span_is_word(span, others, 256);
}

static const char *add_pattern(apr_array_header_t *patterns, const char *word, apr_pool_t *p)
{
    pattern_t pattern = {word, strlen(word), false};

    if (pattern.length > 0 && word[pattern.length - 1] == '*') {
        pattern.is_prefix = true;
        pattern.length--;
    }
    if (pattern.length == 0)
        return "name the session cookies, like MoodleSession*; others are read by scripts under "
               "their own name";
    if (!is_token(word, pattern.length) || memchr(word, '*', pattern.length) != NULL)
        return apr_psprintf(p, "%s is no name of a cookie, nor a beginning of one with * behind it",
                            word);
    APR_ARRAY_PUSH(patterns, pattern_t) = pattern;
    return NULL;
}

const char *sso_frame_cookies_make(const apr_array_header_t *words,
                                   const sso_frame_cookies_t **made, apr_pool_t *p)
{
    sso_frame_cookies_t *cookies = apr_pcalloc(p, sizeof(*cookies));
    const char *first = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "";
    const char *sentence = NULL;

    *made = cookies;
    if (sso_span_equal_nocase(sso_span(first), sso_span("Off")))
        return words->nelts == 1 ? NULL : "Off stands alone";
    cookies->patterns = apr_array_make(p, 4, sizeof(pattern_t));
    if (words->nelts == 0)
        sentence = add_pattern(cookies->patterns, "", p);
    for (int i = 0; i < words->nelts && sentence == NULL; i++)
        sentence = add_pattern(cookies->patterns, APR_ARRAY_IDX(words, i, const char *), p);
    return sentence;
}

static bool is_listed(const sso_frame_cookies_t *cookies, sso_span_t name)
{
    const pattern_t *pattern = (const pattern_t *)(const void *)cookies->patterns->elts;

    for (int left = cookies->patterns->nelts; left > 0; left--, pattern++) {
        if (name.len >= pattern->length && name.at[0] == pattern->text[0] &&
            (pattern->is_prefix || name.len == pattern->length) &&
            memcmp(name.at, pattern->text, pattern->length) == 0)
            return true;
    }
    return false;
}

const char *sso_frame_cookies_rename(const sso_frame_cookies_t *cookies, const char *set_cookie,
                                     apr_pool_t *p)
{
    sso_span_t name = sso_set_cookie_name(set_cookie);

    return is_listed(cookies, name) ? sso_set_cookie_partitioned(set_cookie, p) : set_cookie;
}

/* What one "name=value" of a Cookie header is to us. */
typedef enum { OTHER, PLAIN, RENAMED } role_t;

/* `own` is its name without our prefix. */
static role_t role_of(const sso_frame_cookies_t *cookies, sso_span_t item, sso_span_t *own)
{
    const char *equals = item.len > 0 ? memchr(item.at, '=', item.len) : NULL;
    sso_span_t name = item;

    if (equals != NULL)
        name.len = (apr_size_t)(equals - item.at);
    name = sso_span_trim(name);
    *own = sso_set_cookie_original(name);
    if (own->len != name.len && is_listed(cookies, *own))
        return RENAMED;
    *own = name;
    return is_listed(cookies, name) ? PLAIN : OTHER;
}

void sso_frame_cookies_look(const sso_frame_cookies_t *cookies, const char *header,
                            sso_frame_cookies_view_t *view)
{
    sso_span_t rest = sso_span(header), item, own;

    view->has_renamed = view->has_plain = false;
    while (sso_span_next(&rest, ';', &item)) {
        role_t role = role_of(cookies, item, &own);
        view->has_renamed |= role == RENAMED;
        view->has_plain |= role == PLAIN;
    }
}

static apr_array_header_t *renamed_names(const sso_frame_cookies_t *cookies, const char *header,
                                         apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(sso_span_t));
    sso_span_t rest = sso_span(header), item, own;

    while (sso_span_next(&rest, ';', &item)) {
        if (role_of(cookies, item, &own) == RENAMED)
            APR_ARRAY_PUSH(names, sso_span_t) = own;
    }
    return names;
}

static bool is_among(const apr_array_header_t *names, sso_span_t name)
{
    for (int i = 0; i < names->nelts; i++) {
        sso_span_t other = APR_ARRAY_IDX(names, i, sso_span_t);
        if (other.len == name.len && memcmp(other.at, name.at, name.len) == 0)
            return true;
    }
    return false;
}

/* A Cookie header being written, item by item. */
typedef struct writer_t {
    char *made, *to;
} writer_t;

static void write_item(writer_t *writer, sso_span_t item)
{
    bool is_first = writer->to == writer->made;

    while (is_first && item.len > 0 && sso_is_space(item.at[0])) {
        item.at++;
        item.len--;
    }
    if (!is_first)
        *writer->to++ = ';';
    if (!is_first && item.len > 0 && !sso_is_space(item.at[0]))
        *writer->to++ = ' ';
    if (item.len > 0)
        memcpy(writer->to, item.at, item.len);
    writer->to += item.len;
}

static const char *finish(writer_t *writer)
{
    *writer->to = '\0';
    return writer->to == writer->made ? NULL : writer->made;
}

/* The item from its own name on. */
static sso_span_t from_name(sso_span_t item, sso_span_t own)
{
    item.len -= (apr_size_t)(own.at - item.at);
    item.at = own.at;
    return item;
}

const char *sso_frame_cookies_map_back(const sso_frame_cookies_t *cookies, const char *header,
                                       sso_twins_t twins, apr_pool_t *p)
{
    const apr_array_header_t *renamed = renamed_names(cookies, header, p);
    sso_span_t rest = sso_span(header), item, own;
    writer_t writer;

    writer.made = writer.to = apr_palloc(p, 2 * rest.len + 1);
    while (sso_span_next(&rest, ';', &item)) {
        role_t role = role_of(cookies, item, &own);

        if (role == PLAIN && (twins == SSO_TWINS_DROPPED || is_among(renamed, own)))
            continue;
        write_item(&writer, role == RENAMED ? from_name(item, own) : item);
    }
    return finish(&writer);
}

const char *sso_frame_cookies_strip(const sso_frame_cookies_t *cookies, const char *header,
                                    apr_pool_t *p)
{
    sso_span_t rest = sso_span(header), item, own;
    writer_t writer;

    writer.made = writer.to = apr_palloc(p, 2 * rest.len + 1);
    while (sso_span_next(&rest, ';', &item)) {
        if (role_of(cookies, item, &own) != RENAMED)
            write_item(&writer, item);
    }
    return finish(&writer);
}

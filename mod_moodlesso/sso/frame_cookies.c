/* SPDX-License-Identifier: Apache-2.0 */
/* frame_cookies.c -- MoodleSSOFrameCookies: out in responses, back in requests. */
#include "sso/frame_cookies.h"

#include <string.h>

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

/* "__Host-" and "__Secure-" names mean something to browsers, and are what we rename to. */
static bool is_reserved(const pattern_t *pattern)
{
    static const char *const prefixes[] = {"__Host-", "__Secure-"};

    for (int i = 0; i < 2; i++) {
        apr_size_t length = strlen(prefixes[i]);
        apr_size_t common = pattern->length < length ? pattern->length : length;

        if (strncasecmp(pattern->text, prefixes[i], common) == 0 &&
            (pattern->is_prefix || common == length))
            return true;
    }
    return false;
}

static const char *add_pattern(sso_frame_cookies_t *cookies, const char *word, apr_pool_t *p)
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
    if (is_reserved(&pattern))
        return apr_psprintf(p,
                            "%s would list names that begin with __Host- or __Secure-; those are "
                            "what listed cookies are renamed to",
                            word);
    APR_ARRAY_PUSH(cookies->patterns, pattern_t) = pattern;
    cookies->begins[(unsigned char)*word] = true;
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
    cookies->begins['_'] = true; /* of our prefixes */
    if (words->nelts == 0)
        sentence = add_pattern(cookies, "", p);
    for (int i = 0; i < words->nelts && sentence == NULL; i++)
        sentence = add_pattern(cookies, APR_ARRAY_IDX(words, i, const char *), p);
    return sentence;
}

static apr_array_header_t no_patterns = {NULL, sizeof(pattern_t), 0, 0, NULL};
const sso_frame_cookies_t sso_frame_cookies_none = {&no_patterns, {['_'] = true}};

static const char *skip_space(const char *text)
{
    while (sso_is_space(*text))
        text++;
    return text;
}

/* Does `text`, a name and what follows it, begin with a listed name? On the way of every cookie. */
static bool is_listed(const sso_frame_cookies_t *cookies, const char *text)
{
    const pattern_t *pattern = (const pattern_t *)(const void *)cookies->patterns->elts;

    for (int left = cookies->patterns->nelts; left > 0; left--, pattern++) {
        /* Most names differ early, MOODLEID1_ from MoodleSession, too: no call for those. */
        if (text[0] != pattern->text[0] || (pattern->length > 1 && text[1] != pattern->text[1]) ||
            strncmp(text, pattern->text, pattern->length) != 0)
            continue;
        if (pattern->is_prefix || strchr("=;", *skip_space(text + pattern->length)) != NULL)
            return true;
    }
    return false;
}

const char *sso_frame_cookies_rename(const sso_frame_cookies_t *cookies, const char *set_cookie,
                                     apr_pool_t *p)
{
    return is_listed(cookies, skip_space(set_cookie)) && sso_set_cookie_name(set_cookie).len > 0
               ? sso_set_cookie_partitioned(set_cookie, p)
               : set_cookie;
}

/* What one "name=value" of a Cookie header is to us. */
typedef enum { OTHER, PLAIN, RENAMED, MARK } role_t;

static bool is_mark(const char *name)
{
    return strncmp(name, SSO_FRAME_MARK "=", sizeof(SSO_FRAME_MARK)) == 0;
}

/* `own` is where its own name begins, behind white space and our prefix. */
static role_t role_of(const sso_frame_cookies_t *cookies, const char *item, const char **own)
{
    const char *name = skip_space(item), *original;

    *own = name;
    if (!cookies->begins[(unsigned char)*name])
        return OTHER;
    *own = original = sso_set_cookie_original(name);
    if (original != name && is_listed(cookies, original))
        return RENAMED;
    if (original != name && is_mark(name))
        return MARK;
    *own = name;
    return is_listed(cookies, name) ? PLAIN : OTHER;
}

/* The end of an item; what follows the ';' there is the next one. */
static const char *end_of(const char *item)
{
    return strchrnul(item, ';');
}

static const char *next(const char *end)
{
    return *end == ';' ? end + 1 : NULL;
}

static void note(sso_frame_cookies_view_t *view, role_t role)
{
    view->has_renamed |= role == RENAMED;
    view->has_plain |= role == PLAIN;
    view->has_mark |= role == MARK;
}

void sso_frame_cookies_look(const sso_frame_cookies_t *cookies, const char *header,
                            sso_frame_cookies_view_t *view)
{
    const char *own;

    memset(view, 0, sizeof(*view));
    for (const char *item = header; item != NULL; item = next(end_of(item)))
        note(view, role_of(cookies, item, &own));
}

static sso_span_t name_of(const char *own)
{
    sso_span_t name = {own, strcspn(own, "=;")};

    return sso_span_trim(name);
}

/* Names of the renamed cookies (sso_span_t): gathered once, as a header may have very many. */
static apr_array_header_t *renamed_names(const sso_frame_cookies_t *cookies, const char *header,
                                         apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(sso_span_t));
    const char *own;

    for (const char *item = header; item != NULL; item = next(end_of(item))) {
        if (role_of(cookies, item, &own) == RENAMED)
            APR_ARRAY_PUSH(names, sso_span_t) = name_of(own);
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

static writer_t writer_of(const char *header, apr_pool_t *p)
{
    writer_t writer;

    writer.made = writer.to = apr_palloc(p, 2 * strlen(header) + 1);
    return writer;
}

static void write_item(writer_t *writer, const char *from, const char *end)
{
    apr_size_t length = (apr_size_t)(end - from);

    if (writer->to != writer->made) {
        *writer->to++ = ';';
        if (length > 0 && !sso_is_space(*from))
            *writer->to++ = ' ';
    }
    memcpy(writer->to, from, length);
    writer->to += length;
}

static const char *finish(writer_t *writer)
{
    *writer->to = '\0';
    return writer->to == writer->made ? NULL : writer->made;
}

const char *sso_frame_cookies_map_back(const sso_frame_cookies_t *cookies, const char *header,
                                       sso_twins_t twins, sso_frame_cookies_view_t *view,
                                       apr_pool_t *p)
{
    const apr_array_header_t *renamed =
        twins == SSO_TWINS_SHADOWED ? renamed_names(cookies, header, p) : NULL;
    writer_t writer = writer_of(header, p);
    const char *end, *own;

    memset(view, 0, sizeof(*view));
    for (const char *item = header; item != NULL; item = next(end)) {
        role_t role = role_of(cookies, item, &own);

        end = end_of(own);
        note(view, role);
        if (role == MARK)
            continue;
        if (role != PLAIN || (renamed != NULL && !is_among(renamed, name_of(own))))
            write_item(&writer, role == RENAMED || writer.to == writer.made ? own : item, end);
    }
    return finish(&writer);
}

const char *sso_frame_cookies_strip(const sso_frame_cookies_t *cookies, const char *header,
                                    apr_pool_t *p)
{
    writer_t writer = writer_of(header, p);
    const char *end, *own;

    for (const char *item = header; item != NULL; item = next(end)) {
        role_t role = role_of(cookies, item, &own);

        end = end_of(own);
        if (role != RENAMED && role != MARK)
            write_item(&writer, writer.to == writer.made ? own : item, end);
    }
    return finish(&writer);
}

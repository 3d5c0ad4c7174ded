/* SPDX-License-Identifier: Apache-2.0 */
/* php_session.c -- single values out of PHP's serialised sessions, without making objects. */
#include "base/php_session.h"

#include <string.h>

/* Where we are in the text. Every step checks `end` before it looks. */
typedef struct walk_t {
    const char *at, *end;
} walk_t;

static bool take(walk_t *walk, char byte)
{
    if (walk->at == walk->end || *walk->at != byte)
        return false;
    walk->at++;
    return true;
}

/* The letter that says what the next value is; NUL at the end. */
static char take_type(walk_t *walk)
{
    char type = '\0';

    if (walk->at < walk->end) {
        type = *walk->at;
        walk->at++;
    }
    return type;
}

/* Digits (or a float's text) up to `stop`. */
static bool take_until(walk_t *walk, char stop, sso_span_t *text)
{
    const char *found = memchr(walk->at, stop, (size_t)(walk->end - walk->at));

    if (found == NULL)
        return false;
    text->at = walk->at;
    text->len = (apr_size_t)(found - walk->at);
    walk->at = found + 1;
    return true;
}

static bool take_integer(walk_t *walk, char stop, apr_int64_t *number)
{
    sso_span_t text;

    return take_until(walk, stop, &text) && sso_span_integer(text, number);
}

/* length ':' '"' bytes '"' */
static bool take_string(walk_t *walk, sso_span_t *string)
{
    apr_int64_t length;

    if (!take_integer(walk, ':', &length) || !take(walk, '"'))
        return false;
    if (length < 0 || length > walk->end - walk->at)
        return false;
    string->at = walk->at;
    string->len = (apr_size_t)length;
    walk->at += length;
    return take(walk, '"');
}

static bool take_scalar(walk_t *walk, char type, sso_php_value_t *value)
{
    memset(value, 0, sizeof(*value));
    switch (type) {
    case 'N':
        value->type = SSO_PHP_NULL;
        return take(walk, ';');
    case 'b':
        value->type = SSO_PHP_BOOLEAN;
        return take(walk, ':') && take_integer(walk, ';', &value->integer) &&
               (value->integer == 0 || value->integer == 1);
    case 'i':
        value->type = SSO_PHP_INTEGER;
        return take(walk, ':') && take_integer(walk, ';', &value->integer);
    case 's':
        value->type = SSO_PHP_STRING;
        return take(walk, ':') && take_string(walk, &value->string) && take(walk, ';');
    default:
        return false;
    }
}

/* What a walk over members looks for. */
typedef struct search_t {
    const char *member;     /* name to find; NULL: just walk */
    sso_php_value_t *value; /* set when found */
    bool found;
} search_t;

static bool skip_value(walk_t *walk, int depth);

/* count ':' '{' key value ... '}', for arrays and objects. Stops early once `search` has found. */
static bool walk_members(walk_t *walk, int depth, search_t *search)
{
    apr_int64_t count;

    if (depth >= SSO_PHP_MAX_DEPTH || !take_integer(walk, ':', &count) || !take(walk, '{'))
        return false;
    for (; count > 0; count--) {
        sso_php_value_t key;
        char type = take_type(walk);

        if ((type != 'i' && type != 's') || !take_scalar(walk, type, &key))
            return false;
        if (search != NULL && key.type == SSO_PHP_STRING &&
            sso_span_equal(key.string, search->member)) {
            type = take_type(walk);
            search->found = take_scalar(walk, type, search->value);
            return search->found;
        }
        if (!skip_value(walk, depth + 1))
            return false;
    }
    return take(walk, '}');
}

/* 'O' ':' class ':' members, or 'a' ':' members; the type letter is consumed already. */
static bool walk_compound(walk_t *walk, char type, int depth, search_t *search)
{
    sso_span_t class_name;

    if (!take(walk, ':'))
        return false;
    if (type == 'O' && (!take_string(walk, &class_name) || !take(walk, ':')))
        return false;
    return walk_members(walk, depth, search);
}

/* 'C' ':' class ':' length ':' '{' bytes '}', an object that serialises itself. */
static bool skip_custom(walk_t *walk)
{
    sso_span_t class_name;
    apr_int64_t length;

    if (!take(walk, ':') || !take_string(walk, &class_name) || !take(walk, ':'))
        return false;
    if (!take_integer(walk, ':', &length) || !take(walk, '{'))
        return false;
    if (length < 0 || length > walk->end - walk->at)
        return false;
    walk->at += length;
    return take(walk, '}');
}

static bool skip_value(walk_t *walk, int depth)
{
    sso_php_value_t value;
    sso_span_t text;
    char type = take_type(walk);

    switch (type) {
    case 'a':
    case 'O':
        return walk_compound(walk, type, depth, NULL);
    case 'C':
        return skip_custom(walk);
    case 'd': /* float */
    case 'r': /* reference to an object */
    case 'R': /* reference to a value */
        return take(walk, ':') && take_until(walk, ';', &text);
    case 'E': /* enum case, PHP 8.1 */
        return take(walk, ':') && take_string(walk, &text) && take(walk, ';');
    default:
        return take_scalar(walk, type, &value);
    }
}

bool sso_php_scalar(sso_span_t text, sso_php_value_t *value)
{
    walk_t walk = {text.at, text.at + text.len};
    char type = take_type(&walk);

    return take_scalar(&walk, type, value) && walk.at == walk.end;
}

bool sso_php_session_find(sso_span_t session, const char *section, const char *member,
                          sso_php_value_t *value)
{
    walk_t walk = {session.at, session.at + session.len};
    search_t search = {member, value, false};
    sso_span_t name;

    while (walk.at < walk.end) {
        if (!take_until(&walk, '|', &name))
            return false;
        if (sso_span_equal(name, section)) {
            char type = take_type(&walk);
            if (member == NULL)
                return take_scalar(&walk, type, value);
            return (type == 'a' || type == 'O') && walk_compound(&walk, type, 0, &search) &&
                   search.found;
        }
        if (!skip_value(&walk, 0))
            return false;
    }
    return false;
}

bool sso_php_integer(const sso_php_value_t *value, apr_int64_t *integer)
{
    if (value->type == SSO_PHP_INTEGER) {
        *integer = value->integer;
        return true;
    }
    return value->type == SSO_PHP_STRING && sso_span_integer(value->string, integer);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* text.h -- spans of ASCII text: compare, trim, cut, read a number. */
#ifndef SSO_TEXT_H
#define SSO_TEXT_H

#include <stdbool.h>
#include <string.h>

#include <apr_pools.h>

/* Bytes that somebody else owns; not NUL-terminated. */
typedef struct sso_span_t {
    const char *at; /* first byte; may be NULL when len is 0 */
    apr_size_t len; /* bytes */
} sso_span_t;

/* The span of a C string; NULL makes an empty one. */
static inline sso_span_t sso_span(const char *text)
{
    sso_span_t span = {text, text ? strlen(text) : 0};
    return span;
}

/* Are both the same bytes? */
bool sso_span_equal(sso_span_t a, const char *b);

/* Are both the same text when A-Z and a-z are not told apart? Other bytes must be equal. */
bool sso_span_equal_nocase(sso_span_t a, sso_span_t b);

/* The same bytes, compared in a time that depends on the lengths only. */
bool sso_span_equal_constant_time(sso_span_t a, sso_span_t b);

/* Is the byte ASCII white space as CSP and HTML mean it: TAB, LF, FF, CR or blank? */
static inline bool sso_is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

/* A copy with A-Z as a-z; other letters stay. */
char *sso_span_lower(sso_span_t span, apr_pool_t *p);

/* The span without white space at both ends. */
sso_span_t sso_span_trim(sso_span_t span);

/* Cut the text before the next `separator` off `rest` into `item`.
 * Answers false when nothing is left; "a,,b" gives "a", "", "b". Begin with a non-NULL rest->at;
 * after the last item rest->at is NULL. */
bool sso_span_next(sso_span_t *rest, char separator, sso_span_t *item);

/* Cut the next word (bytes without white space) off `rest`; false when there is none. */
bool sso_span_word(sso_span_t *rest, sso_span_t *word);

/* Read a whole decimal number, optionally with '-'; no blanks, no '+', no overflow. */
bool sso_span_integer(sso_span_t span, apr_int64_t *value);

/* Are there 1 to `max` bytes, each a letter, a digit or in `others` (a C string)? */
bool sso_span_is_word(sso_span_t span, const char *others, apr_size_t max);

/* Is it a GUID as Microsoft writes them: 8-4-4-4-12 hexadecimal digits, any case, no braces? */
bool sso_span_is_guid(sso_span_t span);

/* Does every byte stand in `allowed` (a C string), and are there 1 to `max` of them? */
bool sso_span_consists_of(sso_span_t span, const char *allowed, apr_size_t max);

#endif

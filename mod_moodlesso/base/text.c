/* SPDX-License-Identifier: Apache-2.0 */
/* text.c -- spans of ASCII text: compare, trim, cut, read a number. */
#include "base/text.h"

#include <apr_strings.h>

bool sso_span_equal(sso_span_t a, const char *b)
{
    return a.len == strlen(b) && (a.len == 0 || memcmp(a.at, b, a.len) == 0);
}

static char lower(char byte)
{
    if (byte < 'A' || byte > 'Z')
        return byte;
    return (char)(byte | 0x20);
}

bool sso_span_equal_nocase(sso_span_t a, sso_span_t b)
{
    if (a.len != b.len)
        return false;
    for (apr_size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    }
    return true;
}

bool sso_span_equal_constant_time(sso_span_t a, sso_span_t b)
{
    unsigned char difference = 0;

    if (a.len != b.len)
        return false;
    for (apr_size_t i = 0; i < a.len; i++)
        difference = (unsigned char)(difference | (unsigned char)(a.at[i] ^ b.at[i]));
    return difference == 0;
}

char *sso_span_lower(sso_span_t span, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, span.at, span.len);

    for (char *c = copy; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
    return copy;
}

sso_span_t sso_span_trim(sso_span_t span)
{
    while (span.len > 0 && sso_is_space(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && sso_is_space(span.at[span.len - 1]))
        span.len--;
    return span;
}

bool sso_span_next(sso_span_t *rest, char separator, sso_span_t *item)
{
    const char *end;

    if (rest->at == NULL)
        return false;
    item->at = rest->at;
    end = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
    if (end == NULL) {
        item->len = rest->len;
        rest->at = NULL;
        rest->len = 0;
        return true;
    }
    item->len = (apr_size_t)(end - rest->at);
    rest->at = end + 1;
    rest->len -= item->len + 1;
    return true;
}

bool sso_span_word(sso_span_t *rest, sso_span_t *word)
{
    while (rest->len > 0 && sso_is_space(rest->at[0])) {
        rest->at++;
        rest->len--;
    }
    if (rest->len == 0)
        return false;
    word->at = rest->at;
    word->len = 0;
    while (rest->len > 0 && !sso_is_space(rest->at[0])) {
        rest->at++;
        rest->len--;
        word->len++;
    }
    return true;
}

bool sso_span_integer(sso_span_t span, apr_int64_t *value)
{
    bool negative = span.len > 0 && span.at[0] == '-';
    apr_size_t i = negative ? 1 : 0;
    apr_int64_t number = 0;

    /* 18 digits cannot overflow; no number we read (ids, seconds) has more. */
    if (span.len == i || span.len - i > 18)
        return false;
    for (; i < span.len; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        number = number * 10 + (span.at[i] - '0');
    }
    *value = negative ? -number : number;
    return true;
}

bool sso_span_is_word(sso_span_t span, const char *others, apr_size_t max)
{
    if (span.len == 0 || span.len > max)
        return false;
    for (apr_size_t i = 0; i < span.len; i++) {
        char byte = span.at[i], letter = lower(byte);
        if ((letter < 'a' || letter > 'z') && (byte < '0' || byte > '9') &&
            (byte == '\0' || strchr(others, byte) == NULL))
            return false;
    }
    return true;
}

bool sso_span_consists_of(sso_span_t span, const char *allowed, apr_size_t max)
{
    if (span.len == 0 || span.len > max)
        return false;
    for (apr_size_t i = 0; i < span.len; i++) {
        if (span.at[i] == '\0' || strchr(allowed, span.at[i]) == NULL)
            return false;
    }
    return true;
}

bool sso_span_is_guid(sso_span_t span)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (span.len != sizeof(form) - 1)
        return false;
    for (apr_size_t i = 0; i < span.len; i++) {
        char byte = lower(span.at[i]);
        bool is_digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');

        if (form[i] == '-' ? byte != '-' : !is_digit)
            return false;
    }
    return true;
}

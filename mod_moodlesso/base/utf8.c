/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c -- text from outside made safe to put into an environment variable. */
#include "base/utf8.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Bytes of the character at `at`, 0 when ill-formed; the table of RFC 3629 section 4. */
static apr_size_t character_length(const unsigned char *at, apr_size_t left)
{
    apr_size_t length = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;

    if (length == 1)
        return 1;
    if (at[0] < 0xC2 || at[0] > 0xF4 || left < length)
        return 0;
    for (apr_size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

static bool is_control(const unsigned char *at, apr_size_t length)
{
    if (length == 1)
        return at[0] < 0x20 || at[0] == 0x7F;
    return length == 2 && at[0] == 0xC2 && at[1] < 0xA0;
}

bool sso_utf8_is_clean(sso_span_t text)
{
    const unsigned char *at = (const unsigned char *)text.at;

    for (apr_size_t i = 0; i < text.len;) {
        apr_size_t length = character_length(at + i, text.len - i);
        if (length == 0 || is_control(at + i, length))
            return false;
        i += length;
    }
    return true;
}

const char *sso_utf8_clean(const char *text, apr_pool_t *p)
{
    sso_span_t span = sso_span(text);
    const unsigned char *at = (const unsigned char *)text;
    char *clean, *out;

    if (sso_utf8_is_clean(span))
        return text;
    clean = out = apr_palloc(p, span.len * (sizeof(REPLACEMENT) - 1) + 1);
    for (apr_size_t i = 0; i < span.len;) {
        apr_size_t length = character_length(at + i, span.len - i);
        if (length == 0) {
            memcpy(out, REPLACEMENT, sizeof(REPLACEMENT) - 1);
            out += sizeof(REPLACEMENT) - 1;
            length = 1;
        }
        else if (is_control(at + i, length)) {
            *out++ = ' ';
        }
        else {
            memcpy(out, at + i, length);
            out += length;
        }
        i += length;
    }
    *out = '\0';
    return clean;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* html.c -- text made safe to stand in a page. */
#include "base/html.h"

#include <string.h>

#define LONGEST 6 /* "&quot;" */

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

const char *sso_html_escape(const char *text, apr_pool_t *p)
{
    char *escaped = apr_palloc(p, strlen(text) * LONGEST + 1), *to = escaped;

    for (; *text != '\0'; text++) {
        const char *entity = entity_of(*text);
        apr_size_t length = entity ? strlen(entity) : 1;

        memcpy(to, entity ? entity : text, length);
        to += length;
    }
    *to = '\0';
    return escaped;
}

/* The byte that the text at `at` stands for, and how long it is. */
static char byte_at(const char *at, apr_size_t *length)
{
    static const char bytes[] = "&<>\"'";

    for (const char *byte = bytes; *at == '&' && *byte != '\0'; byte++) {
        *length = strlen(entity_of(*byte));
        if (strncmp(at, entity_of(*byte), *length) == 0)
            return *byte;
    }
    *length = 1;
    return *at;
}

const char *sso_html_unescape(const char *escaped, apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(escaped) + 1), *to = text;
    apr_size_t length;

    for (const char *at = escaped; *at != '\0'; at += length)
        *to++ = byte_at(at, &length);
    *to = '\0';
    return text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scrub.c -- names that only we may set, in every spelling a client can think of. */
#include "sso/scrub.h"

#include <string.h>

#include <apr_strings.h>

/* The byte as CGI writes it into a variable's name. */
static char normal(char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return (char)(byte - ('a' - 'A'));
    if ((byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9'))
        return byte;
    return '_';
}

/* The length of `prefix` when the name begins with it, else 0. */
static apr_size_t begins(sso_span_t name, const char *prefix)
{
    apr_size_t i = 0;

    for (; prefix[i] != '\0'; i++) {
        if (i >= name.len || normal(name.at[i]) != prefix[i])
            return 0;
    }
    return i;
}

static sso_span_t skip(sso_span_t name, apr_size_t bytes)
{
    name.at += bytes;
    name.len -= bytes;
    return name;
}

static bool is_exactly(sso_span_t name, const char *ours)
{
    return name.len == strlen(ours) && begins(name, ours) == name.len;
}

bool sso_scrub_is_lookalike(sso_span_t name, const apr_array_header_t *published)
{
    apr_size_t prefix;

    while ((prefix = begins(name, "REDIRECT_")) != 0 || (prefix = begins(name, "HTTP_")) != 0)
        name = skip(name, prefix);
    if (name.len == 0)
        return false;
    /* Most headers leave here, after one comparison. */
    switch (normal(name.at[0])) {
    case 'M':
        if (begins(name, "MOODLESSO_") != 0 || is_exactly(name, "MOODLESSO"))
            return true;
        break;
    case 'R':
        if (is_exactly(name, "REMOTE_USER"))
            return true;
        break;
    case 'A':
        if (is_exactly(name, "AUTH_TYPE"))
            return true;
        break;
    default:
        break;
    }
    for (int i = 0; published != NULL && i < published->nelts; i++) {
        if (is_exactly(name, APR_ARRAY_IDX(published, i, const char *)))
            return true;
    }
    return false;
}

const char *sso_scrub_connection(const char *value, const apr_array_header_t *published,
                                 apr_pool_t *p)
{
    sso_span_t rest = sso_span(value), token;
    const char *kept = NULL;
    bool dropped = false;

    while (sso_span_next(&rest, ',', &token)) {
        token = sso_span_trim(token);
        if (token.len > 0 && sso_scrub_is_lookalike(token, published)) {
            dropped = true;
            continue;
        }
        kept = kept ? apr_pstrcat(p, kept, ", ", apr_pstrmemdup(p, token.at, token.len), NULL)
                    : apr_pstrmemdup(p, token.at, token.len);
    }
    return dropped ? kept : value;
}

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

/* What stands behind `prefix`, NULL when the name does not begin with it. */
static const char *behind(const char *name, const char *prefix)
{
    for (; *prefix != '\0'; name++, prefix++) {
        if (*name == '\0' || normal(*name) != *prefix)
            return NULL;
    }
    return name;
}

static bool is_exactly(const char *name, const char *ours)
{
    const char *rest = behind(name, ours);

    return rest != NULL && *rest == '\0';
}

/* The name without what a server or a redirect puts before it. */
static const char *without_prefixes(const char *name)
{
    const char *rest;

    while ((rest = behind(name, "REDIRECT_")) != NULL || (rest = behind(name, "HTTP_")) != NULL)
        name = rest;
    return name;
}

static bool is_published(const char *name, const apr_array_header_t *published)
{
    name = without_prefixes(name);
    for (int i = 0; i < published->nelts; i++) {
        if (is_exactly(name, APR_ARRAY_IDX(published, i, const char *)))
            return true;
    }
    return false;
}

static bool is_reserved(const char *name)
{
    name = without_prefixes(name);
    return behind(name, "MOODLESSO_") != NULL || is_exactly(name, "MOODLESSO") ||
           is_exactly(name, "REMOTE_USER") || is_exactly(name, "AUTH_TYPE");
}

bool sso_scrub_compare(const char *name, const apr_array_header_t *published)
{
    if (is_reserved(name))
        return true;
    return published != NULL && is_published(name, published);
}

const char *sso_scrub_connection(const char *value, const apr_array_header_t *published,
                                 apr_pool_t *p)
{
    sso_span_t rest = sso_span(value), token;
    const char *kept = NULL;
    bool dropped = false;

    /* Nearly always one word that is not ours. */
    if (strchr(value, ',') == NULL)
        return sso_scrub_is_lookalike(value + strspn(value, " \t"), published) ? NULL : value;

    while (sso_span_next(&rest, ',', &token)) {
        const char *name;

        token = sso_span_trim(token);
        name = apr_pstrmemdup(p, token.at, token.len);
        if (sso_scrub_is_lookalike(name, published))
            dropped = true;
        else
            kept = kept ? apr_pstrcat(p, kept, ", ", name, NULL) : name;
    }
    return dropped ? kept : value;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c -- regular expressions (PCRE2) over short texts, from end to end, bounded in work. */
#include "base/pattern.h"

#include <string.h>

#include <apr_strings.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A text of 256 bytes and a pattern that is none of a trap need a few hundred steps. */
#define STEPS_MAX 20000
#define DEPTH_MAX 500
#define HEAP_MAX  256 /* KiB */

struct sso_pattern_t {
    pcre2_code *code;
};

static void *take(PCRE2_SIZE size, void *pool)
{
    return apr_palloc(pool, size);
}

/* The pool's business. */
static void leave(void *memory, void *pool)
{
}

bool sso_pattern_compile(const char *text, const sso_pattern_t **pattern, const char **why,
                         apr_pool_t *p)
{
    pcre2_general_context *general = pcre2_general_context_create(take, leave, p);
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    sso_pattern_t *made = apr_palloc(p, sizeof(*made));
    PCRE2_SIZE offset;
    PCRE2_UCHAR words[120];
    int error;

    /* Anchored by the library: no bracket in the text can get out of it. */
    made->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                               PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
                                   PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C,
                               &error, &offset, context);
    *pattern = made;
    if (made->code != NULL)
        return true;
    pcre2_get_error_message(error, words, sizeof(words));
    *why = apr_psprintf(p, "%s, at character %d", (const char *)words, (int)offset + 1);
    return false;
}

bool sso_pattern_matches(const sso_pattern_t *pattern, const char *text, apr_pool_t *p)
{
    apr_size_t length = strlen(text);
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *match;

    if (length > SSO_PATTERN_TEXT_MAX)
        return false;
    general = pcre2_general_context_create(take, leave, p);
    context = pcre2_match_context_create(general);
    match = pcre2_match_data_create(1, general);
    pcre2_set_match_limit(context, STEPS_MAX);
    pcre2_set_depth_limit(context, DEPTH_MAX);
    pcre2_set_heap_limit(context, HEAP_MAX);
    return pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, match, context) >= 0;
}

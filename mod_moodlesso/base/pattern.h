/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h -- regular expressions (PCRE2) over short texts, from end to end, bounded in work. */
#ifndef SSO_PATTERN_H
#define SSO_PATTERN_H

#include <stdbool.h>

#include <apr_pools.h>

#define SSO_PATTERN_TEXT_MAX 256 /* bytes; a longer text matches nothing */

/* Read-only once made; lives as long as the pool. */
typedef struct sso_pattern_t sso_pattern_t;

/* Compile; `why` gets PCRE2's own words when it cannot be. */
bool sso_pattern_compile(const char *text, const sso_pattern_t **pattern, const char **why,
                         apr_pool_t *p);

/* Does the whole text match? False too when finding out would take too long. */
bool sso_pattern_matches(const sso_pattern_t *pattern, const char *text, apr_pool_t *p);

#endif

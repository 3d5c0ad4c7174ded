/* SPDX-License-Identifier: Apache-2.0 */
/* mustache.h -- pages with values in them: a part of mustache(5), in which every value is escaped.
 *
 *   {{name}} {{a.b}} {{.}}     a value, from the innermost section that has it; escaped
 *   {{#name}} ... {{/name}}    once per item of a list, once for anything else but false, null, ""
 *   {{^name}} ... {{/name}}    when there is no such value, or it is false, null, "" or []
 *   {{>name}}                  another text, filled in here
 *   {{! ... }}                 nothing
 *
 * There is no raw form. A value may not stand where escaping does not help: behind '=' without
 * quotes, and inside <script> and <style>. */
#ifndef SSO_MUSTACHE_H
#define SSO_MUSTACHE_H

#include <jansson.h>

#include "base/text.h"

#define SSO_MUSTACHE_MAX_SOURCE (256 * 1024)  /* bytes of a text */
#define SSO_MUSTACHE_MAX_OUTPUT (1024 * 1024) /* bytes filled in */
#define SSO_MUSTACHE_MAX_DEPTH  16            /* sections and texts inside each other */

/* Read-only once compiled. */
typedef struct sso_mustache_t sso_mustache_t;

/* Finds the text that {{>name}} means; NULL when there is none. */
typedef const sso_mustache_t *sso_mustache_part_t(const void *context, sso_span_t name);

/* Compile a text. NULL, or a sentence that begins with its line: "line 3: ...". */
const char *sso_mustache_compile(sso_span_t text, const sso_mustache_t **compiled, apr_pool_t *p);

/* A text without tags, whatever is in it. */
const sso_mustache_t *sso_mustache_literal(sso_span_t text, apr_pool_t *p);

/* Is every text found that it names? NULL, or a sentence like that of sso_mustache_compile. */
const char *sso_mustache_check(const sso_mustache_t *compiled, sso_mustache_part_t *part,
                               const void *context, apr_pool_t *p);

/* Does it name this text, in {{>name}}? */
bool sso_mustache_names(const sso_mustache_t *compiled, sso_span_t name);

/* Fill in the members of the object. A list or an object that stands for a value becomes its JSON.
 * False when the result, the depth or the work is too much. `filled` ends in NUL, not counted. */
bool sso_mustache_fill(const sso_mustache_t *compiled, const json_t *values,
                       sso_mustache_part_t *part, const void *context, sso_span_t *filled,
                       apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* json.h -- JSON from outside, read strictly (RFC 8259 with unique member names). */
#ifndef SSO_JSON_H
#define SSO_JSON_H

#include <jansson.h>

#include "base/text.h"

#define SSO_JSON_MAX_DEPTH 32

/* Parse one JSON value of at most `max` bytes; it lives as long as `p`. False for anything that is
 * not exactly one value: duplicate members, NUL in strings, trailing bytes, deeper nesting than
 * SSO_JSON_MAX_DEPTH. */
bool sso_json_parse(sso_span_t text, apr_size_t max, json_t **value, apr_pool_t *p);

/* Follow `path` ("meta.links.me") through objects; NULL when it leads nowhere. */
const json_t *sso_json_at(const json_t *value, const char *path);

/* The non-empty string at `path`, else NULL. */
const char *sso_json_string_at(const json_t *value, const char *path);

/* The whole number at `path`: a JSON integer, or a string of digits as PHP likes to write it. */
bool sso_json_integer_at(const json_t *value, const char *path, apr_int64_t *number);

/* The text of a value in one line; releases the value. NULL when it is NULL, or cannot be written.
 */
const char *sso_json_text(json_t *value, apr_pool_t *p);

/* Likewise as PHP's json_encode writes it: slashes escaped, and what is beyond ASCII. */
const char *sso_json_text_as_php(json_t *value, apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* csp.h -- serialised Content-Security-Policy lists: find, edit and append frame-ancestors.
 *
 * A header value is a comma list of policies, a policy a ';' list of directives (CSP3 2.2). There
 * is no quoting. A directive with a byte above 0x7F is skipped; of two directives of one name in
 * one policy the first counts (CSP3 2.2.1). A frame-ancestors with such a byte is read differently
 * by browsers: Firefox skips it, as the standard says, for Chromium it is void and hides the next
 * one. Here it counts as 'none', and editing puts a readable one in its place. */
#ifndef SSO_CSP_H
#define SSO_CSP_H

#include <apr_tables.h>

#include "base/text.h"
#include "base/uri.h"

#define SSO_CSP_MAX_BYTES    65536
#define SSO_CSP_MAX_POLICIES 64

/* What a header value says about frames. */
typedef struct sso_csp_view_t {
    int policies;           /* policies with at least one directive */
    bool names_ancestors;   /* a policy has frame-ancestors, readable or not */
    bool has_ancestors;     /* a policy has one that every browser reads alike */
    bool forbids_ancestors; /* one says 'none', or nothing, or cannot be read */
} sso_csp_view_t;

/* Look at one header value. False when it is too large to be judged. */
bool sso_csp_look(const char *value, sso_csp_view_t *view);

/* The value with `sources` (an array of const char *) united into the first frame-ancestors of
 * every policy that has one; 'none' goes, later frame-ancestors of the same policy go. With
 * `replace` the sources stand alone. Every other byte stays. */
const char *sso_csp_edit(const char *value, const apr_array_header_t *sources, bool replace,
                         apr_pool_t *p);

/* The value with "frame-ancestors SOURCES" appended to its first policy that has a directive. */
const char *sso_csp_append(const char *value, const apr_array_header_t *sources, apr_pool_t *p);

/* "frame-ancestors SOURCES". */
const char *sso_csp_directive(const apr_array_header_t *sources, apr_pool_t *p);

/* Is it an ancestor-source (CSP3 2.3.1, 6.4.2) that can match: 'self', or [scheme://] host [:port],
 * without path? With `any` also "*", "http:" and "https:". */
bool sso_csp_source_is_valid(const char *source, bool any);

/* Does a valid source other than 'self' match this https origin (CSP3 6.7.2.8)? */
bool sso_csp_source_allows(const char *source, const sso_uri_t *origin);

#endif

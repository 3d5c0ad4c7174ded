/* SPDX-License-Identifier: Apache-2.0 */
/* html.h -- text made safe to stand in a page. */
#ifndef SSO_HTML_H
#define SSO_HTML_H

#include <apr_pools.h>

/* The text with & < > " and ' written as HTML wants them: safe in elements and in quoted
 * attributes, not in scripts and styles. */
const char *sso_html_escape(const char *text, apr_pool_t *p);

/* The text that sso_html_escape was given; what it does not write stays. */
const char *sso_html_unescape(const char *escaped, apr_pool_t *p);

#endif

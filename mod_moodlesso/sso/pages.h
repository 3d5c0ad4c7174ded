/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h -- the pages people see: one layout, a template per page, texts in several languages.
 *
 * Files: layout.html, NAME.html and NAME.js of each page, style.css, texts.LANGUAGE with one
 * "name: text" per line. A template names texts as {{>name}}, and so reaches
 *   main         the page's own template (for the layout)
 *   style        style.css
 *   script       the page's NAME.js, empty when it has none
 *   title        the text title_NAME
 *   explanation  the text reason_CODE of the value "reason", else class_CLASS of "class"
 * A text missing in a language is there in the first one, English. */
#ifndef SSO_PAGES_H
#define SSO_PAGES_H

#include <apr_hash.h>

#include "base/mustache.h"

/* Read-only once checked. */
typedef struct sso_pages_t sso_pages_t;

/* The pages built in. NULL with a sentence when they are wrong, which the unit tests see. */
sso_pages_t *sso_pages_make(const char **sentence, apr_pool_t *p);

/* Take the text for the file `name`, instead of the one built in; of texts.LANGUAGE each text for
 * itself. NULL, or a sentence: "line 3: ...". */
const char *sso_pages_replace(sso_pages_t *pages, const char *name, sso_span_t text);

/* Does every template find the texts it names, and does something show each text? NULL, or a
 * sentence that begins with the file: "login.html: line 3: ...". */
const char *sso_pages_check(const sso_pages_t *pages, apr_pool_t *p);

/* The language that Accept-Language (may be NULL) prefers among those there are texts in. */
int sso_pages_language(const sso_pages_t *pages, const char *accept_language);

/* Its tag: "de". */
const char *sso_pages_tag(const sso_pages_t *pages, int language);

/* Fill in the page `name` ("login"). False when there is none, or mustache.h's bounds are met. */
bool sso_pages_fill(const sso_pages_t *pages, const char *name, int language, const json_t *values,
                    sso_span_t *filled, apr_pool_t *p);

/* A text alone, filled in: a sentence for people and programs alike, with nothing escaped. NULL
 * when there is none of that name. */
const char *sso_pages_sentence(const sso_pages_t *pages, const char *name, int language,
                               const json_t *values, apr_pool_t *p);

#endif
